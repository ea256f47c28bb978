# Can the past be relied upon? Eight writers at once, at both isolation levels, some slow and some changing their minds,
# while an auditor looks; then every entry of every account is asked for, and compared with a replay of the events.
use strict;
use warnings FATAL => 'all';

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $tenant = '11111111-1111-4111-8111-111111111111';
my $enter = "SELECT FROM rewards.set_company_context('$tenant');";

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "log_statement = none\n");
$node->start;
$node->safe_psql('postgres', <<"SQL");
CREATE ROLE shop;
CREATE EXTENSION pg_rewards;
SELECT rewards.install(owner => 'shop');
CREATE TABLE member AS SELECT number, gen_random_uuid() AS id FROM generate_series(1, 4) AS number;
CREATE TABLE done (isolation text, what text);

-- What an account's entries make, from events and changes of status alone; and what balance_at() says of each moment.
CREATE VIEW replay AS
    SELECT user_id, version, recorded_at, balance_after,
           sum(points_delta * ((status_after = 'validated')::int - (status_before = 'validated')::int))
               OVER (PARTITION BY user_id ORDER BY version) AS replayed,
           row_number() OVER (PARTITION BY user_id ORDER BY version) AS number,
           lag(recorded_at, 1, '-infinity') OVER (PARTITION BY user_id ORDER BY version) AS recorded_before
      FROM (SELECT l.user_id, l.version, l.recorded_at, l.balance_after, e.points_delta,
                   CASE l.kind WHEN 'status' THEN s.old_status ELSE '' END AS status_before,
                   CASE l.kind WHEN 'status' THEN s.new_status
                               ELSE coalesce((SELECT f.old_status FROM rewards.ledger_entries f
                                               WHERE f.user_id = l.user_id AND f.event_id = l.event_id AND f.kind = 'status'
                                               ORDER BY f.version LIMIT 1), e.validation_status) END AS status_after
              FROM rewards.ledger l
              JOIN rewards.points_events e ON e.user_id = l.user_id AND e.id = l.event_id
              LEFT JOIN rewards.ledger_entries s ON s.user_id = l.user_id AND s.version = l.version) AS entries;
CREATE VIEW asked AS
    SELECT *, rewards.balance_at(user_id, recorded_at) AS at_once,
           rewards.balance_at(user_id, recorded_at - interval '1 us') AS just_before,
           last_value(replayed) OVER (PARTITION BY user_id, recorded_at ORDER BY version
                                      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS expected
      FROM replay;
CREATE VIEW misremembered AS
    SELECT user_id, version, number, recorded_at, recorded_before, balance_after, replayed, at_once, expected, just_before, expected_before
      FROM (SELECT *, CASE WHEN recorded_at = recorded_before THEN NULL ELSE lag(replayed, 1, 0) OVER (PARTITION BY user_id ORDER BY version) END
                          AS expected_before FROM asked) AS a
     WHERE version <> number OR recorded_at < recorded_before OR balance_after <> replayed OR at_once IS DISTINCT FROM expected
        OR just_before IS DISTINCT FROM coalesce(expected_before, just_before);

-- A moment of the day. Some of it expires, some of it is refused, some of it is taken back.
CREATE FUNCTION moment(kind int, one uuid, other uuid, seed int) RETURNS text LANGUAGE plpgsql AS \$\$
DECLARE
    result text;
BEGIN
    PERFORM rewards.set_company_context('$tenant');
    CASE
    WHEN kind < 30 THEN SELECT outcome INTO result FROM rewards.award_points(one, seed);
    WHEN kind < 50 THEN SELECT outcome INTO result FROM rewards.deduct_points(one, 1 + seed);
    WHEN kind < 60 THEN
        SELECT a.outcome || ', ' || d.outcome INTO result FROM rewards.award_points(one, seed) a, rewards.deduct_points(one, 1 + seed / 2) d;
    WHEN kind < 80 THEN
        INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status, created_at, expires_at)
            SELECT id, 'import', now() - number * interval '1 day', seed % 7 - 2,
                   CASE seed % 3 WHEN 0 THEN 'validated' ELSE 'pending_review' END, now() - number * interval '1 day',
                   CASE WHEN seed % 5 = 0 THEN clock_timestamp() + seed * interval '1 ms' END
              FROM unnest(ARRAY[one, other, one]) WITH ORDINALITY AS i (id, number);
        result := 'imported';
    ELSE
        UPDATE rewards.points_events SET validation_status = CASE seed % 4 WHEN 0 THEN 'rejected' ELSE 'validated' END
         WHERE (user_id, id) IN (SELECT user_id, id FROM rewards.points_events
                                  WHERE user_id IN (one, other) AND validation_status = 'pending_review'
                                  ORDER BY id LIMIT 3 FOR UPDATE SKIP LOCKED);
        result := 'reviewed';
    END CASE;
    IF seed % 10 = 9 THEN RAISE 'changed my mind' USING ERRCODE = 'triggered_action_exception'; END IF;
    IF seed % 17 = 0 THEN PERFORM pg_sleep(0.01); END IF;
    RETURN result;
EXCEPTION
    WHEN triggered_action_exception THEN RETURN 'rolled back to a savepoint';
    WHEN check_violation THEN RETURN 'refused: the balance would be negative';
END \$\$;
SQL

my (@found, %audits);

sub busy {
    return $node->safe_psql('postgres', "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'writer'");
}

