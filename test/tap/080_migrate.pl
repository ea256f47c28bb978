# Moving over: a hand-written programme (migrate/programme.sql) is carried over by the script, as its people would do it: a dry run, a
# run that is killed, one that goes on, one after the source was mended. Every row is here or in the report.
use strict;
use warnings FATAL => 'all';

use FindBin;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $company = 'c0000000-0000-4000-8000-00000000095a';
my $script = "$FindBin::RealBin/../../migrate/run.sql";
my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', 'shared_buffers = 32MB');
$node->start;
my $key_file = $node->data_dir . '/pg_rewards.keys';
append_to_file($key_file, "slot 0 ${\('5a' x 32)}\nlegacy 7 ${\unpack 'H*', 'the old secret'}\n");
chmod 0600, $key_file;

$node->safe_psql('postgres', "CREATE ROLE shop; CREATE EXTENSION pg_rewards; SELECT rewards.install(owner => 'shop')");
$node->safe_psql('postgres', slurp_file("$FindBin::RealBin/migrate/programme.sql"));

# The script: its exit status and what it said.
sub command {
    my ($database, %option) = @_;
    return [ 'psql', '-X', '-d', $node->connstr($database), (map { ('-v', "$_=$option{$_}") } sort keys %option), '-f', $script ];
}
sub move {
    my ($database, %option) = @_;
    my ($output, $error) = ('', '');
    IPC::Run::run(command($database, %option), '<', \undef, '>', \$output, '2>', \$error);
    return ($? >> 8, $output . $error);
}
my %shop = (source => 'old shop', company => $company, key_slot => 7);

