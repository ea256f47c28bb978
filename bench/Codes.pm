# How fast bearer coupons are issued, and how fast their codes leave by COPY; as one does, a transaction for every step.
package Codes;
use v5.36;

sub measure ($bench) {
    my ($codes, $step) = $bench->{full} ? (1_000_000, 100_000) : (100_000, 20_000);
    my $database = $bench->database('codes');
    $database->sql("INSERT INTO rewards.coupon_templates
            (id, template_name, points_cost, coupon_value_type, coupon_value, expires_after_days)
        VALUES (:'template', 'leaflet', 1, 'fixed_amount', 5, 90)");
    my @firsts = map { $_ * $step } 0 .. $codes / $step - 1;
    my (@issued, @exported);
    my $round = 0;
    $bench->take_turns(sprintf('%d codes', $codes), round => sub {
        $round++;
        my $batch = $database->value("SELECT batch_id FROM rewards.begin_coupon_batch(:'template', $codes, 'round $round')");
        push @issued, $codes / $database->timed(join '', map { "SELECT rewards.issue_coupon_batch('$batch', $step);\n" } @firsts);
        push @exported, $codes / $database->timed(join '', map {
            "COPY (SELECT * FROM rewards.coupon_batch_codes('$batch', $_, $step)) TO STDOUT \\g /dev/null\n" } @firsts);
    });
    my $live = $database->value('SELECT count(*) FROM rewards.coupons');
    die "$live coupons are there\n" if $live != $codes * $round;
    $bench->record(what => 'issue bearer coupons', ours => \@issued, unit => 'codes / s', goal => '>= 50000');
    $bench->record(what => 'export their codes by COPY', ours => \@exported, unit => 'codes / s', goal => '>= 50000');
}

1;
