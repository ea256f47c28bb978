# Do the books hold under real concurrency? Each race is lined up: everybody waits for a lock that one session holds,
# and is let go at once. Then a mixed load, with an auditor who looks at every moment, at both isolation levels.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/stress";
use Clients qw(start_pgbench finish_pgbench);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $tenant = '11111111-1111-4111-8111-111111111111';
my $template = '33333333-3333-4333-8333-333333333333';
my $enter = "SELECT FROM rewards.set_company_context('$tenant');";
my @levels = ('READ COMMITTED', 'REPEATABLE READ');

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
max_connections = 130
log_statement = none
CONF
$node->start;
$node->safe_psql('postgres', <<"SQL");
CREATE ROLE shop;
CREATE EXTENSION pg_rewards;
SELECT rewards.install(owner => 'shop');
CREATE UNLOGGED TABLE answer (race text, outcome text, coupon_id uuid, code text, replayed boolean, snapshot pg_snapshot);
CREATE VIEW discrepancy AS
SELECT coalesce(a.user_id, e.user_id) AS user_id, available_points, available
  FROM rewards.user_points_cache a
  FULL JOIN (SELECT user_id, company_id, coalesce(sum(points_delta) FILTER (WHERE validation_status = 'validated'), 0) AS available,
                    coalesce(sum(points_delta) FILTER (WHERE validation_status NOT IN ('validated', 'rejected')), 0) AS pending,
                    coalesce(sum(points_delta) FILTER (WHERE validation_status = 'validated' AND points_delta > 0), 0) AS earned,
                    coalesce(-sum(points_delta) FILTER (WHERE validation_status = 'validated' AND points_delta < 0), 0) AS spent
               FROM rewards.points_events GROUP BY user_id, company_id) e USING (user_id, company_id)
 WHERE (available_points, pending_points, lifetime_earned, lifetime_spent)
       IS DISTINCT FROM (coalesce(available, 0), coalesce(pending, 0), coalesce(earned, 0), coalesce(spent, 0))
    OR available_points < 0;
BEGIN;
$enter
INSERT INTO rewards.coupon_templates (id, template_name, points_cost, coupon_value_type, coupon_value)
    VALUES ('$template', 'ten off', 100, 'fixed_amount', 10);
COMMIT;
SQL

# Somebody takes the lock; the clients come, and wait for it, all of them; he goes.
sub race {
    my ($name, $clients, $lock, $script, @options) = @_;
    my $holder = $node->background_psql('postgres');
    $holder->query_safe("BEGIN; $enter $lock");
    my $pgbench = start_pgbench($node, $clients, $script, @options);
    my $waiting = $node->poll_query_until('postgres',
        "SELECT count(*) = $clients FROM pg_stat_activity WHERE application_name = 'client' AND wait_event_type = 'Lock'");
    ok($waiting, "$name: $clients clients wait at once");
    $holder->query_safe('COMMIT');
    $holder->quit;
    finish_pgbench($pgbench, $name);
}

sub outcomes {
    my ($race) = @_;
    return $node->safe_psql('postgres', "SELECT outcome, count(*), count(DISTINCT coupon_id), count(DISTINCT code) FROM answer WHERE race = '$race' GROUP BY outcome ORDER BY outcome");
}

sub balance { return $node->safe_psql('postgres', "SELECT available_points FROM rewards.user_points_cache WHERE user_id = '$_[0]'") }

