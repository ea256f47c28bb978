# Behind pgbouncer, where clients share one server connection in turn, nothing of a company's transaction reaches the next
# client: no rows, no cursor, no temporary table, no notification. What no extension can refuse is reported.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/model";
use IPC::Run ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Session;
use Test::More;
use Time::HiRes qw(sleep);

my ($pgbouncer) = grep { -x } map { "$_/pgbouncer" } split(/:/, $ENV{PATH}), '/usr/sbin';
plan skip_all => 'there is no pgbouncer' if !defined $pgbouncer;

my $acme = '11111111-1111-4111-8111-111111111111';
my $other = '22222222-2222-4222-8222-222222222222';

my $node = PostgreSQL::Test::Cluster->new('pooled');
$node->init;
$node->append_conf('postgresql.conf', 'shared_buffers = 32MB');
$node->start;
$node->safe_psql('postgres', <<"SQL");
CREATE ROLE shop; CREATE ROLE app LOGIN; CREATE EXTENSION pg_rewards;
SELECT FROM rewards.install(owner => 'shop'); SELECT FROM rewards.grant_access(app => 'app');
INSERT INTO rewards.points_events (user_id, company_id, event_type, event_time, points_delta)
    SELECT gen_random_uuid(), company, 'secret', now(), 1 FROM (VALUES ('$acme'::uuid), ('$other')) AS c (company), generate_series(1, 20);
SQL

# Both wait for a client's transaction to end before the next one gets the connection.
my $folder = PostgreSQL::Test::Utils::tempdir_short();
my $port = $node->port;
append_to_file("$folder/users", qq("app" ""\n));
append_to_file("$folder/ini", <<"INI");
[databases]
shop = host=@{[$node->host]} port=$port dbname=postgres
[pgbouncer]
listen_addr =
listen_port = $port
unix_socket_dir = $folder
auth_type = trust
auth_file = $folder/users
pool_mode = transaction
default_pool_size = 1
max_db_connections = 1
logfile = $folder/log
INI
my $pooler = IPC::Run::start([ $pgbouncer, "$folder/ini" ], '>', '/dev/null', '2>', '/dev/null');
END { local $?; $pooler->kill_kill(grace => 5) if $pooler }
for (1 .. 100) {
    last if -S "$folder/.s.PGSQL.$port";
    sleep 0.1;
}

# What a client is refused is expected, and no noise.
sub client {
    open my $noisy, '>&', \*STDERR or die $!;
    open STDERR, '>>', "$folder/refused" or die $!;
    my $client = Session->new(connection => "host=$folder port=$port dbname=shop user=app", log => '/dev/null');
    $client->connect;
    open STDERR, '>&', $noisy or die $!;
    return $client;
}

my ($ann, $bob, $nobody) = map { client() } 1 .. 3;

sub answers {
    my ($client, $sql, @expected) = @_;
    my $name = pop @expected;
    my (undef, @got) = $client->ask("$sql;");
    return is(join("\n", grep { !/^(?:BEGIN|COMMIT|ROLLBACK|SAVEPOINT|SET|RESET|SELECT \d+|LISTEN|DISCARD ALL)$/ } @got), join("\n", @expected), $name);
}

# pgbouncer itself sets the name of each client's application.
sub residue_is {
    my ($client, @expected) = @_;
    return answers($client, q{SELECT * FROM rewards.session_residue() WHERE (kind, name) <> ('setting', 'application_name')}, @expected);
}

sub state_is {
    my ($client, $sql, $expected, $name) = @_;
    my ($state) = $client->ask("$sql;");
    return is($state, $expected, $name);
}

# Each of the others has nothing of acme: bob is of another company, and nobody of none.
sub others_find_nothing {
    my ($name, $process) = @_;
    for ([ $bob, 'another company', $other, 20 ], [ $nobody, 'a client without context', '', 0 ]) {
        my ($client, $who, $company, $rows) = @$_;
        my $enter = $company ? "SELECT FROM rewards.set_company_context('$company'); " : '';
        answers($client, 'SELECT pg_backend_pid()', $process, "$name: $who has the same server process") if $process;
        answers($client, 'SELECT rewards.get_current_company_id()', '', "$name: ... and no company");
        answers($client, "BEGIN; ${enter}SELECT count(*), coalesce(string_agg(DISTINCT company_id::text, ' '), '') FROM rewards.points_events; COMMIT", "$rows|$company",
            "$name: $who finds no row of it");
        answers($client, q{SELECT count(*) FROM pg_cursors}, 0, '... no cursor');
        answers($client, q{SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema()}, 0, '... no temporary relation');
        answers($client, q{SELECT count(*) FROM pg_listening_channels()}, 0, '... no channel');
    }
}

my (undef, $process) = $ann->ask('SELECT pg_backend_pid();');
answers($nobody, q{SELECT current_setting('rewards.context', true) IS NULL}, 't', 'at first the process knows no setting of ours');
residue_is($nobody, 'a new connection carries nothing over');

# A company's transaction, with all that it is refused

