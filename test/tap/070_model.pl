# Random operations from several sessions at once, on few accounts, so that they collide; then everything that was
# answered, and everything that is in the books, is compared with a model in plain SQL (in model/).
#
# MODEL_SECONDS=600 runs longer, MODEL_SESSIONS=20 with more sessions, MODEL_SEED=n asks the same again (in which order
# it comes in, chance decides). In the middle a backend is killed, and clients that have no answer ask again.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/model";
use Operations;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Session;
use Test::More;
use Time::HiRes qw(sleep time);
use Worker qw(start_worker count_failures);

my $seconds = $ENV{MODEL_SECONDS} // 10;
my $sessions = $ENV{MODEL_SESSIONS} // 8;
my $seed = $ENV{MODEL_SEED} // int rand 1_000_000;
diag "MODEL_SEED=$seed";

my @companies = map { "${_}0000000-0000-4000-8000-000000000000" } qw(a b c);
my @users = map { sprintf '00000000-0000-4000-8000-%012d', $_ } 1 .. 4;
my %templates = map { my $company = $_; $company => [ map { $company =~ s/0$/$_/r } 1 .. 3 ] } @companies;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
restart_after_crash = on
max_connections = 60
shared_buffers = 64MB
deadlock_timeout = 50ms
log_statement = none
statement_timeout = 20s
CONF
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE ROLE shop;
CREATE EXTENSION pg_rewards;
SELECT rewards.install(owner => 'shop');
SQL

sub run_file { $node->safe_psql('postgres', slurp_file("$FindBin::Bin/model/$_[0]"), extra_params => [ '-v', "seconds=$seconds" ]) }

run_file('world.sql');

# Sessions

sub log_file { return $node->basedir . "/answers.$_[0]" }

# As a client that had no answer: the same once more.
sub again {
    my ($transaction) = @_;
    my @operations = map { my %asked = %$_; +{ map { $_ => $asked{$_} } grep { exists $asked{$_} } qw(kind user nonce request sql elements) } }
        @{ $transaction->{operations} };
    my $begin = $transaction->{begin} =~ s/'\Q$transaction->{actor}\E'/'$transaction->{actor} again'/r;
    return { %$transaction{qw(company level)}, actor => "$transaction->{actor} again", begin => $begin, end => 'COMMIT;', operations => \@operations };
}

sub run_session {
    my ($number, $started) = @_;
    local $ENV{PGAPPNAME} = 'model';
    my $session = Session->new(connection => $node->connstr('postgres'), log => log_file($number));
    my $operations = Operations->new(number => $number, seed => $seed, sessions => $sessions, started => $started, seconds => $seconds,
        companies => \@companies, users => \@users, templates => \%templates);
    while (time < $started + $seconds) {
        my $transaction = $operations->next_transaction;
        my $has_nonce = !grep { !defined $_->{nonce} } @{ $transaction->{operations} };
        $transaction->{is_lost} = $has_nonce && $transaction->{end} eq 'COMMIT;' && rand(100) < 4;
        $session->transact($transaction);
        $session->transact(again($transaction)) if $has_nonce && $transaction->{fate} eq 'unknown';
        $operations->learn($transaction) if !$transaction->{is_lost};
    }
    $session->disconnect;
}

sub start_sessions {
    my ($started) = @_;
    return map { my $number = $_; start_worker($node->basedir . "/errors.$number", sub { run_session($number, $started) }) } 1 .. $sessions;
}

# Meanwhile

my $audits = 0;
my $waits = 0;
my @found;

# Blocks are sealed all the while, too. While the server recovers there is nobody to ask.
sub audit {
    my $company = $companies[ $audits % @companies ];
    my ($status, $rows) = $node->psql('postgres', <<"SQL", on_error_die => 0, on_error_stop => 1);
SELECT count(*) FROM pg_stat_activity WHERE application_name = 'model' AND wait_event_type = 'Lock';
SELECT user_id, company_id, differs FROM rewards.ledger_discrepancies;
BEGIN;
SELECT FROM rewards.set_company_context('$company');
SELECT user_id, differs FROM rewards.reconcile_ledger();
SELECT layer, "check", bad, first_bad FROM rewards.verify_ledger() WHERE status <> 'ok';
SELECT FROM rewards.seal_ledger();
COMMIT;
SQL
    return if $status;
    my ($waiting, @wrong) = split /\n/, $rows;
    $audits++;
    $waits += $waiting;
    push @found, @wrong;
}

