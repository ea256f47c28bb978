# What clients submit, and the proof of the books: scenes after the points of the file have been accounted for.
package Proof;
use v5.36;
use Report qw(heading promise say_so tally with_commas);

my $limit = 100;    # events an hour, unless the company says otherwise

# A member of its own: what the others were up to would count against its events.
sub begin ($class, $admin, $shop) {
    my ($member) = $shop->row("SELECT rewards.uuidv5('$shop->{company}', 'a member with a phone')");
    return bless { admin => $admin, shop => $shop, member => $member }, $class;
}

# In the company's context, as a superuser; the first row is the answer of set_company_context().
sub rows ($self, $statements, $end = 'COMMIT') {
    my (undef, @rows) = $self->{admin}->rows(
        "BEGIN; SELECT rewards.set_company_context('$self->{shop}{company}', 'auditor', 'admin'); $statements; $end;");
    return @rows;
}

sub submit ($self, $time, $nonce) {
    my ($row) = $self->{shop}->rows("SELECT outcome, status, points, trust_score, replayed, reasons
        FROM rewards.submit_points_event('$self->{member}', 'habit', '$time', '$nonce')");
    return @$row;
}

sub submitted_events ($self) {
    heading('9. What clients submit');
    $self->rows("INSERT INTO rewards.point_rules (event_type, base_points, max_points) VALUES ('habit', 10, 10)");
    my ($time, $soon) = $self->{shop}->row("SELECT now() - interval '1 hour', now() - interval '59 minutes 59.5 seconds'");
    my ($outcome, $status, $points, $score) = $self->submit($time, 'phone 1');
    promise("an event is worth what the company's rule says, $points points, and is trusted: $score of 100",
        "$outcome $status $points", 'recorded validated 10');
    promise('sent again, as if the answer had been lost, it is the same one', ($self->submit($time, 'phone 1'))[4], 't');
    ($outcome, $status, undef, $score, undef, my $reasons) = $self->submit($soon, 'phone 2');
    promise("one half a second after it is not believed: $score of 100, $reasons", "$outcome $status", 'recorded rejected');
    my ($recorded, $refused, $wait) = $self->{shop}->row("SELECT count(*) FILTER (WHERE outcome = 'recorded'),
            count(*) FILTER (WHERE outcome = 'rate_limited'), min(retry_after)
        FROM rewards.submit_points_events((SELECT jsonb_agg(jsonb_build_object(
            'user_id', '$self->{member}', 'event_type', 'habit', 'nonce', 'queue ' || n,
            'event_time', now() - interval '2 days' + n * interval '7 minutes' + n * n % 61 * interval '1 s'))
            FROM generate_series(1, $limit) AS n))");
    promise("a phone that was offline sends $limit more at once: $recorded are recorded, the others may come back in "
        . with_commas($wait) . ' seconds', "$recorded $refused", join ' ', $limit - 2, 2);
}

sub tampering ($self) {
    heading('10. Proof');
    my ($sealed) = $self->rows('SELECT entries FROM rewards.seal_ledger()');
    my ($kept) = $self->rows('SELECT digest FROM rewards.ledger_digest()');
    say_so("sealed: " . with_commas($sealed->[0]) . " entries under one hash; one line is kept outside");
    my $bad = "SELECT \"check\" FROM rewards.verify_ledger(digest => '$kept->[0]') WHERE status = 'bad'";
    promise('the ledger is what was written: every check of verify_ledger() holds', scalar $self->rows($bad), 0);
    my @named = map { $_->[0] } $self->rows("
        ALTER TABLE rewards.points_events DISABLE TRIGGER ALL;
        ALTER TABLE rewards.user_points_cache DISABLE TRIGGER ALL;
        UPDATE rewards.points_events SET points_delta = points_delta + 1000, balance_after = balance_after + 1000
         WHERE id = (SELECT last_event_id FROM rewards.user_points_cache
                      WHERE user_id <> '$self->{member}' AND company_id = rewards.get_current_company_id() LIMIT 1);
        UPDATE rewards.user_points_cache SET available_points = available_points + 1000,
               lifetime_earned = lifetime_earned + 1000
         WHERE user_id = (SELECT user_id FROM rewards.user_points_cache
                           WHERE user_id <> '$self->{member}' AND company_id = rewards.get_current_company_id() LIMIT 1);
        $bad", 'ROLLBACK');
    promise('a superuser who turns the triggers off and gives somebody 1,000 points is noticed, by its ' . join(', ', @named),
        !!@named, 1);
}

1;