for my $level (@levels) {
    my $member = $node->safe_psql('postgres', 'SELECT gen_random_uuid()');

    my $race = "forty of a hundred, $level";
    $node->safe_psql('postgres', "BEGIN; $enter SELECT FROM rewards.award_points('$member', 3900); COMMIT");
    race($race, 100, "SELECT FROM rewards.award_points('$member', 100)", <<"SQL", '-t', 1);
BEGIN ISOLATION LEVEL $level;
$enter
INSERT INTO answer SELECT '$race', outcome, coupon_id, coupon_code, replayed
    FROM rewards.redeem_coupon('$member', '$template', 'nonce of client :client_id');
COMMIT;
SQL
    is(outcomes($race), "insufficient_points|60|0|0\nredeemed|40|40|40", "$race: forty coupons with forty codes");
    is(balance($member), '0', "$race: and nothing is left");
    is($node->safe_psql('postgres', "SELECT count(*), count(DISTINCT code_hash) FROM rewards.coupons WHERE issued_to = '$member'"), '40|40',
        "$race: there are no others");

    # The same clients ask again. pgbench numbers them alike.
    my $again = "the same hundred again, $level";
    race($again, 100, "SELECT FROM rewards.award_points('$member', 0)", <<"SQL", '-t', 1);
BEGIN ISOLATION LEVEL $level;
$enter
INSERT INTO answer SELECT '$again', outcome, coupon_id, coupon_code, replayed
    FROM rewards.redeem_coupon('$member', '$template', 'nonce of client :client_id');
COMMIT;
SQL
    is(outcomes($again), "insufficient_points|60|0|0\nredeemed|40|40|40", "$again: the same answers");
    is($node->safe_psql('postgres', "SELECT count(*), count(*) FILTER (WHERE a.replayed) FROM answer a JOIN answer b USING (coupon_id, code)
            WHERE a.race = '$again' AND b.race = '$race'"), '40|40', "$again: with the same codes");

    my $nonce = "one nonce, thirty times, $level";
    $node->safe_psql('postgres', "BEGIN; $enter SELECT FROM rewards.award_points('$member', 3000); COMMIT");
    race($nonce, 30, "SELECT FROM rewards.award_points('$member', 0)", <<"SQL", '-t', 1);
BEGIN ISOLATION LEVEL $level;
$enter
INSERT INTO answer SELECT '$nonce', outcome, coupon_id, coupon_code, replayed
    FROM rewards.redeem_coupon('$member', '$template', '$nonce');
COMMIT;
SQL
    is(outcomes($nonce), 'redeemed|30|1|1', "$nonce: one coupon with one code");
    is($node->safe_psql('postgres', "SELECT count(*) FROM answer WHERE race = '$nonce' AND replayed"), '29', "$nonce: of which 29 are replays");
    is(balance($member), '2900', "$nonce: and it was paid once");

    my $claim = "one code, forty claims, $level";
    my ($coupon, $code) = split /\|/, $node->safe_psql('postgres', "SELECT coupon_id, code FROM answer WHERE race = '$race' AND outcome = 'redeemed' LIMIT 1");
    race($claim, 20, "SELECT FROM rewards.coupons WHERE coupon_id = '$coupon' FOR UPDATE", <<"SQL", '-t', 2);
BEGIN ISOLATION LEVEL $level;
$enter
INSERT INTO answer SELECT '$claim', outcome, coupon_id FROM rewards.claim_coupon('$code', 'till :client_id');
COMMIT;
SQL
    is(outcomes($claim), "claimed|1|1|0\nnot_redeemable|39|0|0", "$claim: one wins");

    my $open = "thirty open one account, $level";
    my $new = $node->safe_psql('postgres', 'SELECT gen_random_uuid()');
    race($open, 30, 'LOCK TABLE rewards.user_points_cache IN EXCLUSIVE MODE', <<"SQL", '-t', 1);
BEGIN ISOLATION LEVEL $level;
$enter
SELECT FROM rewards.award_points('$new', 2);
COMMIT;
SQL
    is(balance($new), '60', "$open: and each award counts");
}

# A mixed load on few accounts, and somebody who looks all the while

my $audits = 0;
my @found;

sub audit_clients {
    my $clients = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'client'";
    $node->poll_query_until('postgres', "SELECT ($clients) > 0");
    while (1) {
        my ($busy, @wrong) = split /\n/, $node->safe_psql('postgres', "$clients; TABLE discrepancy");
        push @found, @wrong;
        $audits++;
        return if !$busy;
    }
}

$node->safe_psql('postgres', <<"SQL");
CREATE TABLE member AS SELECT number, gen_random_uuid() AS id FROM generate_series(1, 5) AS number;
BEGIN;
$enter
SELECT FROM member, rewards.award_points(id, 500);
COMMIT;
-- A call for one moment of a shop's day. Whoever knows something better than an error returns it.
CREATE FUNCTION moment(kind int, one uuid, other uuid, seed int) RETURNS text LANGUAGE plpgsql AS \$\$
DECLARE
    result text;
    code text;
BEGIN
    PERFORM rewards.set_company_context('$tenant');
    CASE
    WHEN kind < 25 THEN SELECT outcome INTO result FROM rewards.award_points(one, seed, NULL, 'award ' || seed);
    WHEN kind < 45 THEN SELECT outcome INTO result FROM rewards.deduct_points(one, 1 + seed, NULL, 'deduct ' || seed);
    WHEN kind < 75 THEN SELECT outcome, coupon_code INTO result, code FROM rewards.redeem_coupon(one, '$template', 'redeem ' || seed);
        IF kind < 60 AND code IS NOT NULL THEN SELECT result || outcome INTO result FROM rewards.claim_coupon(code, 'till'); END IF;
    WHEN kind < 85 THEN
        INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status)
            SELECT id, 'import', now(), seed % 7 - 2, CASE seed % 3 WHEN 0 THEN 'validated' ELSE 'pending_review' END
              FROM unnest(ARRAY[one, other, one]) AS id;
        result := 'imported';
    WHEN kind < 95 THEN
        UPDATE rewards.points_events SET validation_status = CASE seed % 4 WHEN 0 THEN 'rejected' ELSE 'validated' END
         WHERE user_id = one AND id = (SELECT id FROM rewards.points_events WHERE user_id = one AND validation_status = 'pending_review'
                                        ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED);
        result := 'reviewed';
    ELSE
        PERFORM rewards.refresh_user_points_cache(one);
        result := 'refreshed';
    END CASE;
    IF seed % 10 = 9 THEN RAISE 'changed my mind' USING ERRCODE = 'triggered_action_exception'; END IF;
    RETURN result;
EXCEPTION
    WHEN triggered_action_exception THEN RETURN 'rolled back to a savepoint';
    WHEN check_violation THEN RETURN 'an import would make a balance negative';
END \$\$;
SQL

for my $level (@levels) {
    my $pgbench = start_pgbench($node, 12, <<"SQL", '-j', 2, '-t', 200, '--max-tries', 100, '--failures-detailed');
\\set kind random(0, 99)
\\set one random(1, 5)
\\set other random(1, 5)
\\set seed random(1, 400)
\\set ends random(1, 12)
BEGIN ISOLATION LEVEL $level;
INSERT INTO answer (race, outcome)
    SELECT 'mixed, $level', moment(:kind, one.id, other.id, :seed) FROM member one, member other WHERE one.number = :one AND other.number = :other;
\\if :ends = 1
ROLLBACK;
\\else
COMMIT;
\\endif
SQL
    audit_clients();
    finish_pgbench($pgbench, "mixed load, $level");
    like(slurp_file($pgbench->{output}), qr{number of failed transactions: 0 }, "mixed load, $level: no transaction failed for good");
    note slurp_file($pgbench->{output});
    note $node->safe_psql('postgres', "SELECT outcome, count(*) FROM answer WHERE race = 'mixed, $level' GROUP BY 1 ORDER BY 2 DESC");
}
cmp_ok($audits, '>', 20, 'somebody looked again and again');
is(scalar(@found), 0, 'and at every moment each balance was the sum of its events, and none below zero') or diag $found[0];
is($node->safe_psql('postgres', 'TABLE discrepancy'), '', 'and so it is at the end');
is($node->safe_psql('postgres', <<'SQL'), '', 'one event for one nonce, one coupon for one price');
SELECT nonce FROM rewards.points_events WHERE nonce IS NOT NULL GROUP BY user_id, company_id, nonce HAVING count(*) > 1
UNION ALL
SELECT nonce FROM rewards.used_nonces n FULL JOIN rewards.points_events e USING (user_id, company_id, nonce)
 WHERE nonce IS NOT NULL AND (n.created_at IS NULL OR e.created_at IS NULL)
UNION ALL
SELECT coalesce(c.coupon_id::text, e.related_entity_id)
  FROM rewards.coupons c FULL JOIN (SELECT * FROM rewards.points_events WHERE event_type = 'coupon_redemption') e
    ON (e.user_id, e.related_entity_id, -e.points_delta) = (c.issued_to, c.coupon_id::text, c.issued_points_cost)
 WHERE c.coupon_id IS NULL OR e.id IS NULL
SQL

unlike(slurp_file($node->logfile), qr/deadlock|PANIC|terminated by signal|TRAP/, 'the server has nothing to complain of');

# An auditor who finds nothing has to show that he would.
is($node->safe_psql('postgres', <<'SQL'), '1', 'a point more or less would be found');
BEGIN;
ALTER TABLE rewards.user_points_cache DISABLE TRIGGER USER;
UPDATE rewards.user_points_cache SET available_points = available_points + 1 WHERE user_id = (SELECT id FROM member WHERE number = 3);
SELECT count(*) FROM discrepancy;
ROLLBACK;
SQL

$node->stop;
done_testing();