# The view for all companies, then the function for the one, and every balance as of now.
sub audit {
    my ($isolation) = @_;
    push @found, split /\n/, $node->safe_psql('postgres', <<"SQL");
TABLE rewards.ledger_discrepancies;
SELECT user_id, available_points, rewards.balance_at(user_id, 'infinity'), rewards.balance_at(user_id, updated_at)
  FROM (SELECT rewards.set_company_context('$tenant') OFFSET 0) AS context, rewards.user_points_cache
 WHERE (available_points, available_points)
       IS DISTINCT FROM (rewards.balance_at(user_id, 'infinity'), rewards.balance_at(user_id, updated_at));
BEGIN;
$enter
SELECT * FROM rewards.reconcile_ledger();
COMMIT;
SQL
    $audits{$isolation}++;
}

for my $isolation ('READ COMMITTED', 'REPEATABLE READ') {
    my $file = $node->basedir . '/' . lc($isolation =~ s/ /_/r);
    append_to_file($file, <<"SQL");
\\set kind random(0, 99)
\\set one random(1, 4)
\\set other random(1, 4)
\\set seed random(1, 400)
\\set ends random(1, 12)
BEGIN ISOLATION LEVEL $isolation;
INSERT INTO done SELECT '$isolation', moment(:kind, one.id, other.id, :seed) FROM member one, member other WHERE one.number = :one AND other.number = :other;
\\if :ends = 1
ROLLBACK;
\\else
COMMIT;
\\endif
SQL
    my $pgbench = IPC::Run::start([ 'pgbench', '-n', '-c', 8, '-j', 2, '-t', 150, '--max-tries', 1000, '--failures-detailed', '-f', $file,
            $node->connstr('postgres') . ' application_name=writer' ], '<', \undef, '>', "$file.out", '2>&1',
        IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default));
    $node->poll_query_until('postgres', "SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name = 'writer'");
    do { audit($isolation) } while busy();
    ok($pgbench->finish, "$isolation: every writer came to its end") or diag slurp_file("$file.out");
    like(slurp_file("$file.out"), qr{number of failed transactions: 0 }, "$isolation: no transaction failed for good");
    note $node->safe_psql('postgres', "SELECT what, count(*) FROM done WHERE isolation = '$isolation' GROUP BY 1 ORDER BY 2 DESC");
    cmp_ok($audits{$isolation}, '>=', 2, "$isolation: the auditor looked $audits{$isolation} times");
    is($node->safe_psql('postgres', "BEGIN; $enter TABLE misremembered"), '', "$isolation: each moment of each account is remembered as it was");
}
is(scalar(@found), 0, 'at no moment did a balance differ from the ledger') or diag $found[0];
audit('the end');
is(scalar(@found), 0, 'nor does one at the end') or diag $found[0];
my ($entries, $events, $ties, $kinds) = split /\|/, $node->safe_psql('postgres', <<"SQL");
BEGIN;
$enter
SELECT count(*), count(DISTINCT event_id), count(*) FILTER (WHERE recorded_at = before), count(DISTINCT kind)
  FROM (SELECT *, lag(recorded_at) OVER (PARTITION BY user_id ORDER BY version) AS before FROM rewards.ledger) AS l;
SQL
cmp_ok($entries, '>', 1500, "there were entries to remember: $entries, of $events events");
cmp_ok($ties, '>', 100, "some of one statement, at one moment: $ties");
is($kinds, 2, 'events and changes of status');
cmp_ok($node->safe_psql('postgres', "SELECT count(*) FROM rewards.points_events WHERE event_type = 'points_expiry'"), '>', 0, 'and points expired meanwhile');

# A history that looks right has to be able to look wrong.
for my $forged ('UPDATE rewards.ledger_entries SET balance_after = balance_after + 1 WHERE version = (SELECT max(version) FROM rewards.ledger_entries)',
    "UPDATE rewards.ledger_entries SET recorded_at = recorded_at + '1 day' WHERE version = (SELECT min(version) FROM rewards.ledger_entries)",
    'DELETE FROM rewards.ledger_entries WHERE version = (SELECT min(version) FROM rewards.ledger_entries)',
    "UPDATE rewards.points_events SET balance_after = balance_after - 1 WHERE id = (SELECT max(id::text)::uuid FROM rewards.points_events WHERE version IS NOT NULL)") {
    my ($table) = $forged =~ /rewards\.(\w+)/;
    cmp_ok($node->safe_psql('postgres', "BEGIN; $enter ALTER TABLE rewards.$table DISABLE TRIGGER USER; $forged; SELECT count(*) FROM misremembered"),
        '>', 0, "found: $forged");
}

# reconcile_ledger() is one parallel pass, under row-level security too. Without statistics the planner takes the range of
# members that a policy lets through for a small one.
$node->safe_psql('postgres', 'ANALYZE rewards.points_events');
$node->safe_psql('postgres', "CREATE ROLE staff; SELECT rewards.grant_access(admin => 'staff')");
my ($status, $rows, $plan) = $node->psql('postgres', <<"SQL");
LOAD 'auto_explain';
SET auto_explain.log_min_duration = 0;
SET auto_explain.log_nested_statements = on;
SET auto_explain.log_analyze = on;
SET auto_explain.log_level = notice;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SET ROLE staff;
BEGIN;
$enter
SELECT * FROM rewards.reconcile_ledger();
COMMIT;
SQL
is($status, 0, 'staff reconcile');
is($rows, '', 'and find nothing');
like($plan, qr{Workers Launched: [12]}, 'with parallel workers') or diag $plan;
like($plan, qr{Parallel Seq Scan on points_events}, 'that scan the events');

unlike(slurp_file($node->logfile), qr/deadlock|PANIC|terminated by signal|TRAP/, 'the server has nothing to complain of');
$node->stop;
done_testing();
