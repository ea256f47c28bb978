# Do limits, nonces and balances hold when many submit for one account at once? Each race is lined up: everybody waits
# for a lock that one session holds, and is let go at once. Then batches of the same members in any order, beside
# everything else that moves points, at both isolation levels.
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
log_statement = none
deadlock_timeout = 200ms
CONF
$node->start;
$node->safe_psql('postgres', <<"SQL");
CREATE ROLE shop;
CREATE EXTENSION pg_rewards;
SELECT rewards.install(owner => 'shop');
INSERT INTO rewards.point_rules (company_id, event_type, base_points, streak_days, streak_permille)
    VALUES ('$tenant', 'visit', 1, NULL, NULL), ('$tenant', 'trip', 40, NULL, NULL);
INSERT INTO rewards.coupon_templates (id, company_id, template_name, points_cost, coupon_value_type, coupon_value)
    VALUES ('$template', '$tenant', 'ten off', 100, 'fixed_amount', 10);
CREATE SEQUENCE number;
CREATE UNLOGGED TABLE answer (race text, outcome text, event_id uuid, status text, balance bigint, replayed boolean, retry_after bigint);
CREATE VIEW discrepancy AS
SELECT coalesce(a.user_id, e.user_id) AS user_id, available_points, available
  FROM rewards.user_points_cache a
  FULL JOIN (SELECT user_id, company_id, coalesce(sum(points_delta) FILTER (WHERE validation_status = 'validated'), 0) AS available,
                    coalesce(sum(points_delta) FILTER (WHERE validation_status NOT IN ('validated', 'rejected')), 0) AS pending,
                    coalesce(sum(points_delta) FILTER (WHERE validation_status = 'validated' AND points_delta > 0), 0) AS earned,
                    coalesce(-sum(points_delta) FILTER (WHERE validation_status = 'validated' AND points_delta < 0), 0) AS spent,
                    count(*) FILTER (WHERE trust_score IS NOT NULL) AS submitted
               FROM rewards.points_events GROUP BY user_id, company_id) e USING (user_id, company_id)
 WHERE (available_points, pending_points, lifetime_earned, lifetime_spent, submitted_events)
       IS DISTINCT FROM (coalesce(available, 0), coalesce(pending, 0), coalesce(earned, 0), coalesce(spent, 0), coalesce(submitted, 0))
    OR available_points < 0;
-- Lets time pass for an account: everything that it submitted happened so much earlier.
CREATE FUNCTION pass_time(who uuid, by interval) RETURNS void LANGUAGE plpgsql AS \$\$
BEGIN
    ALTER TABLE rewards.points_events DISABLE TRIGGER USER;
    ALTER TABLE rewards.user_points_cache DISABLE TRIGGER USER;
    UPDATE rewards.points_events AS e
       SET created_at = created_at - by, event_time = event_time - by,
           id = (lpad(to_hex(((us / 1000) << 16) | (7 << 12) | (us % 1000 * 4096 / 1000)), 16, '0')
                 || right(replace(id::text, '-', ''), 16))::uuid
      FROM (SELECT id AS old, (extract(epoch FROM created_at - by) * 1000000)::bigint AS us FROM rewards.points_events WHERE user_id = who) AS t
     WHERE user_id = who AND id = old;
    UPDATE rewards.user_points_cache
       SET updated_at = updated_at - by, opened_at = opened_at - by, last_submitted_at = last_submitted_at - by,
           last_event_time = last_event_time - by, hour_started = hour_started - by, day_started = day_started - by
     WHERE user_id = who;
    ALTER TABLE rewards.points_events ENABLE TRIGGER USER;
    ALTER TABLE rewards.user_points_cache ENABLE TRIGGER USER;
END \$\$;
SQL

# Somebody takes the lock of the account; the clients come, and wait for it, all of them; he goes.
sub race {
    my ($name, $clients, $member, $script, @options) = @_;
    my $holder = $node->background_psql('postgres');
    $holder->query_safe("BEGIN; $enter SELECT FROM rewards.award_points('$member', 0)");
    my $pgbench = start_pgbench($node, $clients, $script, @options);
    my $waiting = $node->poll_query_until('postgres',
        "SELECT count(*) = $clients FROM pg_stat_activity WHERE application_name = 'client' AND wait_event_type = 'Lock'");
    ok($waiting, "$name: $clients clients wait at once");
    $holder->query_safe('COMMIT');
    $holder->quit;
    finish_pgbench($pgbench, $name);
}

sub sql { return $node->safe_psql('postgres', $_[0]) }

sub outcomes { return sql("SELECT outcome, count(*) FROM answer WHERE race = '$_[0]' GROUP BY outcome ORDER BY outcome") }

# Everybody submits events of its own, seconds apart by their time.
sub submitting {
    my ($race, $level, $member) = @_;
    return <<"SQL";
BEGIN ISOLATION LEVEL $level;
$enter
INSERT INTO answer SELECT '$race', outcome, event_id, status, balance, replayed, retry_after
    FROM nextval('number') AS n, rewards.submit_points_event('$member', 'visit', now() - n * interval '7 seconds', 'event ' || n);
COMMIT;
SQL
}

