# Waits for a server one of whose processes was killed: until it has noticed, and has recovered. poll_query_until() will
# not do: it writes its query to psql, which may be gone by then because the server did not let it in, and the test ends in
# a broken pipe.
package Recovery;
use strict;
use warnings FATAL => 'all';
use Exporter qw(import);
use PostgreSQL::Test::Utils;
use Time::HiRes qw(sleep);

our @EXPORT_OK = qw(crashes await_recovery);

# How often it has recovered, or begun to.
sub crashes {
    my ($node) = @_;
    return scalar(() = slurp_file($node->logfile) =~ /all server processes terminated; reinitializing/g);
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
