# Does a backend grow with the calls it has answered? One backend, calls of every kind, refused, replayed, failed and rolled back
# ones among them, seventeen in ten transactions; its memory after the first thousand, and at the end.
package Memory;
use v5.36;

my $grown = <<'SQL';
SELECT last.context, last.bytes - coalesce(first.bytes, 0)
  FROM bench.memory AS last LEFT JOIN bench.memory AS first ON first.context = last.context AND first.calls = 1000
 WHERE last.calls > 1000 AND last.context NOT LIKE 'anonymous %' AND last.bytes > coalesce(first.bytes, 0) ORDER BY 2 DESC
SQL

sub measure ($bench) {
    my $transactions = $bench->{full} ? 600_000 : 50_000;
    my $database = $bench->database('memory', accounts => 10_000, template => '70000000-0000-4000-8000-000000000001');
    $database->file('memory.sql');
    print STDERR "  $transactions transactions in one backend\n";
    $database->pgbench('memory.pgbench', clients => 1, commit => 'off', transactions => $transactions, defines => { call => 0, calls => $transactions });
    for my $what (['memory contexts', "context NOT LIKE 'anonymous %'"], ['anonymous memory of the process', "context LIKE 'anonymous %'"]) {
        my ($first, $last) = map { [$database->value("SELECT sum(bytes) / 1024 FROM bench.memory WHERE calls = $_ AND $what->[1]")] } 1000, $transactions;
        $bench->ratio(what => "$what->[0], after $transactions transactions", against => 'after 1,000', unit => 'kB', goal => '<= 1.05', theirs => $first, ours => $last);
    }
    my @grown = map { "$_->[0] by $_->[1] bytes" } $database->rows($grown);
    $bench->note(@grown ? 'Grown: ' . join(', ', @grown) . '.' : 'No memory context has grown.');
}

1;
