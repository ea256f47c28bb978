# A newer release is installed under a running shop: while clients call, its SQL takes the place of that of the last release, and then
# the tables are migrated. Nobody hears of it, and the books are what clients were told.
use FindBin;
use lib map { "$FindBin::RealBin/$_" } qw(faults model);
use v5.36;
use Checker qw(wrong);
use Load;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
deadlock_timeout = 100ms
log_statement = none
log_min_error_statement = panic
log_line_prefix = '%m [%p] %a %e '
CONF
$node->start;

sub sql ($statements) { return $node->safe_psql('postgres', $statements) }

my $release = sql(<<'SQL');
SELECT v.version FROM pg_available_extension_versions AS v JOIN pg_available_extensions AS e USING (name)
 WHERE name = 'pg_rewards' AND v.version <> default_version ORDER BY string_to_array(v.version, '.')::integer[] DESC LIMIT 1
SQL
sql("CREATE EXTENSION pg_rewards VERSION '$release'");
sql(slurp_file("$FindBin::RealBin/faults/shop.sql"));
my $data_version = sql('SELECT version FROM rewards.data_version');

my $load = Load->start(node => $node, name => 'update', seconds => 10, clients => 4);

# The errors that clients were told since they were asked last.
sub heard () {
    $load->wait_for_answers(50);
    return join ', ', $load->new_errors;
}
is(heard(), '', "clients are served by the SQL of $release");

# Somebody has called and not committed: who waits for whom?
my ($early, $upkeep) = map { $node->background_psql('postgres', on_error_stop => 0) } 1 .. 2;
sub call ($end) {
    $early->query_safe("BEGIN; SELECT FROM rewards.set_company_context('$Client::company', 'clerk'); SELECT FROM rewards.award_points('$Client::members[0]', 1, NULL, 'open $end')");
}

call('update');
is($upkeep->query("SET lock_timeout = '10s'; SET client_min_messages = error; ALTER EXTENSION pg_rewards UPDATE; SELECT extversion <> '$release' FROM pg_extension WHERE extname = 'pg_rewards'"), 't',
    'ALTER EXTENSION UPDATE waits for no call');
is(sql('SELECT version FROM rewards.data_version'), $data_version, '... and leaves the data as they are');
$early->query_safe('COMMIT');
is(heard(), '', '... and nobody hears of it');

call('migrate');
my $told = $upkeep->query_until(qr/begun/, "\\echo begun\nRESET lock_timeout;\nSELECT rewards.migrate() = rewards.code_data_version() AS is_migrated;\n");
ok($node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query ~ 'is_migrated'"), 'migrate() waits for open calls');
$early->query_safe('COMMIT');
like($told . $upkeep->query('SELECT'), qr/^t$/m, '... and is done');
is(heard(), '', '... and nobody hears of it');
sql("SELECT FROM rewards.grant_access(app => 'back_end', admin => 'back_end')");
is(heard(), '', 'grant_access(): nobody hears of it');

# Can it fail? An update without one of the functions.
sql('ALTER FUNCTION rewards.deduct_points(uuid, bigint, text, text, text, timestamptz) RENAME TO taken_away');
like(heard(), qr/42883/, 'a function that is gone is heard of');
sql('ALTER FUNCTION rewards.taken_away(uuid, bigint, text, text, text, timestamptz) RENAME TO deduct_points');

is($load->stop, 0, 'every client came to its end');
is(wrong($node, $node->basedir), '', 'the books are what clients were told');
unlike(slurp_file($node->logfile), qr/ XX\d\d\d |terminated by signal|TRAP|PANIC/, 'nobody met an error that should not be');
$_->quit for $early, $upkeep;
$node->stop;
done_testing();
