# submit_points_event() against a PL/pgSQL function with the same checks. There are so many accounts that none comes near its
# limit of an hour.
package Submit;
use v5.36;

my ($theirs, $ours) = map { "SELECT count(*) FROM $_" } qw(submission.events rewards.points_events);

sub measure ($bench) {
    my $database = $bench->database('submit', accounts => 30_000);
    $database->file($_) for qw(baseline_submit.sql setup.sql);
    for my $load ($bench->loads(1, 4)) {
        $bench->compare(%$load, what => 'submit', against => 'PL/pgSQL', unit => '/ s', goal => '>= 2',
            theirs => sub { $database->tps('baseline_submit.pgbench', %$load, counted_by => $theirs) },
            ours => sub { $database->tps('submit.pgbench', %$load, counted_by => $ours) });
    }
}

1;
