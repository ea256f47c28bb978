# Kills a process of a server, and waits until the server has noticed, and has recovered. poll_query_until() will
# not do: it writes its query to psql, which may be gone by then because the server did not let it in, and the test ends in
# a broken pipe.
package Recovery;
use strict;
use warnings FATAL => 'all';
use Exporter qw(import);
use PostgreSQL::Test::Utils;
use Time::HiRes qw(sleep);

our @EXPORT_OK = qw(crashes kill_process await_recovery);

# How often it has recovered, or begun to.
sub crashes {
    my ($node) = @_;
    return scalar(() = slurp_file($node->logfile) =~ /all server processes terminated; reinitializing/g);
}

# False if it was just leaving: a signal to what has ended already succeeds, and the server does not notice it. What is stopped
# cannot end meanwhile.
sub kill_process {
    my ($pid) = @_;
    return 0 if !kill 'STOP', $pid;
    for (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default) {
        open my $stat, '<', "/proc/$pid/stat" or return 0;
        my ($state) = (readline($stat) // return 0) =~ /\) (\w)/;
        return 0 if $state =~ /[ZX]/;
        return kill 'KILL', $pid if $state eq 'T';
        sleep 0.01;
    }
    die "process $pid does not stop";
}

sub await_recovery {
    my ($node, $crashes_before) = @_;
    for (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default) {
        return if crashes($node) > $crashes_before && system('pg_isready', '-q', '-h', $node->host, '-p', $node->port) == 0;
        sleep 0.1;
    }
    die 'the server does not recover';
}

1;
