# Do codes and keys leak? The whole regression suite runs on a server that logs all it can, and then a shop whose back end passes
# codes as parameters; afterwards the log, the WAL, dumps, tables and every file of the server are searched for each code
# that was issued and for each key. What is planted is found, or the search would be no good.
#
# What a client writes out in a statement, the server logs as it was sent: codes that the suite types are no finding in
# the log, and one anywhere else.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/leak";
use Digest::SHA qw(hmac_sha256_hex);
use File::Basename;
use File::Path qw(make_path);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Search;
use Secrets qw(keys_of codes_of);
use Test::More;

my $company = '11111111-1111-4111-8111-111111111111';
my $template = '33333333-3333-4333-8333-333333333333';
my $other_template = '44444444-4444-4444-8444-444444444444';
my $vendor_template = '55555555-5555-4555-8555-555555555555';
my @vendor_codes = map { sprintf 'VENDORSC0DE%05d', $_ * 7919 } 1 .. 8;
my ($old_secret, $old_code) = ('what the programme before had', '0LDPR0GRAMMESC0DE');

sub names { return join "\n", sort @_ }

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
max_connections = 40
max_prepared_transactions = 10
shared_buffers = 32MB
wal_keep_size = 8GB
max_wal_size = 4GB
autovacuum = off
shared_preload_libraries = 'pg_stat_statements, auto_explain'
pg_stat_statements.track = all
pg_stat_statements.max = 20000
auto_explain.log_min_duration = 0
auto_explain.log_nested_statements = on
auto_explain.log_triggers = on
log_statement = all
log_duration = on
log_min_messages = debug1
log_error_verbosity = verbose
log_parameter_max_length = 0
log_lock_waits = on
log_line_prefix = '%m [%p] '
CONF
$node->start;

# The suite

my $tests = "$FindBin::RealBin/..";
my $output = $node->basedir . '/regress';
make_path($output);
my @suite = grep { $_ ne '99_uninstall' } map { basename($_, '.sql') } sort glob "$tests/sql/*.sql";
my $passed = run_log([ $ENV{PG_REGRESS}, "--inputdir=$tests", "--outputdir=$output", '--bindir=', '--host=' . $node->host, '--port=' . $node->port,
    '--dbname=contrib_regression', '--encoding=UTF8', '--no-locale', @suite ]);
ok($passed, 'the suite passes on a server that logs all it can') or diag slurp_file("$output/regression.diffs");

# A back end that passes codes as parameters

$node->safe_psql('postgres', <<"SQL");
CREATE DATABASE shop;
\\c shop
CREATE ROLE shop_owner;
CREATE EXTENSION pg_rewards;
CREATE EXTENSION pg_stat_statements;
SELECT rewards.install(owner => 'shop_owner');
CREATE TABLE members AS SELECT n, gen_random_uuid() AS id FROM generate_series(1, 20) n;
BEGIN;
SELECT rewards.set_company_context('$company');
INSERT INTO rewards.coupon_templates (id, template_name, points_cost, coupon_value_type, coupon_value, high_value, vendor_codes)
    VALUES ('$template', 'five off', 10, 'fixed_amount', 5, false, false), ('$other_template', 'trip', 500, 'product', 1, true, false),
           ('$vendor_template', 'cinema', 5, 'product', 1, false, true);
SELECT FROM members, rewards.award_points(id, 100000, idempotency_key => 'welcome');
COMMIT;
SQL

