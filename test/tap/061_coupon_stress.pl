# Is limited stock sold out, and never oversold, by fifty who redeem at once? Some have had their share, some take two at
# once, some roll back what they hold, staff restock and revoke meanwhile; at both isolation levels.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/stress";
use Clients qw(start_pgbench finish_pgbench);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $tenant = '11111111-1111-4111-8111-111111111111';
my $enter = "SELECT FROM rewards.set_company_context('$tenant');";
my ($clients, $calls) = (50, 50);
my ($stock, $more, $share) = (1200, 300, 4);

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
max_connections = 80
log_statement = none
CONF
$node->start;
$node->safe_psql('postgres', <<"SQL");
CREATE ROLE shop;
CREATE EXTENSION pg_rewards;
SELECT rewards.install(owner => 'shop');
CREATE TABLE member AS SELECT number, gen_random_uuid() AS id FROM generate_series(1, 600) AS number;
CREATE UNLOGGED TABLE answer (level text, call text, outcome text);
BEGIN;
$enter
SELECT FROM member, rewards.award_points(id, 1000);
COMMIT;

-- What must never be, seen from any moment.
CREATE VIEW wrong AS
SELECT 'balance' AS what, format('%s: %s', user_id, differs) AS which FROM rewards.ledger_discrepancies
UNION ALL
SELECT 'stock', d::text FROM rewards.coupon_stock_discrepancies AS d
UNION ALL
SELECT 'oversold', t.id::text FROM rewards.coupon_templates AS t JOIN rewards.coupons AS c ON c.template_id = t.id AND c.status <> 'revoked'
 GROUP BY t.id HAVING count(*) > t.total_stock
UNION ALL
SELECT 'more than a share', issued_to::text FROM rewards.coupons JOIN rewards.coupon_templates AS t ON t.id = template_id
 WHERE status <> 'revoked' GROUP BY issued_to, template_id, max_redemptions_per_user HAVING count(*) > max_redemptions_per_user
UNION ALL
SELECT 'nonce', nonce FROM (SELECT user_id, nonce, unnest(coalesce(coupon_ids, ARRAY[coupon_id])) AS coupon_id FROM rewards.used_nonces) AS n
  FULL JOIN rewards.coupons AS c ON (c.coupon_id, c.issued_to) = (n.coupon_id, n.user_id) WHERE c.issued_at IS NULL OR n.nonce IS NULL;
SQL

sub finish_without_failure {
    my ($pgbench, $name) = @_;
    finish_pgbench($pgbench, $name);
    like(slurp_file($pgbench->{output}), qr{number of failed transactions: 0 }, "$name: no transaction failed for good");
}

my ($looks, @found) = (0);

