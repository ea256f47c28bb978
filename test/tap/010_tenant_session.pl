# What a session brings along before the library knows it, or is started with, makes it no company's: a setting of our name
# that was made up, PGOPTIONS, ALTER ROLE and ALTER DATABASE, GRANT SET ON PARAMETER; with the library loaded by the first
# call of ours, by each session or by the server.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $acme = '11111111-1111-4111-8111-111111111111';
my $other = '22222222-2222-4222-8222-222222222222';
my $ann = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
my $forged = "$other service x";

my $node = PostgreSQL::Test::Cluster->new('session');
$node->init;
$node->append_conf('postgresql.conf', "shared_buffers = 32MB\nmax_prepared_transactions = 2");
$node->start;
$node->safe_psql('postgres', <<"SQL");
CREATE ROLE shop; CREATE ROLE app LOGIN; CREATE EXTENSION pg_rewards;
SELECT FROM rewards.install(owner => 'shop'); SELECT FROM rewards.grant_access(app => 'app');
INSERT INTO rewards.points_events (user_id, company_id, event_type, event_time, points_delta, validation_status)
    SELECT '$ann', company, 'import', now(), n, 'validated' FROM (VALUES ('$acme'::uuid, 1), ('$other', 2)) AS c (company, kind), generate_series(1, 50 * kind) n;
CREATE VIEW seen WITH (security_invoker = true) AS SELECT coalesce(string_agg(DISTINCT company_id::text, ' '), 'nothing') AS companies FROM rewards.points_events;
GRANT SELECT ON seen TO app;
ANALYZE;
SQL

# What a session of this role prints, and what it complains of.
sub session {
    my ($role, $sql, %how) = @_;
    local $ENV{PGOPTIONS} = $how{options} // '';
    my ($out, $err) = ('', '');
    $node->psql('postgres', $sql, stdout => \$out, stderr => \$err, on_error_stop => 0,
        extra_params => [ '-U', $role, '-v', 'ON_ERROR_ROLLBACK=on', '-v', 'VERBOSITY=verbose' ]);
    return ($out, $err);
}

sub superuser { return $node->safe_psql('postgres', $_[0]) }

sub preload {
    my ($in_each_session) = @_;
    superuser('ALTER DATABASE postgres ' . ($in_each_session ? "SET session_preload_libraries = 'pg_rewards'" : 'RESET session_preload_libraries'));
}

my $superuser = superuser('SELECT current_user');
my $whose = q{SELECT coalesce(rewards.get_current_company_id()::text, 'nobody'), current_setting('rewards.context', true) = '' AS empty};

