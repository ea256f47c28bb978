# redeem_coupon() against the same work in PL/pgSQL, and against an application that does it in a transaction of its own
# statements. A call is one statement on both sides; once more with the company's context set by a statement of its own, which
# goes to the server in the same round trip.
package Redeem;
use v5.36;

my %writes_to = (baseline_redeem => 'baseline', baseline_statements => 'baseline', redeem => 'rewards', redeem_in_context => 'rewards');

sub measure ($bench) {
    my $database = $bench->database('redeem', accounts => 1000);
    $database->file($_) for qw(baseline_redeem.sql setup.sql);
    for my $clients (1, 4) {
        for my $commit (qw(on off)) {
            my %how = (clients => $clients, commit => $commit);
            my $figures = $bench->take_turns("redeem, clients: $clients, commit $commit", map {
                my ($script, $counted_by) = ("$_.pgbench", "SELECT count(*) FROM $writes_to{$_}.coupons");
                $_ => sub { $database->tps($script, %how, counted_by => $counted_by) }
            } sort keys %writes_to);
            my %row = (%how, unit => '/ s', theirs => $figures->{baseline_redeem}, ours => $figures->{redeem});
            $bench->ratio(%row, what => 'redeem', against => 'PL/pgSQL', goal => '>= 2');
            $bench->ratio(%row, what => 'redeem', against => 'eight statements', goal => '>= 4', theirs => $figures->{baseline_statements});
            $bench->ratio(%row, what => 'redeem, context set by the call', against => 'PL/pgSQL', ours => $figures->{redeem_in_context});
        }
    }
}

1;