sub ask { return $node->safe_psql('postgres', $_[0]) }
sub in_company {
    my ($sql, $of, $database) = @_;
    $of //= $company;
    return $node->safe_psql($database // 'postgres', "BEGIN; SELECT FROM rewards.set_company_context('$of', 'test', 'admin'); $sql; COMMIT;");
}
my @tables = qw(coupon_templates points_events user_points_cache coupons used_nonces fraud_insights attestation_cache);
sub carried { return join ' ', map { ask("SELECT count(*) FROM rewards.$_ WHERE company_id = '$company'") } @tables }
sub report {
    my ($more) = @_;
    $more //= '';
    return ask("SELECT source_table, outcome, source_id, reason FROM rewards_migration.report WHERE company_id = '$company' $more ORDER BY 1, 2, 3, 4");
}

# What is asked for wrongly

my ($status, $said) = move('postgres', source => 'nowhere', company => $company);
is($status, 3, 'a source that is not there is an error');
like($said, qr/there is no table points_events in schema "nowhere".*HINT/s, '... that says so');
($status, $said) = move('postgres', source => 'old shop', company => $company);
like($said, qr/the source has coupons, and no key slot is named.*HINT/s, 'coupons want the slot of the old secret');

# A dry run

my $before = carried();
($status, $said) = move('postgres', %shop, dry_run => 'on');
is($status, 3, 'a dry run tells by its exit status that rows would be left behind');
like($said, qr/rows were left behind, and 7 balances differ/, '... and balances differ');
is(carried(), $before, '... and changes nothing');
is(ask('SELECT count(*) FROM rewards_migration.batches WHERE copied_at IS NOT NULL'), '0', '... and counts as no progress');
my $foretold = report();
my $balances = 'SELECT user_id, source_cache, source_events, available_points FROM rewards_migration.balances ORDER BY user_id';
my $foretold_balances = ask($balances);
($status, $said) = move('postgres', %shop, dry_run => 'on', allow_left_behind => 'on');
is($status, 0, 'what is left behind may be allowed');
is(report(), $foretold, 'a dry run says the same again');

# A run that is killed while it waits, in the middle, for somebody who writes the same event

my $holder = $node->background_psql('postgres');
$holder->query_safe(<<"SQL");
BEGIN; SELECT FROM rewards.set_company_context('$company');
INSERT INTO rewards.points_events (id, user_id, event_type, event_time, points_delta)
    SELECT id, user_id, 'taken', now(), 1 FROM "old shop".points_events WHERE user_id = (SELECT user_id FROM rewards_migration.members WHERE batch = 2 ORDER BY 1 LIMIT 1) LIMIT 1;
SQL
my $run = IPC::Run::start(command('postgres', %shop), '<', \undef, '>', \my $output, '2>', \my $errors);
ok($node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"), 'a run waits');
is(ask("SELECT string_agg(batch::text, ' ') FROM rewards_migration.batches WHERE copied_at IS NOT NULL"), '1', '... after the first batch is done');
($status, $said) = move('postgres', %shop);
like($said, qr/another run is going on.*HINT/s, 'meanwhile nobody else can run it');
ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'");
$run->finish;
$holder->query_safe('ROLLBACK');
$holder->quit;
is(ask('SELECT count(DISTINCT user_id) FROM rewards.points_events'), ask("SELECT count(DISTINCT e.user_id) FROM \"old shop\".points_events e JOIN rewards_migration.members m USING (user_id) WHERE m.batch = 1"),
    'whose members are here, and nobody else');

($status, $said) = move('postgres', %shop);
is($status, 3, 'the next run goes on');
is(report(), $foretold, 'and leaves behind what was foretold');
is(ask($balances), $foretold_balances, '... with the balances that were');
my $after = carried();
($status, $said) = move('postgres', %shop);
is(carried(), $after, 'one more run finds nothing to do');
is(report(), $foretold, '... and the same to report');

# Every row is here, or was left behind, or is one with another

my %id = (coupon_templates => 'id', points_events => 'id', coupons => 'coupon_id', fraud_insights => 'id');
for my $table (sort keys %id) {
    is(ask(<<"SQL"), '', "$table: every row is here or in the report");
SELECT s.$id{$table} FROM "old shop".$table s
 WHERE NOT EXISTS (SELECT FROM rewards.$table t WHERE t.$id{$table} = s.$id{$table} AND t.company_id = '$company')
   AND NOT EXISTS (SELECT FROM rewards_migration.report p WHERE p.source_table = '$table' AND p.outcome = 'left_behind' AND p.source_id = coalesce(s.$id{$table}::text, ''))
SQL
    is(ask("SELECT count(*) FROM rewards.$table t JOIN rewards_migration.report p ON p.source_id = t.$id{$table}::text AND p.source_table = '$table'
             WHERE p.outcome = 'left_behind' AND p.reason <> 'its id is there twice'"), '0', '... not in both');
}
is(ask(q(SELECT count(*) FROM "old shop".used_nonces s WHERE nonce IS NOT NULL AND NOT EXISTS (SELECT FROM rewards.used_nonces t WHERE (t.user_id, t.nonce) = (s.user_id, s.nonce)))),
    '0', 'every nonce is here');
is(ask(q(SELECT count(*) FROM "old shop".attestation_cache s WHERE expires_at IS NOT NULL AND NOT EXISTS (SELECT FROM rewards.attestation_cache t
          WHERE (t.user_id, t.attestation_token_hash) = (s.user_id, s.attestation_token_hash)))), '0', '... and every attestation');

# As it was: the columns of what was in order

is(ask(<<'SQL'), '', 'events have what they had');
SELECT id FROM (SELECT id, user_id, event_type, event_time, points_delta::bigint, proof_type, proof_payload, payload_hash, nonce, trust_score::integer, validation_status, validated_by,
    validated_at, validation_notes, device_id, device_info, ip_address, related_entity_type, related_entity_id, created_at FROM "old shop".points_events s
    WHERE NOT EXISTS (SELECT FROM rewards_migration.report p WHERE p.source_id = coalesce(s.id::text, '')) EXCEPT
    SELECT id, user_id, event_type, event_time, points_delta, proof_type, proof_payload, payload_hash, nonce, trust_score, validation_status, validated_by,
    validated_at, validation_notes, device_id, device_info, ip_address, related_entity_type, related_entity_id, created_at FROM rewards.points_events) AS lost
SQL
is(ask(<<'SQL'), '', 'and coupons');
SELECT coupon_id FROM (SELECT coupon_id, template_id, issued_to, issued_points_cost::bigint, issued_at, status, redeemed_at, redeemed_by, redemption_proof, expires_at, metadata
    FROM "old shop".coupons s WHERE NOT EXISTS (SELECT FROM rewards_migration.report p WHERE p.source_id = s.coupon_id::text AND (p.outcome = 'left_behind' OR p.reason !~ '^no revoked_at')) EXCEPT
    SELECT coupon_id, template_id, issued_to, issued_points_cost, issued_at, status, redeemed_at, redeemed_by, redemption_proof, expires_at, metadata FROM rewards.coupons) AS lost
SQL
is(ask('SELECT count(*) FROM rewards.coupons c JOIN rewards.points_events e ON e.user_id = c.issued_to AND e.id = c.points_event_id WHERE e.points_delta = -50'), '300', 'coupons know what paid for them');
is(ask('SELECT count(*) FROM rewards.coupons WHERE refund_points_event_id IS NOT NULL AND refunded_at IS NOT NULL'), '31', '... and what was refunded');
is(ask(q(SELECT count(*) FROM rewards.user_points_cache a JOIN "old shop".user_points_cache s USING (user_id)
          WHERE a.available_points <> s.available_points AND a.user_id NOT IN (SELECT user_id FROM rewards_migration.balance_differences))), '0', 'balances that are not reported are the same');
is(ask(q(SELECT available_points, version, opened_at < now() - interval '300 days' FROM rewards.user_points_cache WHERE user_id = "old shop".name('member', 600))), '0|0|t',
    'who had no events has an account that is as old as it was');
is(ask(q(SELECT count(*), max(occurrences) FROM rewards.fraud_insights WHERE user_id = "old shop".name('member', 520) AND NOT resolved)), '1|3', 'of open insights of a kind one is left, which counts');

# The books

is(in_company('SELECT count(*) FROM rewards.reconcile_ledger()'), '0', 'the books agree');
is(ask('SELECT count(*) FROM rewards.ledger_discrepancies'), '0', '... for all that look');
is(in_company(q(SELECT string_agg(check_name || ' ' || bad, ', ') FROM (SELECT v."check" AS check_name, v.bad FROM rewards.verify_ledger() v WHERE v.bad > 0) x)), '', 'and the ledger verifies');

# Codes and nonces at work

sub claim { my ($code) = @_; return in_company("SELECT outcome FROM rewards.claim_coupon('$code', 'till 9')") }
is(claim('OLD-5'), 'claimed', 'a code that a member has can be claimed');
is(claim('OLD-5'), 'not_redeemable', '... once');
is(claim(' old-10 '), 'claimed', '... typed as the old programme took it');
is(claim('ODD-610'), 'claimed', '... whichever way its hash was written');
is(claim('odd/614 *#'), 'claimed', '... whatever it looks like');
is(claim('ODD-606'), 'claimed', '... and one that was held');
is(claim("OLD-$_->[0]"), 'not_redeemable', "a code that was $_->[1] cannot") for [ 1, 'redeemed' ], [ 2, 'revoked' ], [ 3, 'expired' ];
is(claim('ODD-601'), 'not_redeemable', 'nor one that was left behind');
is(claim('ODD-616'), 'not_redeemable', 'nor one that was refunded, whatever its status said');
is(claim('NEW-1'), 'not_redeemable', 'nor one that never was');
is(in_company('SELECT outcome FROM rewards.claim_coupon(\'OLD-15\', \'till\')', 'c0000000-0000-4000-8000-00000000095b'), 'not_redeemable', 'nor by another company');

ask("INSERT INTO rewards.point_rules (company_id, event_type, base_points) VALUES ('$company', 'receipt', 1)");
sub submit {
    my ($member, $nonce) = @_;
    return in_company("SELECT outcome FROM rewards.submit_points_event(\"old shop\".name('member', $member), 'receipt', now(), '$nonce')");
}
is(submit(513, 'twice'), 'nonce_conflict', 'a nonce that was used is refused');
is(submit(512, 'forgotten'), 'nonce_conflict', '... also one that only its event remembers');
isnt(submit(512, 'fresh'), 'nonce_conflict', '... and a new one is not');
is(ask(q(SELECT expires_at > now() + interval '19 days' FROM rewards.used_nonces WHERE nonce = 'twice')), 't', 'of two the later expiry counts');
is(ask(q(SELECT count(*) FROM rewards.used_nonces WHERE nonce LIKE 'n-%' AND expires_at < created_at + interval '7 days')), '0', '... and none is forgotten while its event would be accepted');

# Mended, translated, adjusted

$node->safe_psql('postgres', <<'SQL');
UPDATE "old shop".coupon_templates SET coupon_value = 100 WHERE coupon_value = 150;
UPDATE "old shop".points_events SET points_delta = 9 WHERE points_delta IS NULL;
INSERT INTO "old shop".points_events (id, user_id, event_type, event_time, points_delta, validation_status) VALUES ("old shop".name('late', 1), "old shop".name('member', 1), 'added', now(), 1, 'rejected');
SQL
($status, $said) = move('postgres', %shop, words => '{"approved": "validated", "archived": "expired", "cashback": "fixed_amount", "gut_feeling": "manual_flag"}', adjust => 'on', allow_left_behind => 'on');
is($status, 0, 'a run after the source was mended');
is(ask(q(SELECT count(*) FROM rewards.points_events WHERE event_type IN ('approved', 'no points'))), '2', '... carries over what fits now');
is(ask(q(SELECT count(*) FROM rewards.points_events WHERE event_type = 'added')), '1', '... and what was added since');
is(ask(q(SELECT string_agg(status, ' ' ORDER BY status) FROM rewards.coupons WHERE coupon_id IN ("old shop".name('odd', 603), "old shop".name('odd', 605)))), 'expired issued', '... coupons, too');
is(claim('ODD-603'), 'claimed', '... which work');
is(ask('SELECT count(*) FROM rewards_migration.balance_differences WHERE company_id = \'' . $company . '\''), '0', 'balances are the ones that members saw');
is(ask(q(SELECT string_agg(points_delta::text, ' ' ORDER BY points_delta) FROM rewards.points_events WHERE event_type = 'balance_carried_over' AND points_delta IN (1000, -30, 55))), '-30 55 1000', '... by events that say so');
is(in_company('SELECT count(*) FROM rewards.reconcile_ledger()'), '0', 'the books still agree');

# Another programme: members by number, one table less, times without a zone, several companies; carried over by the tables' owner

$node->safe_psql('postgres', 'CREATE DATABASE loyalty');
$node->safe_psql('loyalty', <<"SQL");
CREATE ROLE deployer LOGIN IN ROLE shop;
CREATE EXTENSION pg_rewards;
SELECT rewards.install(owner => 'shop');
GRANT CREATE ON DATABASE loyalty TO shop;
CREATE SCHEMA loyalty AUTHORIZATION shop;
SET ROLE shop;
CREATE TABLE loyalty.points_events (id bigint PRIMARY KEY, tenant integer, user_id varchar(20), event_type text, event_time timestamp, points_delta bigint, validation_status text, nonce text, created_at timestamp);
CREATE TABLE loyalty.user_points_cache (user_id varchar(20), tenant integer, available_points bigint);
INSERT INTO loyalty.points_events SELECT n, n % 2, 'member ' || n % 20, 'receipt', '2024-07-01 12:00', n, 'validated', 'n' || n, '2024-07-01 12:00' FROM generate_series(1, 1000) n;
INSERT INTO loyalty.user_points_cache SELECT user_id, tenant, sum(points_delta) FROM loyalty.points_events GROUP BY 1, 2;
SQL
my %loyalty = (source => 'loyalty', company => $company, company_column => 'tenant', source_company => 1);
my @as_deployer = @{ command('loyalty', %loyalty) };
$as_deployer[3] .= ' user=deployer';
ok(run_log(\@as_deployer), 'the owner can do it, and all of it comes over');
is($node->safe_psql('loyalty', 'SELECT count(*), count(DISTINCT user_id), sum(points_delta), min(event_time) FROM rewards.points_events'), '500|10|250000|2024-07-01 12:00:00+00',
    'of one company, at the time in UTC') or diag $node->safe_psql('loyalty', 'TABLE rewards_migration.report');
is(in_company("SELECT available_points FROM rewards.user_points_cache WHERE user_id = rewards.uuidv5('$company', 'member 7')", $company, 'loyalty'),
    $node->safe_psql('loyalty', "SELECT available_points FROM loyalty.user_points_cache WHERE user_id = 'member 7'"), 'members are found by uuidv5()');
($status, $said) = move('loyalty', %loyalty, source_company => 0, company => 'c0000000-0000-4000-8000-00000000095b');
is($status, 0, 'the other company comes next');
is($node->safe_psql('loyalty', "SELECT company_id, sum(available_points), count(*) FROM rewards.user_points_cache GROUP BY 1 ORDER BY 1"),
    "$company|250000|10\nc0000000-0000-4000-8000-00000000095b|250500|10", '... and both have what is theirs');

$node->stop;
done_testing();