# A script of pgbench, whose variables go as parameters.
sub bench {
    my ($name, $script, @options) = @_;
    my $file = $node->basedir . "/$name.pgbench";
    append_to_file($file, $script);
    return run_log([ 'pgbench', '-n', '-M', 'extended', '-f', $file, @options, $node->connstr('shop') ]);
}
my $redeem = <<"SQL";
BEGIN;
SELECT FROM rewards.set_company_context('$company');
SELECT id AS member FROM members WHERE n = 1 + :client_id \\gset
SELECT coupon_code AS code FROM rewards.redeem_coupon(:member, :template, gen_random_uuid()::text) \\gset
COMMIT;
SQL
my $claim = <<"SQL";
BEGIN;
SELECT FROM rewards.set_company_context('$company', 'till', 'admin');
SELECT outcome AS outcome FROM rewards.claim_coupon(:code, 'till') \\gset
SELECT outcome AS outcome FROM rewards.claim_coupon(lower(replace(:code, '-', ' ')), 'till') \\gset
SELECT rewards.hash_coupon_code(:code) AS hash \\gset
COMMIT;
SQL
ok(bench('redeem', $redeem, '-c', 4, '-t', 20, '-D', "template=$_"), 'coupons are redeemed') for $template, $other_template;
ok(bench('claim', $redeem . $claim, '-c', 4, '-t', 20, '-D', "template=$template"), '... and claimed');
ok(!bench('fail', $redeem . $claim =~ s/'till'/''/r, '-c', 2, '-t', 1, '-D', "template=$template"), 'a claim by nobody is an error');

# The rest of a code's life: held, given back, made anew; looked for in vain, as it was never committed; of a batch; a vendor's; an old programme's.
my $begin = "BEGIN;\nSELECT FROM rewards.set_company_context('$company', 'till', 'admin');\n";
my $live = $begin . <<"SQL";
SELECT outcome AS outcome FROM rewards.hold_coupon(:code, 'till', '1 minute', 'device') \\gset
SELECT outcome AS outcome FROM rewards.release_coupon(:code, 'till') \\gset
SELECT rewards.hash_coupon_code(:code) AS hash \\gset
SELECT c.coupon_id AS coupon FROM rewards.coupons c WHERE c.code_hash = :hash \\gset
SELECT coupon_code AS code FROM rewards.reissue_coupon_code(:coupon, 'seen by others') \\gset
SELECT outcome AS outcome FROM rewards.claim_coupon(:code, 'till', '{"lane": 1}', 'claim 1') \\gset
COMMIT;
SQL
ok(bench('live', $redeem . $live, '-c', 2, '-t', 10, '-D', "template=$template"), 'codes are held, released, reissued and claimed');
ok(bench('guess', $redeem =~ s/COMMIT/ROLLBACK/r . $claim, '-c', 2, '-t', 3, '-D', "template=$template"), '... and tried in vain');
ok(bench('vendor', <<"SQL", '-t', 8, '-D', "codes={@{[ join ',', @vendor_codes ]}}", '-D', "template=$vendor_template"), '... and imported, handed out and shown');
$begin
SELECT count(*) AS imported FROM rewards.import_vendor_codes(:template, :codes) \\gset
SELECT id AS member FROM members WHERE n = 1 \\gset
SELECT coupon_id AS coupon FROM rewards.redeem_coupon(:member, :template, gen_random_uuid()::text) \\gset
SELECT code AS code FROM rewards.reveal_vendor_code(:coupon) \\gset
SELECT outcome AS outcome FROM rewards.claim_coupon(:code, 'till') \\gset
COMMIT;
SQL
is($node->safe_psql('shop', 'SELECT count(DISTINCT vendor_code_id) FROM rewards.coupons'), scalar @vendor_codes, '... each to one member');

append_to_file($node->data_dir . '/pg_rewards.keys', 'legacy 9 ' . unpack('H*', $old_secret) . "\n");
my $old_hash = hmac_sha256_hex($old_code, $old_secret);
$node->safe_psql('shop', <<"SQL");
$begin
INSERT INTO rewards.coupons (code_hash, key_slot, layer_slot, code_route, code_symbols, template_id, issued_to, issued_points_cost, coupon_value_type, coupon_value)
    SELECT l.code_hash, 9, l.layer_slot, 0, 0, '$template', m.id, 0, 'fixed_amount', 5 FROM rewards.legacy_code_hash(9, '\\x$old_hash') l, members m WHERE m.n = 1;