sub look_on {
    while (1) {
        my ($busy, @wrong) = split /\n/, $node->safe_psql('postgres',
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'client'; TABLE wrong");
        push @found, @wrong;
        $looks++;
        return if !$busy;
    }
}

sub of_stock { return $node->safe_psql('postgres', "SELECT sum(allotted), sum(taken) FROM rewards.coupon_stock WHERE template_id = '$_[0]'") }

for my $level ('READ COMMITTED', 'REPEATABLE READ') {
    my $template = $node->safe_psql('postgres', <<"SQL");
INSERT INTO rewards.coupon_templates (company_id, template_name, points_cost, coupon_value_type, coupon_value, total_stock, max_redemptions_per_user)
    VALUES ('$tenant', 'ten off', 10, 'fixed_amount', 10, $stock, $share) RETURNING id
SQL
    # Of ten, one rolls back, holding what it took for a moment, and one takes two.
    my $sale = start_pgbench($node, $clients, <<"SQL", '-j', 2, '-t', $calls, '--max-tries', 100);
\\set member random(1, 600)
\\set kind random(1, 10)
\\set nonce random(1, 1000000000)
BEGIN ISOLATION LEVEL $level;
$enter
\\if :kind = 1
SELECT rewards.redeem_coupon(id, '$template', 'gone :nonce') FROM member WHERE number = :member;
\\sleep 20 ms
ROLLBACK;
\\elif :kind = 2
INSERT INTO answer SELECT '$level', 'two', outcome FROM member, rewards.redeem_coupons(id, ARRAY['$template', '$template']::uuid[], 'two :nonce') WHERE number = :member;
COMMIT;
\\else
INSERT INTO answer SELECT '$level', 'one', outcome FROM member, rewards.redeem_coupon(id, '$template', 'one :nonce') WHERE number = :member;
COMMIT;
\\endif
SQL
    my $staff = start_pgbench($node, 1, <<"SQL", '-t', 30, '--max-tries', 100);
\\set pause random(1, 50)
BEGIN ISOLATION LEVEL $level;
$enter
INSERT INTO answer SELECT '$level', 'restock', outcome FROM rewards.restock_coupon('$template', $more / 30);
COMMIT;
\\sleep :pause ms
UPDATE rewards.coupons SET status = 'revoked'
 WHERE (coupon_id, issued_to) IN (SELECT coupon_id, issued_to FROM rewards.coupons WHERE template_id = '$template' AND status = 'issued' LIMIT 1 FOR UPDATE SKIP LOCKED);
SQL
    look_on();
    finish_without_failure($sale, "the sale, $level");
    finish_without_failure($staff, "staff, $level");
    my $total = $stock + $more;
    # What staff made available when everybody had gone.
    $node->safe_psql('postgres', "BEGIN; $enter SELECT FROM member, rewards.redeem_coupon(id, '$template', 'late, $level'); COMMIT");
    is(of_stock($template), "$total|$total", "$level: sold out, to the last one");
    is($node->safe_psql('postgres', "SELECT count(*) FROM rewards.coupons WHERE template_id = '$template' AND status <> 'revoked'"), $total,
        "$level: and not one more");
    cmp_ok($node->safe_psql('postgres', "SELECT count(*) FROM rewards.coupons WHERE template_id = '$template' AND status = 'revoked'"), '>', 0,
        "$level: with what was revoked sold again");
    is($node->safe_psql('postgres', "SELECT string_agg(DISTINCT outcome, ' ' ORDER BY outcome) FROM answer WHERE level = '$level' AND call = 'one'"),
        'limit_reached out_of_stock redeemed', "$level: all answers there are");
    note $node->safe_psql('postgres', "SELECT call, outcome, count(*) FROM answer WHERE level = '$level' GROUP BY 1, 2 ORDER BY 1, 2");
}
cmp_ok($looks, '>', 10, 'somebody looked again and again');
is(scalar(@found), 0, 'and at no moment was anything wrong') or diag $found[0];
is($node->safe_psql('postgres', 'SELECT * FROM wrong'), '', 'nor is it at the end');
unlike(slurp_file($node->logfile), qr/deadlock|PANIC|terminated by signal|TRAP/, 'the server has nothing to complain of');

# Fifty want the last one, and who has it goes without it: one of them gets it, and the others hear it only then.
for my $level ('READ COMMITTED', 'REPEATABLE READ') {
    my $template = $node->safe_psql('postgres', <<"SQL");
INSERT INTO rewards.coupon_templates (company_id, template_name, points_cost, coupon_value_type, coupon_value, total_stock)
    VALUES ('$tenant', 'the last one', 0, 'product', 1, 1) RETURNING id
SQL
    my $holder = $node->background_psql('postgres');
    $holder->query_safe("BEGIN; $enter SELECT FROM member, rewards.redeem_coupon(id, '$template', '$level') WHERE number = 600");
    my $waiting = start_pgbench($node, $clients, <<"SQL", '-t', 1, '--max-tries', 100);
BEGIN ISOLATION LEVEL $level;
$enter
INSERT INTO answer SELECT '$level', 'last', outcome FROM member, rewards.redeem_coupon(id, '$template', '$level') WHERE number = :client_id + 1;
COMMIT;
SQL
    ok($node->poll_query_until('postgres',
        "SELECT count(*) = $clients FROM pg_stat_activity WHERE application_name = 'client' AND wait_event_type = 'Lock'"), "$level: all wait");
    $holder->query_safe('ROLLBACK');
    $holder->quit;
    finish_without_failure($waiting, "the last one, $level");
    is($node->safe_psql('postgres', "SELECT outcome, count(*) FROM answer WHERE level = '$level' AND call = 'last' GROUP BY outcome ORDER BY outcome"),
        'out_of_stock|' . ($clients - 1) . "\nredeemed|1", "$level: one gets it");
}

# A shop that reads and then writes oversells, and the same eyes see it.
my $naive = $node->safe_psql('postgres', <<"SQL");
INSERT INTO rewards.coupon_templates (company_id, template_name, points_cost, coupon_value_type, coupon_value, total_stock)
    VALUES ('$tenant', 'read, then write', 0, 'product', 1, 10) RETURNING id
SQL
my $holder = $node->background_psql('postgres');
$holder->query_safe('BEGIN; LOCK TABLE rewards.coupons IN SHARE ROW EXCLUSIVE MODE');
my $sale = start_pgbench($node, $clients, <<"SQL", '-t', 1, '--max-tries', 100);
INSERT INTO rewards.coupons (company_id, code_hash, key_slot, code_route, code_symbols, template_id, issued_to, issued_points_cost, coupon_value_type, coupon_value)
    SELECT '$tenant', sha256('naive :client_id'), 0, 0, 16, '$naive', gen_random_uuid(), 0, 'product', 1
     WHERE (SELECT count(*) FROM rewards.coupons WHERE template_id = '$naive') < 10;
SQL
$node->poll_query_until('postgres',
    "SELECT count(*) = $clients FROM pg_stat_activity WHERE application_name = 'client' AND wait_event_type = 'Lock'");
$holder->query_safe('COMMIT');
$holder->quit;
finish_without_failure($sale, 'read, then write');
cmp_ok($node->safe_psql('postgres', "SELECT count(*) FROM rewards.coupons WHERE template_id = '$naive'"), '>', 10, 'who reads and then writes oversells');
is($node->safe_psql('postgres', "SELECT which FROM wrong WHERE what = 'oversold'"), $naive, 'which is found');

$node->stop;
done_testing();
