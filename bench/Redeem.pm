# redeem_coupon() against the same work in PL/pgSQL with pgcrypto, one call being one statement on both sides; and with the
# company's context set by a statement of its own, in the same round trip.
package Redeem;
use v5.36;

my $template = '70000000-0000-4000-8000-000000000001';

sub measure ($bench) {
    my $database = $bench->database('redeem', accounts => 1000, template => $template);
    $database->file($_) for qw(baseline_redeem.sql setup.sql);
    for my $clients (1, 4) {
        for my $commit (qw(on off)) {
            my %how = (clients => $clients, commit => $commit);
            my %row = (what => 'redeem', %how, unit => '/ s');
            $bench->compare(%row, against => 'PL/pgSQL', goal => '>= 2',
                theirs => sub { $database->tps('baseline_redeem.pgbench', %how) },
                ours => sub { $database->tps('redeem.pgbench', %how) });
        }
    }
}

1;
