# The books of every release, under what is built now: they work before they are migrated, come to the catalogue of a fresh
# install, with what their owner has added, and give the answers that they gave.
use strict;
use warnings FATAL => 'all';

use Cwd qw(abs_path);
use File::Basename qw(basename dirname);
use File::Copy qw(copy);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $upgrade = abs_path(dirname(__FILE__) . '/../upgrade');
my $catalogue = "SELECT replace(line, E'\\n', ' ') FROM (" . slurp_file("$upgrade/catalogue.sql") . ') AS lines';
my $enter = 'BEGIN; SELECT FROM shop.enter();';

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', 'fsync = off');
$node->start;
$node->safe_psql('postgres', "CREATE ROLE $_") for qw(frozen_owner frozen_app frozen_staff frozen_own);
my $version = $node->safe_psql('postgres', "SELECT default_version FROM pg_available_extensions WHERE name = 'pg_rewards'");

sub sql { my ($database, $statements) = @_; return $node->safe_psql($database, $statements); }

sub refusal {
    my ($database, $statements) = @_;
    my ($status, undef, $error) = $node->psql($database, "\\set VERBOSITY verbose\n$statements", on_error_stop => 1);
    return $error;
}

# The release's SQL if its version is given; otherwise pg_dump's CREATE EXTENSION brings the newest.
sub load_books {
    my ($database, $release, $with_version) = @_;
    sql('postgres', "CREATE DATABASE $database TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'");
    sql('postgres', "ALTER DATABASE $database SET rewards.key_file = '$release.keys'");
    copy("$upgrade/$release/pg_rewards.keys", $node->data_dir . "/$release.keys") or die $!;
    chmod 0600, $node->data_dir . "/$release.keys";
    sql($database, "CREATE EXTENSION pg_rewards VERSION '$release'") if $with_version;
    command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr($database), '-f', "$upgrade/$release/books.sql" ],
        "$database: the books of $release load");
    return;
}