# Whatever was tried before, it is no company's session, shows no rows, and can still become that of a company.
sub is_nobodys {
    my ($name, $sql, %how) = @_;
    for my $role ('app', $superuser) {
        my ($out, $err) = session($role, "$sql; $whose; ROLLBACK; BEGIN; SELECT FROM rewards.set_company_context('$acme'); $whose", %how);
        ok($out =~ /^nobody\|t\n(?:.*\n)*$acme\|f$/m || $err =~ /FATAL: .*permission denied to set|FATAL: .*cannot be set by SET/, "$name, as $role: no company's")
            or diag("$out\n$err");
    }
    my ($out, $err) = session('app', "$sql; SELECT companies FROM seen; ROLLBACK;
        BEGIN; SELECT FROM rewards.set_company_context('$acme'); SELECT companies FROM seen", %how);
    ok($out =~ /^nothing\n(?:.*\n)*$acme$/m || $err =~ /FATAL: .*permission denied to set/, "$name: no rows") or diag("$out\n$err");
}

my %loaded = (
    'by the first call' => sub { },
    'by each session' => sub { preload(1) },
    'by the server' => sub {
        preload(0);
        $node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_rewards'");
        $node->restart;
    });
for my $how ('by the first call', 'by each session', 'by the server') {
    $loaded{$how}->();
    my $name = "loaded $how";

    is_nobodys("$name, SET", "SET rewards.context = '$forged'");
    is_nobodys("$name, SET in the transaction", "BEGIN; SET LOCAL rewards.context = '$forged'");
    is_nobodys("$name, SET before a savepoint",
        "BEGIN; SET LOCAL rewards.context = '$forged'; SAVEPOINT s; SET LOCAL rewards.context = '$forged'; SELECT 1; RELEASE s");
    is_nobodys("$name, set_config", "SELECT set_config('rewards.context', '$forged', false)");
    is_nobodys("$name, set_config in the query itself",
        "SELECT companies FROM (SELECT set_config('rewards.context', '$forged', false) OFFSET 0) s, seen");
    is_nobodys("$name, PGOPTIONS", 'SELECT 1', options => '-c rewards.context=' . $forged =~ s/ /\\ /gr);

    # As an ordinary user, the default of the database is not to be chosen either.
    for my $sql ("SET rewards.default_company_id = '$other'", "SELECT set_config('rewards.default_company_id', '$other', false)") {
        my ($out) = session('app', "$sql; $whose; SELECT companies FROM seen");
        like($out, qr/^nobody\|t\nnothing$/m, "$name, as app: $sql");
    }
    my ($out, $err) = session('app', "$whose; SELECT companies FROM seen", options => "-c rewards.default_company_id=$other");
    ok($out eq "nobody|t\nnothing" || $err =~ /permission denied to set parameter "rewards.default_company_id"/, "$name, as app: PGOPTIONS with a default");
    (undef, $err) = session('app', "ALTER ROLE app SET rewards.default_company_id = '$other'");
    like($err, qr/42501/, "$name, as app: ALTER ROLE with a default");
    (undef, $err) = session('app', "ALTER ROLE app SET rewards.context = '$forged'");
    like($err, qr/42501/, "$name, as app: ALTER ROLE with a context");
}

# What a superuser has stored for roles and databases while his session knew nothing of us. He may store anything; a
# context it does not make, not even in parallel workers, which read what is stored before their leader's settings.
$node->adjust_conf('postgresql.conf', 'shared_preload_libraries', "''");
$node->restart;
my $workers = 'SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET parallel_leader_participation = off;
    SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off;' . "\nSELECT pg_backend_pid() AS leader \\gset\n";
my $launched = q{SELECT 'by workers' FROM (SELECT FROM rewards.points_events WHERE pid(user_id) <> :leader HAVING count(*) > 0) w};
superuser(q{CREATE FUNCTION pid(uuid) RETURNS int LANGUAGE internal PARALLEL SAFE AS 'pg_backend_pid'});
for my $whose_setting ('ROLE app', 'DATABASE postgres', 'ROLE ALL', 'ROLE app IN DATABASE postgres') {
    superuser("ALTER $whose_setting SET rewards.context = '$forged'");
    for my $loaded (0, 1) {
        preload($loaded);
        my $name = "ALTER $whose_setting SET" . ($loaded ? ', loaded by each session' : '');
        is_nobodys($name, 'SELECT 1');
        my ($out) = session('app', "$workers SELECT companies FROM seen;
            BEGIN; SELECT FROM rewards.set_company_context('$acme'); $launched; SELECT companies FROM seen; COMMIT");
        is($out, "nothing\nby workers\n$acme", "$name: nor in workers");
    }
    preload(0);
    superuser("ALTER $whose_setting RESET rewards.context");
}

superuser('GRANT SET ON PARAMETER rewards.context TO app');
is_nobodys('GRANT SET ON PARAMETER, then SET', "SET rewards.context = '$forged'");
is_nobodys('GRANT SET ON PARAMETER, then PGOPTIONS', 'SELECT 1', options => '-c rewards.context=' . $forged =~ s/ /\\ /gr);
session('app', "ALTER ROLE app SET rewards.context = '$forged'");
is(superuser("SELECT count(*) FROM pg_db_role_setting WHERE setconfig::text ~ 'rewards.context'"), 1, 'with that privilege a role may store it');
is_nobodys('GRANT SET ON PARAMETER, then ALTER ROLE SET', 'SELECT 1');
superuser('ALTER ROLE app RESET rewards.context; REVOKE SET ON PARAMETER rewards.context FROM app');

superuser("CREATE FUNCTION lie() RETURNS text LANGUAGE sql SET rewards.context = '$forged' AS 'SELECT companies FROM seen'");
my ($out, $err) = session('app', "SELECT lie(); SELECT 'then', lie(); $whose");
unlike($out, qr/$other/, 'a SET clause that was stored before the library was known shows nobody\'s rows');
like($err, qr/ERROR: +42501/, '... and is an error once it is known');
($out, $err) = session('app', "BEGIN; SELECT FROM rewards.set_company_context('$acme'); SELECT lie(); $whose");
is($out, "$acme|f", '... also for a company');

$node->append_conf('postgresql.conf', "rewards.context = '$forged'");
for my $loaded (0, 1) {
    preload($loaded);
    $node->reload;
    is_nobodys('a line in postgresql.conf' . ($loaded ? ', loaded by each session' : ''), 'SELECT 1');
    (undef, $err) = session($superuser, "LOAD 'pg_rewards'; ALTER SYSTEM SET rewards.context = '$forged'");
    like($err, qr/ERROR/, '... and ALTER SYSTEM is refused');
}
preload(0);
$node->adjust_conf('postgresql.conf', 'rewards.context', undef);
$node->reload;

# While sealed, at the top level: where no function catches what is refused.
my %top_level = map { $_ => 1 } (
    "SET rewards.context = '$forged'", "SET LOCAL rewards.context = '$forged'", "SET LOCAL rewards.context = ''",
    'RESET rewards.context', 'RESET ALL', 'DISCARD ALL',
    'DISCARD TEMP', "SELECT set_config('rewards.context', '$forged', true)", "COPY (SELECT set_config('rewards.context', '$forged', true)) TO STDOUT",
    "DO 'BEGIN PERFORM set_config(''rewards.context'', ''$forged'', true); END'", "UPDATE pg_settings SET setting = '$forged' WHERE name = 'rewards.context'",
    "SELECT FROM rewards.set_company_context('$other')", 'SET ROLE NONE', 'RESET ROLE', 'SET SESSION AUTHORIZATION DEFAULT', 'RESET SESSION AUTHORIZATION',
    "SET LOCAL ROLE $superuser", "SET LOCAL rewards.default_company_id = '$other'", 'SAVEPOINT a; ROLLBACK TO a', 'SET TRANSACTION READ ONLY');
for my $attack (sort keys %top_level) {
    my ($got) = session($superuser, "SET ROLE app; BEGIN; SELECT FROM rewards.set_company_context('$acme', 'till'); $attack;
        SELECT string_agg(DISTINCT company_id::text, ' '), current_user FROM rewards.points_events; COPY rewards.points_events (company_id) TO STDOUT");
    my %companies = map { $_ => 1 } grep { /^[0-9a-f-]{36}$/ } split /\n/, $got;
    ok($got =~ /^$acme\|app$/m && join(' ', keys %companies) eq $acme, "at the top level: $attack") or diag($got);
}

# The default of a database

superuser("ALTER DATABASE postgres SET rewards.default_company_id = '$acme'");
for my $loaded (0, 1) {
    preload($loaded);
    my $how = $loaded ? 'loaded by each session' : 'loaded by the first call';
    ($out) = session('app', "SELECT companies FROM seen; SELECT rewards.require_company_id()");
    is($out, "$acme\n$acme", "the default of a database stands in for a context ($how)");
    ($out, $err) = session('app', "SET rewards.default_company_id = '$other'; SELECT companies FROM seen;
        SET rewards.default_company_id = '$other'; SELECT companies FROM seen");
    is($out, "$acme\n$acme", "a role's own SET does not change it ($how)");
    ($out) = session('app', "SELECT companies FROM seen;
        BEGIN; SELECT FROM rewards.set_company_context('$other'); SELECT companies FROM seen; ROLLBACK; SELECT companies FROM seen");
    is($out, "$acme\n$other\n$acme", "a context overrides it for its transaction ($how)");
    ($out) = session('app', "$workers SELECT companies FROM seen; $launched");
    is($out, "$acme\nby workers", "workers have it, too ($how)");
}
superuser('ALTER DATABASE postgres RESET ALL');

# Two phases: what is prepared leaves its session, and takes the context along.

my ($two) = session('app', "BEGIN; SELECT FROM rewards.set_company_context('$acme'); SELECT FROM rewards.award_points('$ann', 1); PREPARE TRANSACTION 'one';
    $whose; SELECT companies FROM seen;
    BEGIN; SELECT FROM rewards.set_company_context('$other'); SELECT companies FROM seen; COMMIT; COMMIT PREPARED 'one'; $whose");
is($two, "nobody|t\nnothing\n$other\nnobody|t", 'a prepared transaction leaves nothing behind');

$node->stop;
unlike(slurp_file($node->logfile), qr/PANIC|TRAP|terminated by signal/, 'the server has nothing to complain of');
done_testing();