for my $level (@levels) {

    # A hundred an hour are a hundred.

    my $member = sql('SELECT gen_random_uuid()');
    my $race = "a hundred and sixty, $level";
    race($race, 20, $member, submitting($race, $level, $member), '-t', 8);
    is(outcomes($race), "rate_limited|60\nrecorded|100", "$race: exactly a hundred are recorded");
    is(sql("SELECT count(*), count(DISTINCT nonce), count(DISTINCT version) FROM rewards.points_events WHERE user_id = '$member' AND event_type = 'visit'"),
        '100|100|100', "$race: there are as many events");
    is(sql("SELECT submitted_events, hour_events, day_events, past_hour_events FROM rewards.user_points_cache WHERE user_id = '$member'"),
        '100|100|100|0', "$race: and they are counted");
    is(sql("SELECT count(*) FROM rewards.used_nonces WHERE user_id = '$member'"), '100', "$race: the refused nonces are free");
    is(sql("SELECT occurrences FROM rewards.fraud_insights WHERE user_id = '$member' AND insight_type = 'bulk_submission'"), '60',
        "$race: every refusal is noted");
    is(sql("SELECT count(retry_after), bool_and(retry_after BETWEEN 3300 AND 3600) FROM answer WHERE race = '$race'"), '60|t',
        "$race: and told when there is room again");

    # Also across the full hour: what was submitted forty minutes ago counts, and after sixty-five it does not.

    my $traveller = sql('SELECT gen_random_uuid()');
    $race = "sixty, $level";
    race($race, 20, $traveller, submitting($race, $level, $traveller), '-t', 3);
    is(outcomes($race), 'recorded|60', "$race: all are recorded");
    sql("SELECT pass_time('$traveller', '40 minutes')");
    $race = "eighty, forty minutes later, $level";
    race($race, 20, $traveller, submitting($race, $level, $traveller), '-t', 4);
    is(outcomes($race), "rate_limited|40\nrecorded|40", "$race: forty fit");
    sql("SELECT pass_time('$traveller', '25 minutes')");
    $race = "a hundred, in the next hour, $level";
    race($race, 20, $traveller, submitting($race, $level, $traveller), '-t', 5);
    is(outcomes($race), "rate_limited|40\nrecorded|60", "$race: sixty have left, and as many fit");
    is(sql("SELECT hour_events, past_hour_events FROM rewards.user_points_cache WHERE user_id = '$traveller'"), '60|100',
        "$race: of which sixty are of this hour");

    # One nonce, ten times at once.

    my $single = sql('SELECT gen_random_uuid()');
    my $moment = sql("SELECT now() - interval '5 minutes'");
    my $nonce = "one nonce, $level";
    race($nonce, 10, $single, <<"SQL", '-t', 1);
BEGIN ISOLATION LEVEL $level;
$enter
INSERT INTO answer SELECT '$nonce', outcome, event_id, status, balance, replayed, retry_after
    FROM rewards.submit_points_event('$single', 'visit', '$moment', '$nonce');
COMMIT;
SQL
    is(sql("SELECT count(*), count(DISTINCT (event_id, outcome, status, balance)), count(*) FILTER (WHERE replayed) FROM answer WHERE race = '$nonce'"),
        '10|1|9', "$nonce: ten times the same answer, nine of them replays");
    is(sql("SELECT count(*), sum(points_delta) FROM rewards.points_events WHERE user_id = '$single' AND event_type = 'visit'"), '1|1', "$nonce: one event");

    # The same in batches that have it twice.

    my $batched = "one nonce in batches, $level";
    race($batched, 10, $single, <<"SQL", '-t', 1);
BEGIN ISOLATION LEVEL $level;
$enter
INSERT INTO answer SELECT '$batched', outcome, event_id, status, balance, replayed, retry_after
    FROM rewards.submit_points_events((SELECT jsonb_agg(jsonb_build_object('user_id', '$single', 'event_type', 'visit',
        'event_time', '$moment'::timestamptz - interval '1 hour', 'nonce', '$batched')) FROM generate_series(1, 2)));
COMMIT;
SQL
    is(sql("SELECT count(*), count(DISTINCT event_id), count(*) FILTER (WHERE replayed) FROM answer WHERE race = '$batched'"), '20|1|19',
        "$batched: one event for twenty");
}

# Batches of the same members in whatever order, beside redemptions and awards, and somebody who looks all the while

my $audits = 0;
my @found;

sub audit_clients {
    my $clients = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'client'";
    $node->poll_query_until('postgres', "SELECT ($clients) > 0");
    while (1) {
        my ($busy, @wrong) = split /\n/, sql("$clients; TABLE discrepancy");
        push @found, @wrong;
        $audits++;
        return if !$busy;
    }
}