# Questions whose answers are not what they were.
sub other_answers {
    my ($database) = @_;
    return sql($database, "$enter SELECT count(*) > 10, json_agg(json_build_object('call', call, 'was', answer, 'is', is_now)) FILTER (WHERE answer IS DISTINCT FROM is_now)
        FROM shop.kept, LATERAL (SELECT shop.answer(call) AS is_now OFFSET 0) AS again WHERE kind <> 'claim'; ROLLBACK");
}

sub works {
    my ($database, $when) = @_;
    is(other_answers($database), 't|', "$when: answers are what they were, and everything verifies");
    is(sql($database, "$enter SELECT shop.answer(call) FROM shop.kept WHERE kind = 'claim'; ROLLBACK"), '(claimed,10)', '... the code is claimed');
    is(sql($database, "$enter SELECT outcome, replayed FROM rewards.award_points(shop.id('a', 9), 5, 'more', 'more');
        SELECT outcome FROM rewards.redeem_coupon(shop.id('a', 2), shop.id('b', 1), 'more'); ROLLBACK"), "awarded|f\nredeemed", '... points grow, and are spent');
    is(sql($database, "SET ROLE frozen_app; BEGIN; SELECT FROM rewards.set_company_context('c0000000-0000-4000-8000-000000000001');
        SELECT available_points FROM rewards.user_points_cache WHERE user_id = 'a0000000-0000-4000-8000-000000000001'; COMMIT"), '901', '... for the back end, too');
}

# What one has and the other has not, as "- line" and "+ line".
sub difference {
    my ($before, $after) = @_;
    my %old = map { $_ => 1 } @$before;
    my %new = map { $_ => 1 } @$after;
    return map({ "- $_" } grep { !$new{$_} } @$before), map { "+ $_" } grep { !$old{$_} } @$after;
}

# A fresh install, for the roles that the books know.
sql('postgres', "CREATE DATABASE fresh TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'");
sql('fresh', "CREATE EXTENSION pg_rewards; SELECT rewards.install(owner => 'frozen_owner');
    SELECT FROM rewards.grant_access(app => 'frozen_app', admin => 'frozen_staff');");
sub catalogue_of { my ($database) = @_; return [ split /\n/, sql($database, $catalogue) ]; }
my $fresh = catalogue_of('fresh');

# What fill.sql has the owner add, and take away.
my @own = (qr/^- function rewards\.uuidv5\(uuid,text\) grant frozen_app=X/, qr/^\+ .*\bnote_claim\b/, qr/^\+ index .*\bcoupons_by_partner\b/, qr/^\+ column points_events\.till text default 'till 1'.* comment Where it was rung up$/,
    qr/^\+ policy points_events own_till /, qr/^\+ constraint coupon_templates named_partner /, qr/^\+ table points_events grant frozen_own=r/,
    qr/^\+ function rewards\.calculate_user_points\(uuid\) grant frozen_own=X/, qr/^\+ schema rewards grant frozen_own=U/);
my @own_not_null = qr/^\+ constraint points_events points_events_till_not_null /;    # a constraint of its own from version 18 on

sub same_as_fresh {
    my ($database, $what) = @_;
    my @lines = difference($fresh, catalogue_of($database));
    is(join("\n", grep { my $line = $_; !grep { $line =~ $_ } @own, @own_not_null } @lines), '', "$what: the catalogue is that of a fresh install");
    is(join("\n", grep { my $pattern = $_; !grep { $_ =~ $pattern } @lines } @own), '', '... and of what the owner has done nothing is lost');
}

for my $release (map { basename($_) } glob "$upgrade/*.*.*") {
    my $database = "from_$release" =~ tr/./_/r;
    load_books($database, $release, 1);
    is(sql($database, "SELECT extversion FROM pg_extension WHERE extname = 'pg_rewards'"), $release, 'its own SQL is installed');
    my $data_version = sql($database, 'SELECT version FROM rewards.data_version');
    works($database, "SQL of $release, data of $release");
    is(sql($database, 'SELECT rewards.migrate()'), $data_version, 'its migrate() has nothing to do');

    sql($database, 'ALTER EXTENSION pg_rewards UPDATE');
    is(sql($database, "SELECT extversion FROM pg_extension WHERE extname = 'pg_rewards'"), $version, 'updated');
    works($database, "SQL of $version, data of $release");
    like(refusal($database, 'SET ROLE frozen_app; SELECT rewards.migrate()'), qr/ERROR:  42501: permission denied for function migrate/, 'the back end cannot migrate');
    # The owner may, but nobody has granted him what is new.
    my $alone = refusal($database, 'SET ROLE frozen_owner; SELECT rewards.migrate()');
    like($alone, qr/WARNING: .* may not execute .*HINT:  What an update brings is granted .* superuser/s, 'the owner hears what a superuser has to do') if $alone;

    # Two at once: the second waits, and finds nothing to do.
    my $first = $node->background_psql($database);
    $first->query('BEGIN; SELECT rewards.migrate()');
    my $second = $node->background_psql($database);
    $second->query_until(qr/asked/, "\\echo asked\nSELECT 'second', rewards.migrate();\n");
    ok($node->poll_query_until($database, "SELECT count(*) = 1 FROM pg_locks WHERE NOT granted AND relation = 'rewards.data_version'::regclass"),
        'a second migration waits');
    $first->query('COMMIT');
    $first->quit;
    like($second->query("SELECT 'after'"), qr/after/, '... and ends');
    $second->quit;
    is(sql($database, 'SELECT version, count(*) OVER () FROM rewards.data_version'), sql('fresh', 'SELECT version, 1 FROM rewards.data_version'), 'migrated');
    sql($database, "SELECT FROM rewards.grant_access(app => 'frozen_app', admin => 'frozen_staff');
        REVOKE EXECUTE ON FUNCTION rewards.uuidv5(uuid, text) FROM frozen_app");
    same_as_fresh($database, 'after ALTER EXTENSION UPDATE and migrate()');
    works($database, "SQL of $version, data of $version");
    is(sql($database, 'SELECT rewards.migrate()'), sql('fresh', 'SELECT version FROM rewards.data_version'), 'migrated again');
    same_as_fresh($database, 'after another migrate()');

    # The dump of it restores as it is: grants of functions that are initial would not be in it.
    my $dump = $node->basedir . "/$database.sql";
    command_ok([ 'pg_dump', '--file', $dump, $node->connstr($database) ], 'pg_dump');
    sql('postgres', 'CREATE DATABASE again TEMPLATE template0');
    command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('again'), '-f', $dump ], '... restores');
    is(join("\n", difference(catalogue_of($database), catalogue_of('again'))), '', '... to the same catalogue');

    load_books('restored', $release, 0);
    is(sql('restored', "SELECT extversion FROM pg_extension WHERE extname = 'pg_rewards'"), $version, "a dump of $release restored into $version");
    works('restored', '... before migrate()');
    sql('restored', "SELECT rewards.migrate(); SELECT FROM rewards.grant_access(app => 'frozen_app', admin => 'frozen_staff');
        REVOKE EXECUTE ON FUNCTION rewards.uuidv5(uuid, text) FROM frozen_app");
    same_as_fresh('restored', '... and after');
    works('restored', '... it');

    # Data newer than the release's SQL, which has a newer library.
    sql('postgres', 'CREATE DATABASE older TEMPLATE template0');
    sql('older', "CREATE EXTENSION pg_rewards VERSION '$release'; SELECT rewards.install(owner => 'frozen_owner')");
    is(sql('older', 'SELECT version FROM rewards.data_version'), $data_version, "SQL of $release writes its own data version, under a newer library, too");
    sql('older', 'UPDATE rewards.data_version SET version = version + 1');
    like(refusal('older', 'SELECT rewards.migrate()'), qr/ERROR:  55000: .*HINT:  .*ALTER EXTENSION pg_rewards UPDATE/s, '... and does not migrate what is newer');
    sql('postgres', "DROP DATABASE $_") for 'again', 'restored', 'older';
}

# Outside of the range that the library knows

for my $case ([ 'version + 1', 'newer', qr/data is newer than the code/ ], [ '0', 'older', qr/ALTER EXTENSION pg_rewards UPDATE, then SELECT rewards\.migrate\(\)/ ]) {
    my ($is, $what, $hint) = @$case;
    sql('fresh', 'ALTER TABLE rewards.data_version DROP CONSTRAINT data_version_version_check');
    sql('fresh', "UPDATE rewards.data_version SET version = $is");
    like(refusal('fresh', "BEGIN; SELECT rewards.set_company_context('c0000000-0000-4000-8000-000000000001'); SELECT rewards.award_points('a0000000-0000-4000-8000-000000000001', 1)"),
        qr/ERROR:  55000: the rewards tables are at version \d+, and this code works with versions \d+ to \d+.*HINT:  .*$hint/s, "data $what than the code");
    sql('fresh', 'UPDATE rewards.data_version SET version = rewards.code_data_version(); ALTER TABLE rewards.data_version ADD CHECK (version > 0)');
}
is(join("\n", difference($fresh, catalogue_of('fresh'))), '', 'and back');

# Can the comparison fail?

for my $harm ('DROP POLICY tenant ON rewards.coupons', 'ALTER FUNCTION rewards.migrate() COST 7', 'ALTER FUNCTION rewards.uuidv7() VOLATILE PARALLEL UNSAFE',
    'ALTER FUNCTION rewards.install(regrole) RESET search_path', 'COMMENT ON COLUMN rewards.coupons.status IS NULL', 'COMMENT ON FUNCTION rewards.uuidv7() IS NULL',
    'REVOKE EXECUTE ON FUNCTION rewards.migrate() FROM frozen_owner', 'GRANT EXECUTE ON FUNCTION rewards.migrate() TO PUBLIC',
    "DELETE FROM pg_init_privs WHERE objoid = 'rewards.migrate()'::regprocedure", 'ALTER EXTENSION pg_rewards DROP FUNCTION rewards.migrate()',
    'ALTER TABLE rewards.coupons NO FORCE ROW LEVEL SECURITY', 'ALTER TABLE rewards.coupons DISABLE TRIGGER ALL', 'DROP INDEX rewards.used_nonces_expires_at',
    'ALTER TABLE rewards.coupons ALTER status DROP DEFAULT', 'ALTER TABLE rewards.used_nonces ALTER event_type DROP NOT NULL',
    'ALTER TABLE rewards.coupons ALTER metadata SET STORAGE EXTERNAL', 'ALTER TABLE rewards.coupons DROP CONSTRAINT coupons_sound',
    'ALTER TABLE rewards.coupons OWNER TO postgres', 'REVOKE SELECT ON rewards.coupons FROM frozen_app', 'ALTER TABLE rewards.user_points_cache RESET (fillfactor)',
    'ALTER VIEW rewards.ledger SET (security_barrier = true)', 'CREATE TYPE rewards.more AS (x int)', 'CREATE SEQUENCE rewards.more', 'COMMENT ON SCHEMA rewards IS NULL') {
    my $lines = sql('fresh', "SET allow_system_table_mods = on; BEGIN; $harm; $catalogue; ROLLBACK");
    isnt(join("\n", difference($fresh, [ split /\n/, $lines ])), '', "found: $harm");
}

$node->stop;
done_testing();
