# What does breaking the glass leave behind? A line in the server's log, also when the transaction takes back everything
# else, and nothing where nothing could be recorded: neither access nor a row.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $acme = '11111111-1111-4111-8111-111111111111';
my $nobody = '00000000-0000-0000-0000-000000000000';

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(allows_streaming => 1);
$node->start;
$node->safe_psql('postgres', <<"SQL");
CREATE EXTENSION pg_rewards;
CREATE ROLE shop;
CREATE ROLE on_call;
SELECT rewards.install(owner => 'shop');
SELECT FROM rewards.grant_access(cross_company => 'on_call');
BEGIN; SELECT FROM rewards.set_company_context('$acme'); SELECT FROM rewards.award_points(gen_random_uuid(), 5); COMMIT;
SQL

# What the server wrote of it, since last asked.
my $read = 0;
sub new_lines {
    my ($server) = @_;
    my $log = slurp_file($server->logfile, $read);
    $read += length $log;
    return join "\n", $log =~ /LOG:\s+(cross-company access.*)/g;
}
sub access { my ($reason, $rest) = @_; return "BEGIN; SET LOCAL ROLE on_call; SELECT FROM rewards.begin_cross_company_access('$reason'); SELECT count(*) FROM rewards.points_events; $rest" }
my $recorded = "SELECT string_agg(new ->> 'reason', ',' ORDER BY id) FROM rewards.audit_log WHERE company_id = '$nobody' AND action = 'begin_cross_company_access'";

my ($status, $output, $client) = $node->psql('postgres', 'SET client_min_messages = debug1; ' . access('ticket 1', 'COMMIT'));
is($output, '1', 'access is given');
unlike($client, qr/cross-company access begins/, 'and the client is not told');
like(new_lines($node), qr/^cross-company access begins: role "on_call", logged in as "\w+", reason: ticket 1$/, "the server's log has who, by which role, and why");
is($node->safe_psql('postgres', $recorded), 'ticket 1', 'and so has the audit log');

is($node->safe_psql('postgres', access('ticket 2', 'ROLLBACK')), '1', 'a transaction that is rolled back has seen the rows');
is($node->safe_psql('postgres', $recorded), 'ticket 1', 'and takes its row back');
like(new_lines($node), qr/reason: ticket 2$/, 'the line stays');

is($node->safe_psql('postgres', access('ticket 3', 'SAVEPOINT s; ROLLBACK TO s; COMMIT')), '1', 'a savepoint later on changes nothing');
is($node->safe_psql('postgres', $recorded), 'ticket 1,ticket 3', 'it is recorded');
new_lines($node);

# Where nothing is recorded, nothing is opened.

($status, undef, my $error) = $node->psql('postgres', access('ticket 4', 'COMMIT') =~ s/BEGIN/BEGIN READ ONLY/r);
like($error, qr/cannot execute begin_cross_company_access\(\) in a read-only transaction/, 'not in a read-only transaction');
$node->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'copy', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby, 'replay', $node->lsn('write'));
($status, $output, $error) = $standby->psql('postgres', access('ticket 5', 'COMMIT'));
like($error, qr/cannot execute begin_cross_company_access\(\) in a read-only transaction|during recovery/, 'not on a standby');
is($output, '', 'which shows no row');
is(new_lines($node), '', 'and nothing was begun');

$standby->stop;
$node->stop;
done_testing();
