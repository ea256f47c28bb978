# A ledger of millions of events in a database of the bench, made in a fraction of the time that it would take to live them.
package Ledger;
use v5.36;

my ($clients, $chunk) = (2, 10_000);

# How many millions of events it has in the end, and those that it grows to before.
sub sizes ($bench) { return $bench->{full} ? (10, 50) : 10 }

# From as many events as there are to so many millions, which may be there already.
sub grow ($database, $millions) {
    my $events = $millions * 1_000_000;
    my $there = $database->value("SELECT to_regnamespace('bench') IS NOT NULL");
    $database->file('ledger.sql') if $there eq 'f';
    my $missing = $events - $database->value('SELECT events FROM bench.ledger');
    return if $missing == 0;
    print STDERR "  growing to $events events";
    $database->sql("CALL bench.begin_growth($events)");
    $database->pgbench('grow.pgbench', clients => $clients, commit => 'off', transactions => $missing / $chunk / $clients, defines => { rows => $chunk });
    print STDERR ', indexes';
    $database->sql("SET maintenance_work_mem = '1GB';\nCALL bench.end_growth();\nVACUUM ANALYZE rewards.user_points_cache, rewards.coupons, rewards.used_nonces;
        ANALYZE rewards.points_events;\nCHECKPOINT");
    print STDERR "\n";
}

1;
