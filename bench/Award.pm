# award_points() against a transfer as SQL ledgers do it, in double entry: on many accounts, and on so few that calls wait for
# each other.
package Award;
use v5.36;

my @cases = ({ accounts => 1000, clients => [1, 4], goal => '>= 5' }, { accounts => 10, clients => [4], goal => '>= 8' });

sub measure ($bench) {
    for my $case (@cases) {
        my $accounts = $case->{accounts};
        my $database = $bench->database("award_$accounts", accounts => $accounts);
        $database->file($_) for qw(baseline_transfer.sql setup.sql);
        for my $clients ($case->{clients}->@*) {
            for my $commit (qw(on off)) {
                my %how = (clients => $clients, commit => $commit);
                $bench->compare(what => "award, accounts: $accounts", against => 'double entry', %how, unit => '/ s', goal => $case->{goal},
                    theirs => sub { $database->tps('baseline_transfer.pgbench', %how, counted_by => 'SELECT count(*) FROM ledger.transfers') },
                    ours => sub { $database->tps('award.pgbench', %how, counted_by => 'SELECT count(*) FROM rewards.points_events') });
            }
        }
    }
}

1;
