# submit_points_events() with rule, nonces, limits and trust, against a plain INSERT ... SELECT of the rows that it has written;
# a statement and a transaction for each batch on both sides.
package Batch;
use v5.36;

my ($size, $batches) = (5000, 8);
my $events = $size * $batches;

sub measure ($bench) {
    my $database = $bench->database('batch', size => $size, batches => $batches, rounds => $bench->{rounds});
    $database->file('batch.sql');
    my ($submitted, $inserted) = (0, 0);
    submit($database, $submitted++);
    $bench->compare(what => 'submit, batches of 5,000', against => 'INSERT ... SELECT', goal => '>= 0.5', unit => 'events / s',
        theirs => sub { insert($database, $inserted++) }, ours => sub { submit($database, $submitted++) });
}

sub submit ($database, $round) {
    my $seconds = $database->timed(join '', map {
        "SELECT count(*) FROM rewards.submit_points_events((SELECT events FROM bench.batches WHERE round = $round AND batch = $_));\n"
    } 0 .. $batches - 1);
    my $validated = $database->value("SELECT count(*) FROM rewards.points_events
        WHERE nonce LIKE '$round-%' AND validation_status = 'validated'");
    die "$validated of $events events in batches are validated\n" if $validated != $events;
    return $events / $seconds;
}

# What was submitted in the round before, so that it is there whoever is first.
sub insert ($database, $round) {
    $database->sql("TRUNCATE bench.staged;
        INSERT INTO bench.staged
             SELECT split_part(nonce, '-', 2)::integer, e FROM rewards.points_events AS e WHERE nonce LIKE '$round-%';
        ANALYZE bench.staged");
    return $events / $database->timed(join '', map {
        "INSERT INTO bench.points_events SELECT (event).* FROM bench.staged WHERE batch = $_;\n"
    } 0 .. $batches - 1);
}

1;
