# Statements at random, by sqlsmith, over the catalog and a filled shop, as an application and as the owner of the tables: the
# server stays up, and no internal error comes from us.
#
# SQLSMITH_SECONDS=60 is how long, once it has read the catalog; SQLSMITH_SEED=n begins with the same statements.
use FindBin;
use lib map { "$FindBin::RealBin/$_" } qw(edge faults model);
use v5.36;
use Checker qw(wrong);
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $seconds = $ENV{SQLSMITH_SECONDS} // 5;
my $seed = $ENV{SQLSMITH_SEED} // int rand 1_000_000;
diag "SQLSMITH_SEED=$seed";

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
restart_after_crash = on
max_connections = 20
shared_buffers = 64MB
log_statement = none
log_error_verbosity = verbose
log_line_prefix = '%u %e '
CONF
$node->start;
$node->safe_psql('postgres', slurp_file("$FindBin::RealBin/$_")) for qw(faults/shop.sql edge/shop.sql);
$node->safe_psql('postgres', "ALTER DATABASE postgres SET rewards.default_company_id = 'a0000000-0000-4000-8000-000000000000'");

# Ended by timeout, whatever becomes of us.
sub start_smith {
    my ($role) = @_;
    my $output = $node->basedir . "/sqlsmith.$role";
    my @command = ('sqlsmith', '--target=' . $node->connstr('postgres') . " user=$role", "--seed=$seed", '--verbose');
    my $run = IPC::Run::start([ 'timeout', $seconds + $PostgreSQL::Test::Utils::timeout_default, @command ], '<', \undef, '>', $output, '2>&1');
    return { role => $role, output => $output, run => $run };
}

sub errors_of {
    my ($role) = @_;
    return scalar(() = slurp_file($node->logfile) =~ /^$role \w{5} ERROR:/mg);
}

sub wait_for_errors {
    my $deadline = time + $PostgreSQL::Test::Utils::timeout_default;
    sleep 0.2 while time < $deadline && grep { errors_of($_) <= 10 } @_;
}

# Of each entry in the log, which may have several lines: the first begins with the role and the SQLSTATE.
sub internal_errors_of_ours {
    my @entries = split /^(?=\w* [0-9A-Z]{5} (?:ERROR|FATAL|PANIC|WARNING):)/m, slurp_file($node->logfile);
    return join "\n", grep { /^\w* XX/ && /LOCATION: .*\.cpp:|^\w* XX\w+ CONTEXT: .*\brewards\b/m } @entries;
}

my @roles = qw(back_end shop);
$node->safe_psql('postgres', "ALTER ROLE $_ SET statement_timeout = '1s'") for @roles;
my @smiths = map { start_smith($_) } @roles;
wait_for_errors(@roles);
sleep $seconds;
for (@smiths) {
    $_->{run}->signal('TERM');
    eval { $_->{run}->finish };
    cmp_ok(errors_of($_->{role}), '>', 10, "$_->{role}: there were statements, of which many failed") or diag slurp_file($_->{output});
    note "$_->{role}: ", errors_of($_->{role}), ' errors, ', scalar(() = slurp_file($_->{output}) =~ /\./g), ' statements that did not fail';
}
my $log = slurp_file($node->logfile);
is(internal_errors_of_ours(), '', 'no internal error is ours');
unlike($log, qr/terminated by signal|PANIC:|TRAP/, 'no server process died');
is(wrong($node, $node->basedir), '', 'the books are what they should be');

# A test that finds nothing has to show that it would.
$node->psql('postgres', <<'SQL');
CREATE FUNCTION rewards.fail() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'planted' USING ERRCODE = 'XX000'; END $$;
SELECT rewards.fail();
SQL
like(internal_errors_of_ours(), qr/XX000 ERROR: .*planted/, 'one that is ours is found');
$node->stop;
done_testing();
