# What administrators do while clients call: tables are rebuilt, changed and truncated, keys change hands, the database is dumped, and
# code and data are dropped and put back. Nobody hears a wrong answer, what was acknowledged is in the books, and in the dumps.
use FindBin;
use lib map { "$FindBin::RealBin/$_" } qw(operations faults model crash);
use v5.36;
use Checker qw(wrong);
use File::Copy qw(copy);
use IPC::Run;
use Load;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Upkeep;

my ($company, $member) = ($Client::company, $Client::members[0]);

sub start_node ($name) {
    my $node = PostgreSQL::Test::Cluster->new($name);
    $node->init;
    $node->append_conf('postgresql.conf', <<'CONF');
deadlock_timeout = 100ms
shared_buffers = 64MB
log_statement = none
log_min_error_statement = panic
log_line_prefix = '%m [%p] %a %e '
CONF
    $node->start;
    return $node;
}

my $node = start_node('main');
my $folder = $node->basedir;
$node->safe_psql('postgres', slurp_file("$FindBin::RealBin/faults/shop.sql"));
my @tables = split /\n/, $node->safe_psql('postgres', "SELECT oid::regclass FROM pg_class WHERE relnamespace = 'rewards'::regnamespace AND relkind = 'r' ORDER BY 1");

# A session that tells how each statement ended, and to which others mostly give way in a deadlock.
sub start_session ($node, $name) {
    my $session = $node->background_psql('postgres', on_error_stop => 0);
    $session->query_safe("\\set VERBOSITY sqlstate\nSET application_name = '$name'; SET deadlock_timeout = '500ms'; SET client_min_messages = error");
    return $session;
}

