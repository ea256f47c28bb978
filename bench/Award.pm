# award_points() against a transfer as SQL ledgers do it, in double entry: on many accounts, and on so few that calls wait
# for each other.
package Award;
use v5.36;

my @cases = ({ accounts => 1000, clients => [1, 4], goal => '>= 5' }, { accounts => 10, clients => [4], goal => '>= 8' });
my ($transfers, $awards) = map { "SELECT count(*) FROM $_" } qw(ledger.transfers rewards.points_events);

sub measure ($bench) {
    my $database = $bench->database('award', accounts => 1000);
    $database->file($_) for qw(baseline_transfer.sql setup.sql);
    for my $case (@cases) {
        my %row = (what => "award, accounts: $case->{accounts}", against => 'double entry', unit => '/ s', goal => $case->{goal});
        for my $load ($bench->loads($case->{clients}->@*)) {
            my %how = (%$load, defines => { accounts => $case->{accounts} });
            $bench->compare(%row, %$load,
                theirs => sub { $database->tps('baseline_transfer.pgbench', %how, counted_by => $transfers) },
                ours => sub { $database->tps('award.pgbench', %how, counted_by => $awards) });
        }
    }
}

1;
