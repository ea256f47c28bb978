# COPY into the ledger, which gives every event its entry and keeps every balance, against COPY of the same file into a copy of
# the table that has its indexes and constraints and no triggers.
package Copy;
use v5.36;
use File::Temp;

my ($events, $accounts) = (200_000, 20_000);
my $columns = 'user_id, company_id, event_type, event_time, points_delta, validation_status';

sub measure ($bench) {
    my $database = $bench->database('copy');
    my $file = File::Temp->new;
    $database->sql(<<"SQL");
        CREATE SCHEMA bench;
        CREATE TABLE bench.points_events (LIKE rewards.points_events INCLUDING ALL);
        SELECT count(rewards.award_points(md5(n::text)::uuid, 1)) FROM generate_series(1, $accounts) AS n;
        CREATE TABLE bench.events AS
            SELECT md5((1 + n * 7919 % $accounts)::text)::uuid AS user_id, rewards.get_current_company_id() AS company_id,
                   'purchase' AS event_type, now() - (1 - n::double precision / $events) * interval '1 day' AS event_time,
                   n % 100 AS points_delta, 'validated' AS validation_status
              FROM generate_series(1, $events) AS n;
        \\copy (SELECT $columns FROM bench.events ORDER BY event_time) TO '$file'
        VACUUM ANALYZE;
        CHECKPOINT
SQL
    my $copy = sub ($table) { $events / $database->timed("\\copy $table ($columns) FROM '$file'\n") };
    $bench->compare(what => 'COPY of 200,000 events', against => 'COPY without triggers', unit => 'events / s', goal => '>= 0.4',
        theirs => sub { $copy->('bench.points_events') }, ours => sub { $copy->('rewards.points_events') });
    my $wrong = $database->value('SELECT count(*) FROM rewards.ledger_discrepancies');
    die "$wrong balances are wrong\n" if $wrong > 0;
}

1;