sub ends ($session, $statement) { return $session->query("$statement;\n\\echo :SQLSTATE") =~ s/.*\n//sr }

sub in_company (@sql) { return join ' \\; ', 'BEGIN', "SELECT FROM rewards.set_company_context('$company', 'clerk', 'admin')", @sql, 'COMMIT' }

my $number = 0;

# One of each kind.
sub calls ($member) {
    $number++;
    return <<"SQL" =~ s/;\n\z//r;
DO \$\$
DECLARE
    code text;
BEGIN
    PERFORM rewards.set_company_context('$company', 'clerk', 'admin');
    PERFORM rewards.award_points('$member', 10, NULL, 'award $number');
    SELECT coupon_code INTO code FROM rewards.redeem_coupon('$member', '$Client::three_off', 'redeem $number');
    PERFORM rewards.claim_coupon(code, 'till');
    PERFORM rewards.submit_points_event('$member', 'visit', now() - interval '1 hour', 'submit $number');
END \$\$;
SQL
}

# Half of the clients come with tokens, which are where they can read them.

sub issue_tokens ($node) {
    my $file = "$folder/tokens";
    append_to_file("$file.new", join '', map { $node->safe_psql('postgres', "SELECT '$_ ' || rewards.issue_company_token('$_', 'token', 'admin')") . "\n" } $Client::company, $Client::strict);
    rename "$file.new", $file;
}

sub enter_by_token ($company, $) {
    my ($token) = slurp_file("$folder/tokens") =~ /^$company (.*)/m;
    return "SELECT FROM rewards.set_company_context_token('$token')";
}

issue_tokens($node);

# Who waits for whom: somebody has called and not committed, then something begins, and then somebody else calls, of another account.

my ($early, $upkeep, $late) = map { start_session($node, $_) } qw(early upkeep late);
$late->query_safe(calls($Client::members[1]) . "; SET lock_timeout = '100ms'");    # the first one ever makes a key

sub meet ($what, $role, $statement, $waits, $late_ends, $ends = '00000') {
    $early->query_safe('BEGIN; ' . calls($Client::members[0]));
    $upkeep->query("SET ROLE $role");
    my $told = $upkeep->query_until(qr/begun/, "\\echo begun\n$statement;\n\\echo ended :SQLSTATE\n");
    my $state = '';
    $state = $node->safe_psql('postgres', "SELECT state, wait_event_type FROM pg_stat_activity WHERE application_name = 'upkeep' AND starts_with(query, \$\$$statement\$\$)")
        until $state =~ /idle|Lock/;
    is($state =~ /Lock/ ? 1 : 0, $waits, "$what: " . ($waits ? 'waits for calls' : 'waits for no call'));
    is(ends($late, calls($Client::members[1])), $late_ends, "$what: a call meanwhile ends with $late_ends");
    is(ends($early, 'COMMIT'), '00000', "$what: the call before is done");
    like($told . $upkeep->query('SELECT'), qr/^ended $ends$/m, "$what: ends with $ends");
}

my $events = 'rewards.points_events';
meet($_->[0], @$_[ 1 .. $#$_ ]) for (
    [ 'ANALYZE', 'shop', "ANALYZE $events", 0, '00000' ],
    [ 'VACUUM', 'shop', "VACUUM $events", 0, '00000' ],
    [ 'VACUUM FULL', 'shop', "VACUUM FULL $events", 1, '55P03' ],
    [ 'CLUSTER', 'shop', "CLUSTER $events USING points_events_pkey", 1, '55P03' ],
    [ 'REINDEX', 'shop', "REINDEX TABLE $events", 1, '55P03' ],
    [ 'REINDEX CONCURRENTLY', 'shop', "REINDEX TABLE CONCURRENTLY $events", 1, '00000' ],
    [ 'CREATE INDEX', 'shop', "CREATE INDEX one ON $events ((1))", 1, '55P03' ],
    [ 'CREATE INDEX CONCURRENTLY', 'shop', "CREATE INDEX CONCURRENTLY other ON $events ((2))", 1, '00000' ],
    [ 'ADD COLUMN', 'shop', "ALTER TABLE $events ADD COLUMN one double precision DEFAULT random()", 1, '55P03' ],
    [ 'ADD CONSTRAINT', 'shop', "ALTER TABLE $events ADD CONSTRAINT one CHECK (one >= 0) NOT VALID", 1, '55P03' ],
    [ 'VALIDATE CONSTRAINT', 'shop', "ALTER TABLE $events VALIDATE CONSTRAINT one", 0, '00000' ],
    [ 'TRUNCATE', 'shop', "TRUNCATE $events", 1, '55P03', '23001' ],
    [ 'DROP EXTENSION', 'postgres', 'DROP EXTENSION pg_rewards', 1, '55P03', '2BP01' ],
    [ 'ALTER EXTENSION UPDATE', 'postgres', 'ALTER EXTENSION pg_rewards UPDATE', 0, '00000' ],
    [ 'ALTER EXTENSION UPDATE TO what is not there', 'postgres', q(ALTER EXTENSION pg_rewards UPDATE TO '9.9'), 0, '00000', '22023' ],
    [ 'migrate()', 'postgres', 'SELECT rewards.migrate()', 0, '00000' ],
    [ 'rotate_coupon_key()', 'postgres', 'SELECT rewards.rotate_coupon_key()', 0, '00000' ],
    [ 'relayer_coupon_key()', 'postgres', 'SELECT rewards.relayer_coupon_key(0)', 0, '00000' ],
    [ 'retire_coupon_key()', 'postgres', 'SELECT rewards.retire_coupon_key(0)', 1, '55P03', '55006' ],
    [ 'rotate_token_key()', 'postgres', 'SELECT rewards.rotate_token_key()', 0, '00000' ],
    [ 'retire_token_key()', 'postgres', 'SELECT rewards.retire_token_key(1)', 0, '00000' ],
);

# Whoever waited for a table that was written anew must not look at it as it was before: it seems empty then.
my $seal = in_company('SELECT FROM rewards.seal_ledger()');
$late->query('RESET lock_timeout');
for my $table (qw(ledger_blocks audit_blocks points_events ledger_entries audit_log)) {
    is(ends($early, $seal), '00000', 'sealed');
    is(ends($early, in_company(
        "INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status) VALUES ('$member', 'import', now(), 1, 'pending')",
        q(SELECT rewards.validate_points_event(id, true) FROM rewards.points_events WHERE validation_status = 'pending'),
        qq(SELECT FROM rewards.change_coupon_template('$Client::leaflet', '{"description": "$table"}')))), '00000', 'there is something new');
    $upkeep->query("BEGIN; ALTER TABLE rewards.$table ADD COLUMN own double precision NOT NULL DEFAULT random()");
    my $told = $late->query_until(qr/begun/, "\\echo begun\n$seal;\n\\echo ended :SQLSTATE\n");
    $node->poll_query_until('postgres', "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE application_name = 'late'") or die 'nobody waits';
    $upkeep->query("COMMIT; ALTER TABLE rewards.$table DROP COLUMN own");
    like($told . $late->query('SELECT'), qr/^ended 00000$/m, "$table is written anew: seal_ledger() waits, and is done");
    $late->query('ROLLBACK');
    is(Checker::verify($node, $company), '', "$table is written anew: all that was sealed is there");
}

# Under load

issue_tokens($node);
my @loads = (Load->start(node => $node, name => 'context', seconds => 20, clients => 2), Load->start(node => $node, name => 'token', seconds => 20, clients => 2, enter => \&enter_by_token));
sub wait_for_answers ($more) { $_->wait_for_answers($more) for @loads }

# Which errors clients were told since they were asked last, but for deadlocks.
sub heard () {
    my %new = map { s/.* //r => 1 } map { $_->new_errors } @loads;
    return join ' ', grep { $_ ne '40P01' } sort keys %new;
}
wait_for_answers(50);
is(heard(), '', 'clients are served');

# Whoever loses in a deadlock begins anew; an index that was not finished is in the way.
sub is_done ($statement) {
    my $sqlstate = ends($upkeep, $statement);
    return $sqlstate eq '00000' if $sqlstate ne '40P01';
    $node->safe_psql('postgres', <<'SQL');
DO $$ BEGIN EXECUTE (SELECT coalesce(string_agg(format('DROP INDEX %s;', indexrelid::regclass), ' '), '') FROM pg_index WHERE NOT indisvalid); END $$;
SQL
    note "once more: $statement";
    return is_done($statement);
}

for my $table (@tables) {
    $upkeep->query('SET ROLE shop');
    is(join("\n", grep { !is_done($_) } Upkeep::of_table($table)), '', "$table: whatever its owner does is done");
    is(heard(), '', "$table: and nobody hears of it");
}
$upkeep->query('RESET ROLE');
for my $statement (Upkeep::of_database()) {
    ok(is_done($statement), "$statement: is done");
    is(heard(), '', "$statement: nobody hears of it");
}

# TRUNCATE: refused, or nothing that a call depends on.
for my $role (qw(shop postgres)) {
    $upkeep->query("SET ROLE $role");
    my %ends = map { my $table = s/^rewards\.//r; $upkeep->query('BEGIN'); my $ends = ends($upkeep, "TRUNCATE $_"); $upkeep->query('ROLLBACK'); ($table => $ends) } @tables;
    is(join(' ', grep { $ends{$_} !~ /^(?:23001|40P01)$/ } sort keys %ends), 'account_devices attestation_cache coupon_guesses data_version fraud_insights point_rules', "TRUNCATE by $role: is refused but for these tables");
    is(heard(), '', 'TRUNCATE: and nobody hears of it');
}
$upkeep->query('RESET ROLE');
ok(is_done("TRUNCATE rewards.$_"), "TRUNCATE rewards.$_: is done") for qw(account_devices attestation_cache coupon_guesses);
wait_for_answers(10);
is(heard(), '', '... and nobody hears of it');

# Keys change hands again and again: codes stay good, and tokens, until the key of theirs is retired.
sub in_rounds ($call) {
    return "DO \$\$ DECLARE is_complete boolean; BEGIN LOOP SELECT complete INTO is_complete FROM rewards.$call; COMMIT; EXIT WHEN is_complete; END LOOP; END \$\$";
}
for my $round (1 .. 2) {
    my ($before, $slot) = split /\|/, $node->safe_psql('postgres', "SELECT slot, rewards.rotate_coupon_key() FROM rewards.master_keys WHERE state = 'issuing'");
    my $token = $node->safe_psql('postgres', 'SELECT rewards.rotate_token_key()') - 1;
    wait_for_answers(5);
    issue_tokens($node);
    ok(is_done(in_rounds("relayer_coupon_key($before)")), "the key in slot $slot is laid over the one before");
    is(heard(), '', '... and nobody hears of it');
    my $unused = $node->safe_psql('postgres', 'BEGIN; SELECT rewards.rotate_coupon_key(); SELECT rewards.rotate_coupon_key(); COMMIT') =~ s/\n.*//sr;
    is(ends($upkeep, "SELECT rewards.retire_coupon_key($_->[0])"), $_->[1], "a key is retired: $_->[1]") for [ $slot, '55006' ], [ $unused, '00000' ];
    ok(is_done("SELECT rewards.retire_token_key($token)"), 'a token key is retired');
    wait_for_answers(5);
    like(heard(), qr/^(?:28000)?$/, '... and who came with a token of it needs another');
}
is($node->safe_psql('postgres', "SELECT count(*) FROM rewards.coupons JOIN rewards.master_keys ON slot = key_slot WHERE state = 'retired' AND status IN ('issued', 'held')"), '0',
    'no coupon has a key that is retired');

# A dump is of one moment, however long it takes. Here it is held up between its beginning and the first row.

my @rewards_only = ('--extension', 'pg_rewards', '--schema', 'rewards');

sub dump_to ($file, @options) { command_ok([ 'pg_dump', '-d', $node->connstr('postgres'), '-f', $file, @options ], 'a dump is made: ' . $file =~ s/.*\///r) }

# At once, so that nobody finds half of it; the planner has to know how much it is.
sub restore ($file, $to) {
    command_ok([ 'psql', '-X', '-q', '-1', '-o', '/dev/null', '-v', 'ON_ERROR_STOP=1', '-d', $to->connstr('postgres'), '-f', $file, '-c', 'ANALYZE' ],
        'a dump is restored: ' . $file =~ s/.*\///r);
}

# Of all calls whose key clients may count on.
sub acknowledged () {
    my %is_key = map { $_ => 1 } map { slurp_file($_) =~ /^(?:[^\t]*\t){3}(?:award|deduct|submit|redeem|claim|begin)\t([^\t]+)\t.*\tok\t/mg } glob "$folder/history.*";
    return sort keys %is_key;
}

sub missing ($node, @keys) {
    my %is_there = map { $_ => 1 } split /\n/, $node->safe_psql('postgres', <<'SQL');
SELECT nonce FROM rewards.used_nonces UNION SELECT claim_ref FROM rewards.coupons UNION SELECT label FROM rewards.coupon_batches
SQL
    return grep { !$is_there{$_} } @keys;
}

my $dump = "$folder/dump.sql";
my @acknowledged = acknowledged();
$node->safe_psql('postgres', 'CREATE SCHEMA held CREATE TABLE up ()');
$early->query_safe('BEGIN; LOCK TABLE held.up');
my $dumping = IPC::Run::start([ 'pg_dump', '-d', $node->connstr('postgres'), '-f', $dump ]);
$node->poll_query_until('postgres', "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE query LIKE 'LOCK TABLE % IN ACCESS SHARE MODE'") or die 'the dump does not begin';
wait_for_answers(50);
$early->query_safe('COMMIT');
ok($dumping->finish, 'a dump is made while clients call');
is(heard(), '', '... and nobody hears of it');

my $elsewhere = start_node('elsewhere');
$elsewhere->safe_psql('postgres', 'CREATE ROLE shop; CREATE ROLE back_end LOGIN');
restore($dump, $elsewhere);
my $keys = $elsewhere->data_dir . '/pg_rewards.keys';
copy($node->data_dir . '/pg_rewards.keys', $keys);
chmod 0600, $keys;
my @codes = split /\n/, $node->safe_psql('postgres', <<"SQL");
BEGIN;
SELECT FROM rewards.set_company_context('$company');
SELECT code.coupon_code FROM rewards.coupon_batches, rewards.coupon_batch_codes(id) AS code JOIN rewards.coupons USING (coupon_id) WHERE label = 'context' AND status = 'issued' LIMIT 20;
COMMIT;
SQL
@codes = grep { /\w/ } @codes;
my $claims = join ' ', map { "SELECT outcome FROM rewards.claim_coupon('$_', 'till');" } @codes;
my @claimed = $elsewhere->safe_psql('postgres', "BEGIN; SELECT FROM rewards.set_company_context('$company'); $claims ROLLBACK;") =~ /^claimed$/mg;
cmp_ok(scalar(@claimed), '>', 0, 'with the key file codes can be claimed there,');
is(scalar(@claimed), scalar(@codes), '... all of them');
cmp_ok(scalar(@acknowledged), '>', 100, 'much was acknowledged before a dump,');
is(join(' ', missing($elsewhere, @acknowledged)), '', '... and is in it');
cmp_ok(scalar(missing($elsewhere, acknowledged())), '>', 0, '... and what was acknowledged later is not');

# Code and data are dropped and put back from a dump that has everything, because nobody could write since it was made.

sub dump_and_drop ($file) {
    my $all = join ', ', @tables;
    $upkeep->query("BEGIN; LOCK TABLE $all IN EXCLUSIVE MODE");
    dump_to($file, @rewards_only);
    my $is_dropped = ends($upkeep, 'DROP EXTENSION pg_rewards CASCADE') eq '00000';
    $upkeep->query('COMMIT');
    return $is_dropped;
}

my $award = qq(SELECT outcome FROM rewards.award_points('$member', 1, NULL, \$1));
$early->query_safe("PREPARE award (text) AS $award");
my $aside = "$folder/aside.sql";
my $is_dropped;
for (1 .. 5) { last if $is_dropped = dump_and_drop($aside) }    # a deadlock costs a try
ok($is_dropped, 'DROP EXTENSION CASCADE is done') or die 'nothing is dropped';
my $hears = '';
$hears .= heard() until $hears;
my $gone = qr/^(?:(?:3F000|42P01|55000)\b ?)*$/;
like($hears, $gone, '... and clients hear that it is gone');
is(ends($early, "BEGIN \\; EXECUTE award ('gone') \\; COMMIT"), '3F000', '... also who has prepared a call');
$early->query('ROLLBACK');
restore($aside, $node);
like(heard(), $gone, '... and nothing else until it is there');
wait_for_answers(20);
is(heard(), '', 'all is put back, and clients are served');
is($early->query("BEGIN \\; SELECT FROM rewards.set_company_context('$company') \\; EXECUTE award ('back') \\; COMMIT"), 'awarded', '... also who had prepared a call');

$_->wait_for_answers(1) for @loads;
is($_->stop, 0, "every client came to its end: $_->{name}") for @loads;
is(wrong($node, $folder), '', 'the books are what clients were told');
is(wrong($elsewhere, $folder, slurp_file("$FindBin::RealBin/operations/cut.sql")), '', 'the dump has of each client all calls up to one, and nothing of any after it');

# What a dump that is not of one moment lacks is found, and what was acknowledged between a dump and a DROP is missed.
{
    my ($most, $rest) = map { "$folder/$_.sql" } qw(most rest);
    my $load = Load->start(node => $node, name => 'later', seconds => 1, clients => 3);
    $load->wait_for_answers(30);
    dump_to($most, @rewards_only, '--exclude-table-data', 'rewards.coupons');
    $load->wait_for_answers(60);
    dump_to($rest, '--data-only', '--disable-triggers', '--table', 'rewards.coupons');
    is($load->stop, 0, 'every client came to its end: later');
    $elsewhere->safe_psql('postgres', 'SET client_min_messages = error; DROP EXTENSION pg_rewards CASCADE');
    restore($_, $elsewhere) for $most, $rest;
    like(wrong($elsewhere, $folder, slurp_file("$FindBin::RealBin/operations/cut.sql")), qr/^a coupon without its price/m, 'a dump of two moments is found');
    like(wrong($elsewhere, $folder), qr/^acknowledged and lost: award/m, 'a dump from before the end is found');
}
unlike(slurp_file($_->logfile), qr/ XX\d\d\d |terminated by signal|TRAP|PANIC/, $_->name . ': nobody met an error that should not be') for $node, $elsewhere;
done_testing();
