# Many clients at once: a pgbench with a script of its own, started, and later waited for.
package Clients;
use strict;
use warnings FATAL => 'all';
use Exporter qw(import);
use IPC::Run;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT_OK = qw(start_pgbench finish_pgbench);

my $scripts = 0;

sub start_pgbench {
    my ($node, $clients, $script, @options) = @_;
    my $file = $node->basedir . '/script' . ++$scripts;
    append_to_file($file, $script);
    my $run = IPC::Run::start([ 'pgbench', '-n', '-c', $clients, '-f', $file, @options, $node->connstr('postgres') . ' application_name=client' ],
        '<', \undef, '>', "$file.out", '2>&1', IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default));
    return { run => $run, output => "$file.out" };
}

sub finish_pgbench {
    my ($pgbench, $name) = @_;
    ok($pgbench->{run}->finish, "$name: every client came to its end") or diag slurp_file($pgbench->{output});
}

1;
