# Do calls take longer where the ledger is longer? The same calls on a ledger of a million events, and on one that grows, taking
# turns; what they touch is in memory: a thousand members of each redeem and read, and nine thousand submit, so that nobody
# submits again within seconds. Buffers are those of other members' calls, counted.
package Growth;
use v5.36;
use Bench;
use Ledger;

my $template = '70000000-0000-4000-8000-000000000001';
my @calls = qw(redeem submit history claim);
my %name = (redeem => 'redeem', submit => 'submit', history => 'points_history, a page of 50', claim => 'claim');
my $claims = 4000;

sub measure ($bench) {
    my %ledgers = (small => begin($bench, 'growth_small'), large => begin($bench, 'growth_large'));
    grow($bench, $ledgers{small}, 1);
    my (%latency, @at);
    for my $millions (Ledger::sizes($bench)) {
        grow($bench, $ledgers{large}, $millions);
        push @at, $millions;
        for my $call (@calls) {
            my $figures = compare($bench, "$name{$call} at $millions million events", $call, \%ledgers);
            $latency{ $name{$call} }[0] //= Bench::median($figures->{theirs}->@*);
            push $latency{ $name{$call} }->@*, Bench::median($figures->{ours}->@*);
        }
    }
    $bench->plot('bench-growth.svg', title => 'Latency of a call, by the length of the ledger', x => 'million events',
        y => 'ms, one client, synchronous_commit off', at => [1, @at], series => \%latency);
    $bench->keep('growth_large');
}

sub begin ($bench, $name) { return { database => $bench->database($name, template => $template), codes => 0, claimed => 0, submitted => 0 } }

sub grow ($bench, $ledger, $millions) {
    my $database = $ledger->{database};
    Ledger::grow($database, $millions);
    $database->file('growth.sql') if !defined $ledger->{first};
    $ledger->{first} = $database->value('SELECT accounts - new_accounts FROM bench.ledger');
}

sub compare ($bench, $what, $call, $ledgers) {
    my ($small, $large) = $ledgers->@{qw(small large)};
    for my $ledger ($small, $large) {
        make_codes($ledger, $claims * ($bench->{rounds} + 1) + 250) if $call eq 'claim';
        latency($ledger, $call, 10_000);
    }
    my $figures = $bench->take_turns($what, theirs => sub { latency($small, $call) }, ours => sub { latency($large, $call) });
    $bench->ratio(what => $what, against => 'at 1 million', clients => 1, commit => 'off', unit => 'ms', goal => '<= 1.2', %$figures);
    $bench->ratio(what => "$what, buffers", against => 'at 1 million', unit => '', theirs => [buffers($small, $call)], ours => [buffers($large, $call)]);
    return $figures;
}

sub make_codes ($ledger, $number) {
    $ledger->{database}->sql("INSERT INTO bench.codes (code)
        SELECT (rewards.redeem_coupon(bench.member($ledger->{first} + n % 1000), '$template', 'code ' || n)).coupon_code
          FROM generate_series(1 + $ledger->{codes}, $ledger->{codes} + $number) AS n;\nVACUUM ANALYZE bench.codes");
    $ledger->{claimed} = $ledger->{codes};
    $ledger->{codes} += $number;
}

my %counter = (claim => 'claimed', submit => 'submitted');

sub latency ($ledger, $call, $transactions = undef) {
    $transactions = $claims if $call eq 'claim';
    my $counter = $ledger->{ $counter{$call} // '' } // 0;
    my $figures = $ledger->{database}->pgbench("growth_$call.pgbench", clients => 1, commit => 'off', seconds => 1, transactions => $transactions,
        defines => { first => $ledger->{first}, number => $counter });
    $ledger->{ $counter{$call} } += $figures->{transactions} if $counter{$call};
    return $figures->{latency};
}

my %statement = (
    redeem => "rewards.redeem_coupon(bench.member(n), '$template', gen_random_uuid()::text)",
    submit => "rewards.submit_points_event(bench.member(n), 'visit', now(), gen_random_uuid()::text)",
    history => 'rewards.points_history(bench.member(n), 50)',
    claim => q{rewards.claim_coupon((SELECT code FROM bench.codes WHERE number = n), 'till')},
);

# Of a call by another member each time, in a session that has made such calls before.
sub buffers ($ledger, $call) {
    my $from = $call eq 'claim' ? $ledger->{claimed} + 1 : $ledger->{first} + 9000;
    my @plans = map { "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT count(r) FROM generate_series($_->[0], $_->[1]) AS n, LATERAL $statement{$call} AS r" }
        [$from, $from + 49], [$from + 50, $from + 249];
    my (undef, $plan) = split /^next\n/m, join '', $ledger->{database}->sql(join ";\n\\echo next\n", @plans);
    my ($hit) = $plan =~ /"Shared Hit Blocks": (\d+)/;
    my ($read) = $plan =~ /"Shared Read Blocks": (\d+)/;
    return ($hit + $read) / 200;
}

1;
