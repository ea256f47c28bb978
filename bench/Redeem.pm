# redeem_coupon() against the same work in PL/pgSQL, and against an application that does it statement by statement in a
# transaction. A call is one statement on both sides; once more with the company's context set by a statement of its own,
# which goes to the server in the same round trip.
package Redeem;
use v5.36;

my %writes_to = (
    baseline_redeem => 'baseline', baseline_statements => 'baseline',
    redeem => 'rewards', redeem_in_context => 'rewards',
);

sub measure ($bench) {
    my $database = $bench->database('redeem', accounts => 1000);
    $database->file($_) for qw(baseline_redeem.sql setup.sql);
    measure_load($bench, $database, %$_) for $bench->loads(1, 4);
}

sub measure_load ($bench, $database, %load) {
    my $figures = $bench->take_turns(Table::label({ what => 'redeem', %load }), map {
        my ($script, $counted_by) = ("$_.pgbench", "SELECT count(*) FROM $writes_to{$_}.coupons");
        $_ => sub { $database->tps($script, %load, counted_by => $counted_by) }
    } sort keys %writes_to);
    my %row = (%load, what => 'redeem', against => 'PL/pgSQL', unit => '/ s',
        theirs => $figures->{baseline_redeem}, ours => $figures->{redeem});
    $bench->ratio(%row, goal => '>= 2');
    $bench->ratio(%row, goal => '>= 4', against => 'statement by statement', theirs => $figures->{baseline_statements});
    $bench->ratio(%row, what => 'redeem, context set by the call', ours => $figures->{redeem_in_context});
}

1;
