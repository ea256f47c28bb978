# pg_upgrade carries the data over file by file, and the key file is no data of the server's: it has to be copied along.
# A prepared transaction has to be finished first, and until then nobody spends its points, not even after a crash.
use strict;
use warnings FATAL => 'all';

use File::Copy qw(copy);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $tenant = '11111111-1111-4111-8111-111111111111';
my $template = '33333333-3333-4333-8333-333333333333';
my $member = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';

my $old = PostgreSQL::Test::Cluster->new('old');
$old->init;
$old->append_conf('postgresql.conf', 'max_prepared_transactions = 2');
$old->start;
$old->safe_psql('postgres', <<"SQL");
CREATE ROLE shop;
CREATE ROLE shop_app;
CREATE EXTENSION pg_rewards;
SELECT rewards.install(owner => 'shop');
SELECT rewards.grant_access(app => 'shop_app');
ALTER TABLE rewards.points_events ADD COLUMN my_source text NOT NULL DEFAULT 'till';
BEGIN;
SELECT rewards.set_company_context('$tenant');
INSERT INTO rewards.coupon_templates (id, template_name, points_cost, coupon_value_type, coupon_value)
    VALUES ('$template', 'ten off', 100, 'fixed_amount', 10);
SELECT FROM rewards.award_points('$member', 250, 'welcome', 'first');
COMMIT;
SQL

sub in_company {
    my ($node, $sql, $end) = @_;
    $end //= 'COMMIT';
    return $node->safe_psql('postgres', "SET ROLE shop_app; BEGIN; SELECT FROM rewards.set_company_context('$tenant');
        $sql; $end");
}

sub redeem {
    my ($nonce) = @_;
    return "SELECT outcome, coupon_code, replayed FROM rewards.redeem_coupon('$member', '$template', '$nonce')";
}

# A prepared transaction

my (undef, $code) = split /\|/, in_company($old, redeem('kept'));
my (undef, $prepared) = split /\|/, in_company($old, redeem('prepared'), "PREPARE TRANSACTION 'redemption'");
$old->stop('immediate');
$old->start;
my $late = $old->background_psql('postgres');
$late->query_until(qr/asked/, "\\echo asked\nBEGIN; SELECT FROM rewards.set_company_context('$tenant');
    @{[ redeem('late') ]}; COMMIT;\n");
ok($old->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'
    AND query ~ 'redeem'"),
    'after a crash the account still waits for its prepared transaction');
$old->safe_psql('postgres', "COMMIT PREPARED 'redemption'");
like($late->query('SELECT 1'), qr/^insufficient_points\|\|f$/m, '... whose points are spent');
$late->quit;
is(in_company($old, redeem('prepared')), "redeemed|$prepared|t", '... for the coupon that it promised');

# pg_upgrade

# Some entries are in a block, and some come along unsealed.
sub bad_checks {
    my ($node) = @_;
    return $node->safe_psql('postgres', "BEGIN; SELECT FROM rewards.set_company_context('$tenant', 'auditor', 'admin');
        SELECT count(*), count(*) FILTER (WHERE status = 'bad') FROM rewards.verify_ledger(); COMMIT;");
}
in_company($old, 'SELECT FROM rewards.seal_ledger()');
in_company($old, "SELECT FROM rewards.award_points('$member', 0)");
my $checks = bad_checks($old);
like($checks, qr/^\d+\|0$/, 'the ledger verifies');

$old->stop;
my $new = PostgreSQL::Test::Cluster->new('new');
$new->init;
my $bindir = $new->config_data('--bindir');
chdir $PostgreSQL::Test::Utils::tmp_check or die $!;    # where pg_upgrade writes its scripts
command_ok([ 'pg_upgrade', '--no-sync', '-b', $bindir, '-B', $bindir, '-d', $old->data_dir, '-D', $new->data_dir,
    '-p', $old->port, '-P', $new->port, '-s', $new->host ], 'pg_upgrade');
$new->start;

my ($status, undef, $error) = $new->psql('postgres', "BEGIN; SELECT FROM rewards.set_company_context('$tenant');
    @{[ redeem('kept') ]}");
like($error, qr/the key file does not exist/, 'a forgotten key file is missed, and no other is made');
ok(!-e $new->data_dir . '/pg_rewards.keys', '... in its place');
copy($old->data_dir . '/pg_rewards.keys', $new->data_dir) or die $!;
chmod 0600, $new->data_dir . '/pg_rewards.keys';

is(in_company($new, redeem('kept')), "redeemed|$code|t", 'with it, a nonce gives the same code');
is(in_company($new, "SELECT outcome FROM rewards.claim_coupon('$code', 'till')"), 'claimed',
    '... which can be claimed');
is(in_company($new, "SELECT outcome, balance, replayed FROM rewards.award_points('$member', 250, 'welcome', 'first')"),
    'awarded|250|t',
    'an idempotency key gives the same answer');
is(in_company($new, "SELECT outcome, balance FROM rewards.award_points('$member', 50)"), 'awarded|100',
    'points are where they were, and grow');
like(in_company($new, redeem('new')), qr/^redeemed\|\S+\|f$/, '... and can be spent');
is(bad_checks($new), $checks, 'the ledger verifies where it came to');
like(in_company($new, 'SELECT blocks, entries FROM rewards.seal_ledger()'), qr/^[12]\|\d+$/,
    '... where what came unsealed is sealed');
is(bad_checks($new), $checks, '... and it verifies still');
is($new->safe_psql('postgres', <<'SQL'), '0|0|6|till', 'the books add up, and the column of the user is there');
SELECT max(available_points), max(available_points) - sum(points_delta), count(*), max(my_source)
  FROM rewards.user_points_cache JOIN rewards.points_events USING (user_id, company_id)
      WHERE validation_status = 'validated'
SQL
is($new->safe_psql('postgres', "SELECT count(*) FROM pg_depend WHERE deptype = 'e' AND classid = 'pg_class'::regclass
    AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_rewards')"),
    '0', 'and the tables still belong to the user');

$new->stop;
done_testing();