COMMIT;
SELECT FROM rewards.rotate_coupon_key();
SQL
ok(bench('old', $begin . "SELECT outcome AS outcome FROM rewards.claim_coupon(:code, 'another till') \\gset\nCOMMIT;", '-t', 1, '-D', "code=$old_code"), 'a code of before is claimed');
is($node->safe_psql('shop', 'SELECT status FROM rewards.coupons WHERE key_slot = 9'), 'redeemed', '... indeed');
my $batch_file = $node->basedir . '/batch';
$node->safe_psql('shop', <<"SQL");
$begin
SELECT batch_id FROM rewards.begin_coupon_batch('$template', 50, 'leaflets') \\gset
SELECT FROM rewards.issue_coupon_batch(:'batch_id');
COPY (SELECT coupon_code FROM members, LATERAL (SELECT b.id FROM rewards.coupon_batches b) AS batch, rewards.coupon_batch_codes(batch.id) WHERE n = 1) TO STDOUT \\g $batch_file
COMMIT;
SQL
my @batch = map { tr/-//dr } split /\n/, slurp_file($batch_file);
unlink $batch_file;
is(scalar @batch, 50, 'and a batch is issued with a new key');

# What there is to find

my (%key, %code, %of_database);
for my $database ('contrib_regression', 'shop') {
    my $file = $node->data_dir . ($database eq 'shop' ? '/pg_rewards.keys' : '/pg_rewards_regress.keys');
    my $keys = keys_of(slurp_file($file));
    for my $slot (keys %$keys) { $key{"key $database $slot $_"} = $keys->{$slot}{$_} for keys %{ $keys->{$slot} } }
    for (split /\n/, $node->safe_psql($database, q(SELECT coupon_id, company_id, key_slot, code_route, code_symbols, code_generation, encode(code_hash, 'hex') FROM rewards.coupons))) {
        my %coupon;
        @coupon{qw(id company slot route symbols generation hash)} = split /\|/;
        for my $code (codes_of($keys, %coupon)) {
            $code{"code $code"} = $code;
            push @{ $of_database{$database} }, "code $code";
        }
    }
}
is(scalar @{ $of_database{shop} }, $node->safe_psql('shop', 'SELECT sum(1 + code_generation) FROM rewards.coupons WHERE code_symbols > 0'), 'each code of the shop is known');
cmp_ok(scalar @{ $of_database{shop} }, '>=', 330, '... and they are many');
is(names(grep { !$code{"code $_"} } @batch), '', '... those of the batch, too, that it was derived from');
for my $code (@vendor_codes, $old_code) {
    $code{"code $code"} = $code;
    push @{ $of_database{shop} }, "code $code";
}
cmp_ok(scalar @{ $of_database{contrib_regression} }, '>=', 10, 'and codes of the suite');

# The suite itself reads this one from the file and keeps it in a table, to forge tokens with.
delete $key{'key contrib_regression 0 master'} or die 'the suite has another key';

# The log, in which some codes are part of what a client sent.
my $everything = Search->new(%key, %code);
my (%typed, %logged);
{
    my $of_client = 0;
    open my $log, '<:raw', $node->logfile or die "cannot read the log: $!";
    while (my $line = <$log>) {
        $of_client = $line =~ /\] (?:LOG:  (?:\w+: )?statement: |STATEMENT:  |LOG:  (?:\w+: )?(?:execute|parse|bind) )/ if $line =~ /^\d{4}-/;
        my $found = $everything->in_text($line);
        next if !%$found;
        if ($of_client) { @typed{ keys %$found } = (1) x keys %$found }
        else { @logged{ keys %$found } = (1) x keys %$found }
    }
    close $log;
}
my %silent = map { $_ => $code{$_} // $key{$_} } grep { !$typed{$_} } keys %code, keys %key;
diag sprintf '%d codes and %d keys, of which the suite typed %d; %d MB of log', scalar keys %code, scalar keys %key, scalar keys %typed, (-s $node->logfile) >> 20;

is(names(grep { $silent{$_} } keys %logged), '', 'the log: nothing that no client typed');
is(names(grep { $typed{$_} } @{ $of_database{shop} }), '', '... and nothing of the shop, where codes are parameters');

# Tables and views, as who sees all of them has them

my $rows = $node->basedir . '/rows';
for my $database ('contrib_regression', 'shop') {
    $node->run_log([ 'pg_dump', '--no-sync', '-f', "$rows.$database.dump", $database ]);
    $node->safe_psql($database, sprintf 'COPY (SELECT t::text FROM %s t) TO %s', $_, "'$rows.$database.$_'")
        for split /\n/, $node->safe_psql($database, <<'SQL');
SELECT c.oid::regclass FROM pg_class c
 WHERE c.relkind IN ('r', 'v', 'm', 'p') AND c.relpersistence <> 't' AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
   AND c.relname <> 'pg_stat_statements' AND c.oid::regclass::text !~ '[/" ]'
SQL
}
$node->safe_psql('shop', "COPY (SELECT query FROM pg_stat_statements WHERE dbid <> (SELECT oid FROM pg_database WHERE datname = 'contrib_regression')) TO '$rows.statements'");
$node->safe_psql('postgres', 'CHECKPOINT');

my $clean = $node->safe_psql('shop', 'SELECT pg_current_wal_lsn()');
my $found = $everything->in_files(glob "$rows.*");
is(names(map { "$_ in $found->{$_}" } keys %$found), '', 'tables, views, dumps and the statements of the shop: nothing');
$found = $everything->in_files($node->data_dir . '/pg_wal');
is(names(map { "$_ in $found->{$_}" } keys %$found), '', 'the WAL: nothing');
$found = $everything->in_files(grep { !m{/(?:pg_stat_tmp|pg_stat)$} } glob $node->data_dir . '/*');
is(names(map { "$_ in $found->{$_}" } keys %$found), '', 'all files of the server: nothing');
$found = Search->new(%silent)->in_files(map { $node->data_dir . "/$_" } 'pg_stat_tmp', 'pg_stat');
is(names(map { "$_ in $found->{$_}" } keys %$found), '', "... and in the statistics nothing that no client typed");

# What is planted is found

my ($planted) = @{ $of_database{shop} };
my ($planted_key) = grep { /^key shop .* code$/ } keys %key;
my $control = Search->new($planted => $code{$planted}, $planted_key => $key{$planted_key});
my $hyphenated = lc join '-', $code{$planted} =~ /(.{4})/g;
$node->safe_psql('shop', sprintf q(SET log_statement = none; CREATE TABLE planted AS SELECT '%s' AS code, decode('%s', 'hex') AS key),
    $hyphenated, unpack 'H*', $key{$planted_key});
$node->safe_psql('shop', "COPY (SELECT t::text FROM planted t) TO '$rows.planted'; CHECKPOINT");
$node->run_log([ 'pg_dump', '--no-sync', '-f', "$rows.planted.dump", 'shop' ]);
for my $place ("$rows.planted", "$rows.planted.dump", $node->data_dir . '/pg_wal', $node->data_dir . '/base') {
    is(names(keys %{ $control->in_files($place) }), names($planted, $planted_key), 'the search finds what is planted in ' . basename($place));
}

# Without the setting parameters are in the log, and so is whatever is written out.
sub is_logged {
    my ($name, $wanted, $run) = @_;
    my $before = -s $node->logfile;
    $run->();
    is(scalar keys %{ $control->in_text(substr slurp_file($node->logfile), $before) }, $wanted, $name);
}
my $look_up = "BEGIN; SELECT FROM rewards.set_company_context('$company'); SELECT outcome FROM rewards.claim_coupon('$hyphenated', 'till'); COMMIT;";
is_logged('a code that is written out is logged', 1, sub { $node->safe_psql('shop', $look_up) });
is_logged('a parameter is not', 0, sub { bench('bound', $claim, '-t', 1, '-D', "code=$hyphenated") });
my $condition = $begin . 'SELECT count(*) AS found FROM rewards.coupons WHERE code_hash = rewards.hash_coupon_code(:code) \gset' . "\nCOMMIT;";
is_logged('... but in a condition auto_explain shows it', 1, sub { bench('condition', $condition, '-t', 1, '-D', "code=$hyphenated") });
$node->safe_psql('postgres', 'ALTER DATABASE shop SET log_parameter_max_length = -1');
is_logged('... unless log_parameter_max_length says so', 1, sub { bench('logged', $claim, '-t', 1, '-D', "code=$hyphenated") });
is($node->safe_psql('shop', "SELECT finding, mend FROM rewards.tenant_doctor() WHERE object = 'DATABASE shop' AND finding = 'parameters_in_log'"),
    'parameters_in_log|ALTER DATABASE shop SET log_parameter_max_length = 0', 'which the doctor finds');

$node->stop;
done_testing();
