# submit_points_event() against a PL/pgSQL function with the same checks. There are so many accounts that none comes near its
# limit of an hour.
package Submit;
use v5.36;

sub measure ($bench) {
    my $database = $bench->database('submit', accounts => 30_000);
    $database->file($_) for qw(baseline_submit.sql setup.sql);
    for my $clients (1, 4) {
        for my $commit (qw(on off)) {
            my %how = (clients => $clients, commit => $commit);
            $bench->compare(what => 'submit', against => 'PL/pgSQL', %how, unit => '/ s', goal => '>= 2',
                theirs => sub { $database->tps('baseline_submit.pgbench', %how, counted_by => 'SELECT count(*) FROM submission.events') },
                ours => sub { $database->tps('submit.pgbench', %how, counted_by => 'SELECT count(*) FROM rewards.points_events') });
        }
    }
}

1;