sql(<<"SQL");
CREATE TABLE member AS SELECT number, gen_random_uuid() AS id FROM generate_series(1, 12) AS number;
INSERT INTO rewards.company_settings (company_id, events_per_hour, events_per_day, points_per_hour, points_per_day)
    VALUES ('$tenant', 100000, 100000, 1000000, 1000000);
-- Some events of many members in any order, of which some are refused.
CREATE FUNCTION batch(seed bigint) RETURNS jsonb LANGUAGE sql AS \$\$
SELECT jsonb_agg(jsonb_build_object('user_id', id, 'event_type', CASE n % 9 WHEN 8 THEN 'nothing' ELSE 'trip' END,
           'event_time', now() - (seed * 31 + n) % 9973 * interval '17 seconds', 'nonce', format('%s %s', seed, n), 'device_id', 'device ' || n % 3)
           ORDER BY md5(format('%s %s', seed, n)))
  FROM (SELECT id, row_number() OVER (ORDER BY number, times) AS n FROM member, generate_series(1, 2) AS times) AS events
\$\$;
SQL

for my $level (@levels) {
    my $mixed = "batches and all the rest, $level";
    my $pgbench = start_pgbench($node, 8, <<"SQL", '-j', 2, '-t', 40);
\\set kind random(0, 9)
\\set one random(1, 12)
\\set ends random(1, 12)
BEGIN ISOLATION LEVEL $level;
$enter
\\if :kind < 5
INSERT INTO answer (race, outcome) SELECT '$mixed', outcome FROM nextval('number') AS n, rewards.submit_points_events(batch(n));
\\elif :kind < 6
INSERT INTO answer (race, outcome) SELECT '$mixed', outcome FROM member, rewards.award_points(id, 30) WHERE number = :one;
\\elif :kind < 8
INSERT INTO answer (race, outcome) SELECT '$mixed', outcome FROM nextval('number') AS n, member, rewards.redeem_coupon(id, '$template', 'redeem ' || n) WHERE number = :one;
\\elif :kind < 9
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status)
    SELECT id, 'import', now(), 3, 'validated' FROM member ORDER BY random();
\\else
INSERT INTO answer (race, outcome) SELECT '$mixed', outcome
    FROM nextval('number') AS n, member, rewards.submit_points_event(id, 'trip', now() - n % 9973 * interval '17 seconds', 'single ' || n) WHERE number = :one;
\\endif
\\if :ends = 1
ROLLBACK;
\\else
COMMIT;
\\endif
SQL
    audit_clients();
    finish_pgbench($pgbench, $mixed);
    note outcomes($mixed);
    cmp_ok(sql("SELECT count(DISTINCT outcome) FROM answer WHERE race = '$mixed'"), '>=', 4, "$mixed: there was something of everything");
}
cmp_ok($audits, '>', 20, 'somebody looked again and again');
is(scalar(@found), 0, 'and at every moment each balance was the sum of its events, and none below zero') or diag $found[0];
is(sql('TABLE discrepancy'), '', 'and so it is at the end');
is(sql(<<'SQL'), '12|t|t|t', 'and every account is numbered without gaps, in the order of its clock, and chained');
SELECT count(DISTINCT user_id), bool_and(version = number), bool_and(recorded_at > before),
       bool_and(entry_hash = rewards.event_entry_hash(previous, version, recorded_at, balance_after, e))
  FROM (SELECT e, l.*, row_number() OVER account AS number, lag(l.entry_hash) OVER account AS previous,
               lag(l.recorded_at, 1, '-infinity') OVER account AS before
          FROM rewards.ledger AS l JOIN rewards.points_events AS e ON (e.user_id, e.id) = (l.user_id, l.event_id)
          JOIN member ON member.id = l.user_id
        WINDOW account AS (PARTITION BY l.user_id ORDER BY l.version)) AS entries
SQL
is(sql(<<'SQL'), '', 'one event for one nonce, and none for a refused one');
SELECT n.nonce, e.nonce FROM rewards.used_nonces AS n
  FULL JOIN (SELECT * FROM rewards.points_events WHERE nonce IS NOT NULL) AS e USING (user_id, company_id, nonce)
 WHERE user_id IN (SELECT id FROM member) AND (n.nonce IS NULL OR (e.nonce IS NULL AND n.coupon_id IS NULL) OR (e.id <> n.event_id))
SQL

unlike(slurp_file($node->logfile), qr/deadlock|could not serialize|PANIC|terminated by signal|TRAP/, 'the server has nothing to complain of');

# An auditor who finds nothing has to show that he would.
is(sql(<<'SQL'), '1', 'a point more or less would be found');
BEGIN;
ALTER TABLE rewards.user_points_cache DISABLE TRIGGER USER;
UPDATE rewards.user_points_cache SET available_points = available_points + 1 WHERE user_id = (SELECT id FROM member WHERE number = 3);
SELECT count(*) FROM discrepancy;
ROLLBACK;
SQL

$node->stop;
done_testing();