sub in_company {
    my ($company, $query) = @_;
    return $node->safe_psql('postgres', "BEGIN; DO \$\$ BEGIN PERFORM rewards.set_company_context('$company'); END \$\$; $query; COMMIT;");
}

sub kill_a_backend {
    my $pid = $node->safe_psql('postgres', "SELECT pid FROM pg_stat_activity WHERE application_name = 'model' AND query ~ 'rewards|COMMIT' ORDER BY state LIMIT 1");
    kill 'KILL', $pid if $pid;
    return $pid ne '';
}

my $started = time;
my @pids = start_sessions($started);
my $is_killed = 0;
while (time < $started + $seconds) {
    audit();
    $is_killed ||= time > $started + $seconds / 2 && kill_a_backend();
    sleep 0.1;
}
is(count_failures(@pids), 0, 'every session came to its end') or diag map { slurp_file($node->basedir . "/errors.$_") } 1 .. $sessions;
ok($is_killed, 'a backend was killed in the middle');
cmp_ok($audits, '>', 10, 'somebody looked again and again');
is(join("\n", @found), '', 'and never saw a discrepancy');
my @digests = map { in_company($_, 'SELECT digest FROM rewards.ledger_digest()') } @companies;

# What is due at the end expires now, so that the books come to rest.
in_company($_, 'SELECT FROM rewards.expire_points()') for @companies;
$node->safe_psql('postgres', "COPY model.answer FROM '" . log_file($_) . "'") for 1 .. $sessions;
run_file($_) for qw(ledger.sql books.sql answers.sql decisions.sql);
$node->safe_psql('postgres', 'CALL model.build()');

note "$audits audits, which saw $waits sessions wait for a lock";
note $node->safe_psql('postgres', <<'SQL');
SELECT format('%s transactions, %s operations, %s a second', count(DISTINCT actor), count(*), round(count(*) / extract(epoch FROM max(answered_at) - min(asked_at)))) FROM model.told
UNION ALL
SELECT format('%s entries on %s accounts', count(*), count(DISTINCT (user_id, company_id))) FROM model.entry
UNION ALL
(SELECT format('%6s  %s, %s', count(*), coalesce(kind || ' ' || outcome || CASE WHEN replayed THEN ', replayed' ELSE '' END, kind || ' ' || nullif(sqlstate, '00000'), kind), fate)
   FROM model.told GROUP BY kind, outcome, replayed, sqlstate, fate ORDER BY kind, fate, count(*) DESC)
SQL

is($node->safe_psql('postgres', <<'SQL'), '', 'there was everything to look at');
SELECT * FROM (VALUES ('award', 'awarded', true), ('deduct', 'deducted', false), ('submit', 'recorded', true), ('submit', 'nonce_conflict', false),
                      ('submit', 'rate_limited', false), ('redeem', 'redeemed', true), ('redeem', 'limit_reached', false), ('claim', 'claimed', false),
                      ('claim', 'not_redeemable', false), ('refund', 'refunded', false), ('review', 'approved', false)) AS wanted (kind, outcome, replayed)
 WHERE NOT EXISTS (SELECT FROM model.told t WHERE (t.kind, t.outcome, t.replayed, t.fate) = (wanted.kind, wanted.outcome, wanted.replayed, 'committed'))
UNION ALL
SELECT 'entry', event_type, by_function FROM (VALUES ('points_expiry', true), ('import', false)) AS wanted (event_type, by_function)
 WHERE NOT EXISTS (SELECT FROM model.entry WHERE (entry.event_type, entry.by_function) = (wanted.event_type, wanted.by_function))
UNION ALL
SELECT 'look', 'rows', false WHERE NOT EXISTS (SELECT FROM model.told WHERE kind = 'look' AND (answer ->> 'rows')::int > 0)
SQL

my @rules = split /\n/, $node->safe_psql('postgres',
    "SELECT relname, obj_description(oid) FROM pg_class WHERE relnamespace = 'model'::regnamespace AND relname LIKE 'wrong\\_%' ORDER BY oid");
cmp_ok(scalar @rules, '>=', 25, 'there are rules');
for (@rules) {
    my ($view, $rule) = split /\|/;
    is($node->safe_psql('postgres', "SELECT left(found, 1000) FROM model.$view LIMIT 5"), '', $rule);
}

