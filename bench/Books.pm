# Are the books looked through about as fast as they can be read? reconcile_ledger() against one parallel GROUP BY of the same
# events, on the ledger that growth has kept, or one like it; and verify_ledger(), which hashes every entry anew, by the entry. Its
# events came by INSERT, so that their entries are real.
package Books;
use v5.36;
use utf8;
use Ledger;

my $group_by = <<'SQL';
SELECT count(*) FROM (SELECT user_id, company_id, sum(points_delta) FILTER (WHERE validation_status = 'validated') AS points
                        FROM rewards.points_events GROUP BY user_id, company_id) AS account WHERE points < 0;
SQL

sub measure ($bench) {
    reconcile($bench, (Ledger::sizes($bench))[-1]);
    verify($bench, $bench->{full} ? 1_000_000 : 100_000);
}

sub reconcile ($bench, $millions) {
    my $database = $bench->database('growth_large');
    Ledger::grow($database, $millions);
    $database->sql("VACUUM rewards.points_events;\nALTER DATABASE $database->{name} SET work_mem = '64MB'");
    my $wrong = $database->value('SELECT count(*) FROM rewards.reconcile_ledger()');
    die "$wrong balances are wrong\n" if $wrong > 0;
    $bench->compare(what => "reconcile_ledger(), $millions million events", against => 'one parallel GROUP BY', unit => 's', goal => '<= 1.5',
        theirs => sub { $database->timed($group_by) }, ours => sub { $database->timed('SELECT count(*) FROM rewards.reconcile_ledger()') });
}

sub verify ($bench, $events) {
    my $database = $bench->database('verify');
    $database->sql(<<"SQL");
        INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status)
            SELECT md5((n * 7919 % ($events / 100))::text)::uuid, 'purchase', now() - n * interval '1 s', n % 100, 'validated'
              FROM generate_series(1, ${events}::bigint) AS n;
        SELECT rewards.seal_ledger() \\g /dev/null
        VACUUM ANALYZE;
        CHECKPOINT
SQL
    my $figures = $bench->take_turns("verify_ledger(), $events entries", verify => sub {
        my $seconds = $database->timed(q{SELECT 1 / (count(*) FILTER (WHERE status <> 'ok') = 0)::int FROM rewards.verify_ledger()});
        return $seconds / $events * 1e6;
    });
    $bench->record(what => 'verify_ledger(), an entry', ours => $figures->{verify}, unit => 'µs');
}

1;