state_is($ann, "BEGIN; SELECT FROM rewards.set_company_context('$acme')", '00000', 'a company comes');
for my $sql ('DECLARE held CURSOR WITH HOLD FOR SELECT * FROM rewards.points_events', 'CREATE TEMP TABLE stolen AS SELECT * FROM rewards.points_events',
    'SELECT * INTO TEMP stolen FROM rewards.points_events', 'CREATE TEMP VIEW stolen AS SELECT 1',
    'CREATE FUNCTION pg_temp.stolen() RETURNS int LANGUAGE sql RETURN 1', 'LISTEN news') {
    state_is($ann, "SAVEPOINT before; $sql", '55000', "it is refused $sql");
    state_is($ann, 'ROLLBACK TO before', '00000', '... and goes on');
}
answers($ann, 'SELECT count(*) FROM rewards.points_events; COMMIT', 20, 'it has its rows');
others_find_nothing('after COMMIT', $process);
state_is($_, 'SELECT * FROM stolen', '42P01', 'there is no table that it left') for $bob, $nobody;
state_is($_, 'FETCH held', '34000', 'nor a cursor') for $bob, $nobody;
answers($nobody, q{SELECT current_setting('rewards.context', true) = ''}, 't', 'what the setting has become, an empty text, is no company');
residue_is($nobody, 'and nothing is reported');

# Before the context, too, nothing is prepared that would outlive it with its rows.
for my $sql ("BEGIN; DECLARE held CURSOR WITH HOLD FOR SELECT * FROM rewards.points_events; SELECT FROM rewards.set_company_context('$acme')",
    "DO \$\$ BEGIN COMMIT; EXECUTE 'DECLARE held CURSOR WITH HOLD FOR SELECT * FROM rewards.points_events'; PERFORM rewards.set_company_context('$acme'); END \$\$") {
    state_is($ann, $sql, '55000', "a cursor that waits for the context is refused: $sql");
    $ann->ask('ROLLBACK;');
    answers($ann, 'SELECT count(*) FROM pg_cursors', 0, '... is not there afterwards');
}
others_find_nothing('after what failed', $process);

# An error, and a rollback

state_is($ann, "BEGIN; SELECT FROM rewards.set_company_context('$acme'); SELECT 1 / 0", '22012', 'a transaction fails');
$ann->ask('COMMIT;');
others_find_nothing('after an error', $process);
$ann->ask("BEGIN; SELECT FROM rewards.set_company_context('$acme'); ROLLBACK AND CHAIN;");
answers($ann, 'SELECT rewards.get_current_company_id()', '', 'ROLLBACK AND CHAIN starts without a company');
$ann->ask('ROLLBACK;');
others_find_nothing('after ROLLBACK', $process);

# What cannot be refused is there for the next client, and is reported.

state_is($ann, "BEGIN; SELECT FROM rewards.set_company_context('$acme'); SELECT FROM pg_advisory_lock(42); SELECT FROM pg_advisory_lock(4, 2);
    SET my.note = 'of acme'; SET statement_timeout = '1h'; PREPARE mine AS SELECT 1; COMMIT", '00000', 'a transaction leaves locks, settings and a statement');
residue_is($nobody,
    'advisory lock|4, 2|ExclusiveLock', 'advisory lock|42|ExclusiveLock', 'prepared statement|mine|PREPARE mine AS SELECT 1;', 'setting|my.note|of acme',
    'setting|statement_timeout|1h', 'the next client is told of them');
$nobody->ask('DISCARD ALL;');
residue_is($nobody, 'DISCARD ALL clears them');
state_is($ann, "CREATE TEMP TABLE shelf (company_id uuid);
    BEGIN; SELECT FROM rewards.set_company_context('$acme'); INSERT INTO shelf SELECT company_id FROM rewards.points_events; COMMIT",
    '00000', 'a temporary table from before the context takes rows');
residue_is($nobody, 'temporary object|pg_temp.shelf|table', '... and is reported');
$nobody->ask('DISCARD ALL;');
state_is($ann, 'BEGIN; LISTEN news; COMMIT; DECLARE held CURSOR WITH HOLD FOR SELECT 1; SET ROLE app', '00000', 'outside of a context all of it is allowed');
residue_is($nobody, 'held cursor|held|DECLARE held CURSOR WITH HOLD FOR SELECT 1;', 'listen|news|', 'setting|role|app', '... and reported');
$nobody->ask('DISCARD ALL;');
others_find_nothing('after DISCARD ALL', $process);

# A client that dies in the middle of a transaction

my $dying = client();
$dying->ask("BEGIN; SELECT FROM rewards.set_company_context('$acme'); SELECT FROM rewards.award_points(gen_random_uuid(), 1);");
kill 'KILL', $dying->{psql}{pid};
$dying->disconnect;
others_find_nothing('after a client that died', undef);
is($node->safe_psql('postgres', 'SELECT count(*) FROM rewards.points_events'), 40, 'what it did not commit is not there');

# Many clients in turn: pgbench stops at the first division by zero.

append_to_file("$folder/turns.sql", <<"SQL");
\\set one random(0, 1)
BEGIN;
SELECT rewards.set_company_context(CASE :one WHEN 1 THEN '$acme'::uuid ELSE '$other' END);
SELECT 1 / (count(*) = 20 AND bool_and(company_id = CASE :one WHEN 1 THEN '$acme'::uuid ELSE '$other' END))::int FROM rewards.points_events;
COMMIT;
SELECT 1 / (count(*) = 0 AND rewards.get_current_company_id() IS NULL)::int FROM rewards.points_events;
SQL
my ($out, $err) = ('', '');
ok(IPC::Run::run([ 'pgbench', '--no-vacuum', '--client=8', '--transactions=50', "--file=$folder/turns.sql",
        '--host', $folder, '--port', $port, '--username', 'app', 'shop' ],
    '>', \$out, '2>', \$err), 'eight clients in turn see their companies\' rows, and none in between') or diag($err);

$_->disconnect for $ann, $bob, $nobody;
$pooler->signal('INT');
$pooler->finish;
undef $pooler;
$node->stop;
unlike(slurp_file($node->logfile), qr/PANIC|TRAP|terminated by signal/, 'the server has nothing to complain of');
done_testing();