for my $one (0 .. $#companies) {
    my ($company, $digest) = ($companies[$one], $digests[$one]);
    in_company($company, 'SELECT FROM rewards.seal_ledger()');
    is(in_company($company, 'SELECT entries FROM rewards.unsealed_entries()'), '0', 'all entries are sealed');
    is(in_company($company, "SELECT sum(entries) FROM rewards.ledger_blocks WHERE company_id = '$company'"),
        $node->safe_psql('postgres', "SELECT count(*) FROM model.entry WHERE company_id = '$company'"), 'each in one block');
    is(in_company($company, qq(SELECT layer, "check", bad, first_bad FROM rewards.verify_ledger(digest => '$digest') WHERE status <> 'ok')),
        '', 'and the ledger verifies, as far as the digest taken before, too');
}

# The balance at a moment, and just before it, at which something was recorded
my $wrong_at = join '', map { in_company($_, <<"SQL") } @companies;
SELECT format('%s: %s, and it was %s', user_id, rewards.balance_at(user_id, at), balance)
  FROM (SELECT user_id, recorded_at AS at, sum_available AS balance FROM model.entry
         WHERE company_id = '$_' AND recorded_next > recorded_at AND version % 3 = 0
        UNION ALL
        SELECT user_id, recorded_at - interval '1 microsecond', sum_available - available FROM model.entry
         WHERE company_id = '$_' AND recorded_at > recorded_before AND version % 3 = 1) AS moment
 WHERE rewards.balance_at(user_id, at) <> balance LIMIT 3
SQL
is($wrong_at, '', 'balance_at() knows what every balance was');

# A model that finds nothing has to show that it would.
my %harms = (
    wrong_balance => 'UPDATE rewards.user_points_cache SET pending_points = pending_points + 1',
    wrong_running_balance => 'UPDATE rewards.points_events SET balance_after = balance_after + 1 WHERE version = 3',
    wrong_number => "DELETE FROM rewards.points_events WHERE version = 3",
    wrong_chain => "UPDATE rewards.points_events SET related_entity_type = 'edited' WHERE version = 3",
    wrong_event => "DELETE FROM rewards.ledger_entries WHERE kind = 'event'",
    wrong_acknowledged => 'DELETE FROM rewards.coupons',
    wrong_origin => "DELETE FROM model.answer WHERE kind = 'award'",
    wrong_nonce => "DELETE FROM rewards.used_nonces WHERE coupon_id IS NOT NULL",
    wrong_replay => q(UPDATE model.answer SET answer = answer || '{"points": 77}' WHERE kind = 'submit' AND answer ->> 'replayed' = 'true'),
    wrong_conflict => q(UPDATE model.answer SET answer = '{"outcome": "nonce_conflict"}' WHERE nonce IS NOT NULL AND fate = 'committed'),
    wrong_insight => "UPDATE rewards.fraud_insights SET occurrences = occurrences + 1000",
    wrong_claim => "UPDATE rewards.coupons SET status = 'issued', redeemed_at = NULL, redeemed_by = NULL, redemption_proof = NULL, claim_ref = NULL, revoked_at = NULL, revoked_by = NULL, revoke_reason = NULL, refunded_at = NULL, refund_points_event_id = NULL",
    wrong_refund => "UPDATE rewards.points_events SET points_delta = points_delta + 1 WHERE event_type = 'refund'",
    wrong_lot => 'UPDATE rewards.point_lot_uses SET points = points + 1',
    wrong_limit => 'UPDATE rewards.company_settings SET events_per_hour = 1',
    wrong_limit_refusal => 'UPDATE rewards.company_settings SET events_per_hour = 1000000',
    wrong_told_balance => q(UPDATE model.answer SET answer = answer || '{"balance": 777777}' WHERE kind = 'submit'),
    wrong_company => q(UPDATE model.answer SET answer = answer || '{"of_others": 1}' WHERE kind = 'look'),
    wrong_error => "UPDATE model.answer SET sqlstate = '40001' WHERE kind = 'award'",
);
for my $view (sort keys %harms) {
    my $tables = join ', ', map { "rewards.$_" } qw(points_events ledger_entries user_points_cache used_nonces point_lot_uses coupons);
    cmp_ok($node->safe_psql('postgres', <<"SQL"), '>', 0, "$view finds what was planted");
BEGIN;
@{[ map { "ALTER TABLE $_ DISABLE TRIGGER USER;" } split /, /, $tables ]}
$harms{$view};
REFRESH MATERIALIZED VIEW model.entry;
REFRESH MATERIALIZED VIEW model.told;
SELECT count(*) FROM model.$view;
ROLLBACK;
SQL
}

$node->stop;
done_testing();
