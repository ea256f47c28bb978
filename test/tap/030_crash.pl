# What was acknowledged is in the books once, whatever dies: a backend by SIGKILL, the server by an immediate stop, the
# primary for good. Clients do what clients do: they send a request with the same key until it is answered.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/crash", "$FindBin::RealBin/model";
use IPC::Open2;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Recovery qw(crashes kill_process await_recovery);
use Test::More;
use Time::HiRes qw(sleep);
use Worker qw(start_worker count_failures);

my $tenant = '11111111-1111-4111-8111-111111111111';
my $template = '33333333-3333-4333-8333-333333333333';
my @members = map { sprintf '00000000-0000-4000-8000-%012d', $_ } 1 .. 3;
my $clients = 4;
my $enter = "SELECT FROM rewards.set_company_context('$tenant')";

my $folder = PostgreSQL::Test::Utils::tempdir();
my $stop_file = "$folder/stop";
my $test = $$;

# A client

# psql ends at the first error. Then the last request has no answer, and the next psql gets it once more.
sub connect_psql {
    my ($connection) = @_;
    my $pid = open2(my $answers, my $requests, 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $connection);
    return { pid => $pid, answers => $answers, requests => $requests };
}

sub disconnect {
    my ($psql) = @_;
    close $psql->{requests};
    1 while readline $psql->{answers};
    close $psql->{answers};
    waitpid $psql->{pid}, 0;
}

sub send_request {
    my ($psql, $level, $request) = @_;
    print { $psql->{requests} } "BEGIN ISOLATION LEVEL $level; $enter; $request; COMMIT;\n\\echo done\n";
    $psql->{requests}->flush;
}

# The answer of a committed transaction, or nothing.
sub read_answer {
    my ($psql) = @_;
    my @lines;
    while (defined(my $line = readline $psql->{answers})) {
        chomp $line;
        return $lines[0] if $line eq 'done';
        push @lines, $line if $line ne '';
    }
    return;
}

# Awards, deductions, redemptions and claims in turn, member by member. Each answer goes to a file before the next
# request goes out. Now and then an answer is thrown away as if it had been lost.
sub run_client {
    my ($connection, $name) = @_;
    open my $acknowledged, '>>', "$folder/acknowledged.$name" or die $!;
    $acknowledged->autoflush;
    my ($psql, $code);
    my ($number, $tries) = (0, 0);
    until (-e $stop_file || getppid != $test) {
        my $member = $members[ $number % @members ];
        my $key = "$name.$number";
        my $kind = (qw(award deduct redeem claim))[ $number / @members % 4 ];
        $kind = 'award' if $kind eq 'claim' && !defined $code;
        my $request = {
            award => "SELECT event_id, outcome, '', replayed FROM rewards.award_points('$member', 5, 'load', '$key')",
            deduct => "SELECT event_id, outcome, '', replayed FROM rewards.deduct_points('$member', 2, 'load', '$key')",
            redeem => "SELECT coupon_id, outcome, coupon_code, replayed FROM rewards.redeem_coupon('$member', '$template', '$key')",
            claim => "SELECT coupon_id, outcome, '', false FROM rewards.claim_coupon('" . ($code // '') . "', '$key')",
        }->{$kind};
        $psql //= connect_psql($connection);
        $tries++;
        send_request($psql, $number % 2 ? 'READ COMMITTED' : 'REPEATABLE READ', $request);
        my $is_lost = $tries == 1 && $kind ne 'claim' && $number % 10 == 0;
        my $answer = $is_lost ? undef : read_answer($psql);
        if (!defined $answer) {
            disconnect($psql);
            undef $psql;
            sleep 0.02;
            next;
        }
        print $acknowledged join('|', $kind, $key, $member, $tries, $answer), "\n";
        my (undef, $outcome, $text) = split /\|/, $answer;
        undef $code if $kind eq 'claim';
        $code = $text if $outcome eq 'redeemed';
        $number++;
        $tries = 0;
    }
    disconnect($psql) if $psql;
}

sub start_clients {
    my ($connection, $name) = @_;
    unlink $stop_file;
    return map {
        my $client = "$name$_";
        append_to_file("$folder/acknowledged.$client", '');
        start_worker("$folder/errors.$client", sub { run_client($connection, $client) });
    } 1 .. $clients;
}

sub stop_clients {
    my (@pids) = @_;
    append_to_file($stop_file, '');
    is(count_failures(@pids), 0, 'no client gave up');
}

sub lines_of { return split /\n/, slurp_file($_[0]) }

sub acknowledged {
    my @names = qw(kind key member tries id outcome text replayed);
    return map { my %answer; @answer{@names} = split /\|/, $_, -1; \%answer } map { lines_of($_) } glob "$folder/acknowledged.*";
}

# Until each client of these has had so many more answers.
sub wait_for_answers {
    my ($name, $more) = @_;
    my %goal = map { $_ => $more + lines_of($_) } glob "$folder/acknowledged.$name*";
    for (1 .. 20 * $PostgreSQL::Test::Utils::timeout_default) {
        for my $file (keys %goal) { delete $goal{$file} if lines_of($file) >= $goal{$file} }
        return if !%goal;
        sleep 0.05;
    }
    die 'the clients get no answers';
}

# The auditor

# What is wrong with the books, in themselves and against what was acknowledged, a line each; `planted` goes before.
sub discrepancies {
    my ($node, $acknowledged, $planted) = @_;
    my $rows = join ', ', map {
        my $id = $_->{id} eq '' ? 'NULL' : "'$_->{id}'";
        "('$_->{kind}', '$_->{key}', '$_->{member}'::uuid, $id\::uuid, '$_->{outcome}')" } @$acknowledged;
    return $node->safe_psql('postgres', <<"SQL");
BEGIN;
@{[ $planted // '' ]};
CREATE TEMP TABLE acknowledged (kind, key, member, id, outcome) ON COMMIT DROP AS VALUES $rows;
SELECT 'the balance is not the sum of the events: ' || a.user_id
  FROM rewards.user_points_cache a
  LEFT JOIN (SELECT user_id, company_id, sum(points_delta) AS available, sum(greatest(points_delta, 0)) AS earned,
                    -sum(least(points_delta, 0)) AS spent
               FROM rewards.points_events WHERE validation_status = 'validated' GROUP BY 1, 2) e USING (user_id, company_id)
 WHERE (available_points, lifetime_earned, lifetime_spent) IS DISTINCT FROM (available, earned, spent) OR available_points < 0
UNION ALL
SELECT 'the event has no account: ' || id FROM rewards.points_events e
 WHERE NOT EXISTS (SELECT FROM rewards.user_points_cache a WHERE (a.user_id, a.company_id) = (e.user_id, e.company_id))
UNION ALL
SELECT 'two events for one key: ' || nonce FROM rewards.points_events GROUP BY user_id, company_id, nonce HAVING count(*) > 1
UNION ALL
SELECT 'a nonce without an event, or an event without its nonce: ' || nonce
  FROM rewards.used_nonces n FULL JOIN rewards.points_events e USING (user_id, company_id, nonce)
 WHERE n.fingerprint IS NULL OR e.id IS NULL
UNION ALL
SELECT 'a coupon without its price, or a price without its coupon: ' || coalesce(c.coupon_id::text, e.related_entity_id)
  FROM rewards.coupons c
  FULL JOIN (SELECT * FROM rewards.points_events WHERE event_type = 'coupon_redemption') e
         ON (e.user_id, e.related_entity_id, -e.points_delta) = (c.issued_to, c.coupon_id::text, c.issued_points_cost)
 WHERE e.id IS NULL OR c.coupon_id IS NULL
UNION ALL
SELECT 'acknowledged and lost: ' || kind || ' ' || key FROM acknowledged
 WHERE outcome IN ('awarded', 'deducted', 'redeemed', 'claimed')
   AND NOT CASE kind
       WHEN 'redeem' THEN EXISTS (SELECT FROM rewards.used_nonces n JOIN rewards.coupons c ON c.coupon_id = n.coupon_id
                                   WHERE (n.user_id, n.nonce, c.issued_to, c.coupon_id) = (member, key, member, acknowledged.id))
       WHEN 'claim' THEN EXISTS (SELECT FROM rewards.coupons c
                                  WHERE (c.coupon_id, c.redeemed_by, c.status) = (acknowledged.id, key, 'redeemed'))
       ELSE EXISTS (SELECT FROM rewards.points_events e WHERE (e.user_id, e.id, e.nonce) = (member, acknowledged.id, key)) END
UNION ALL
SELECT 'refused and done: ' || kind || ' ' || key FROM acknowledged
 WHERE outcome = 'insufficient_points' AND EXISTS (SELECT FROM rewards.used_nonces WHERE (user_id, nonce) = (member, key))
UNION ALL
SELECT 'claimed twice: ' || id FROM acknowledged WHERE outcome = 'claimed' GROUP BY id HAVING count(*) > 1;
ROLLBACK;
SQL
}

sub is_sound {
    my ($node, $name) = @_;
    my @acknowledged = acknowledged();
    my %count;
    $count{"$_->{outcome}" . ($_->{tries} > 1 ? ', asked again' : '') . ($_->{replayed} eq 't' ? ', replayed' : '')}++
        for @acknowledged;
    note "$name: $count{$_} $_" for sort keys %count;
    is(discrepancies($node, \@acknowledged), '', "$name: what was acknowledged is in the books, once, and they add up");
    cmp_ok(scalar(grep { /, asked again, replayed$/ } keys %count), '>=', 3, "$name: clients got answers that had been lost");
    is(scalar(grep { !/^(awarded|deducted|redeemed|claimed|not_redeemable|insufficient_points)\b/ } keys %count), 0,
        "$name: nobody was told anything strange");

    my @redeemed = (grep { $_->{outcome} eq 'redeemed' } @acknowledged)[ -20 .. -1 ];
    my $again = $node->safe_psql('postgres', join '; ', 'BEGIN', $enter, map({
        "SELECT coupon_id, coupon_code, replayed FROM rewards.redeem_coupon('$_->{member}', '$template', '$_->{key}')" }
        @redeemed), 'COMMIT');
    is($again, join("\n", map { "$_->{id}|$_->{text}|t" } @redeemed), "$name: a repeated request gets the same code");
}

# Crashes

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->append_conf('postgresql.conf', <<'CONF');
restart_after_crash = on
max_connections = 40
shared_buffers = 32MB
log_statement = none
CONF
$primary->start;
$primary->safe_psql('postgres', <<"SQL");
CREATE ROLE shop;
CREATE EXTENSION pg_rewards;
SELECT rewards.install(owner => 'shop');
BEGIN;
$enter;
INSERT INTO rewards.coupon_templates (id, template_name, points_cost, coupon_value_type, coupon_value)
    VALUES ('$template', 'three off', 3, 'fixed_amount', 3);
@{[ join ' ', map { "SELECT FROM rewards.award_points('$_', 10, 'welcome', 'welcome');" } @members ]}
COMMIT;
SQL

# All the others are ended, too; the server recovers and takes connections again. It does not know of its loss at once,
# and takes connections meanwhile.
sub kill_a_backend {
    my ($node) = @_;
    my $crashes = crashes($node);
    my $killed = 0;
    until ($killed) {
        my $pid = $node->safe_psql('postgres', <<'SQL');
SELECT pid FROM pg_stat_activity
 WHERE backend_type = 'client backend' AND query ~ 'rewards|COMMIT' AND pid <> pg_backend_pid() ORDER BY state LIMIT 1
SQL
        $killed = $pid ne '' && kill_process($pid);
    }
    await_recovery($node, $crashes);
}

my @pids = start_clients($primary->connstr('postgres'), 'crash');
for (1 .. 2) {
    wait_for_answers('crash', 60);
    kill_a_backend($primary);
}
wait_for_answers('crash', 60);
$primary->stop('immediate');
$primary->start;
wait_for_answers('crash', 60);
stop_clients(@pids);

my $log = slurp_file($primary->logfile);
is(crashes($primary), 2, 'two backends were killed');
is(scalar(() = $log =~ /automatic recovery in progress/g), 3, 'the server recovered three times');
is_sound($primary, 'after crashes');

# An auditor who finds nothing has to show that he would.
{
    my ($one) = grep { $_->{outcome} eq 'awarded' } acknowledged();
    is(discrepancies($primary, [ { %$one, key => 'lost' } ]), 'acknowledged and lost: award lost', 'a lost answer is found');
    is(discrepancies($primary, [ { %$one, outcome => 'insufficient_points' } ]), "refused and done: award $one->{key}",
        'so is what was done in spite of a refusal');
    my $copy = discrepancies($primary, [$one], <<"SQL");
ALTER TABLE rewards.points_events DISABLE TRIGGER USER;
INSERT INTO rewards.points_events
    SELECT copy.* FROM rewards.points_events e, jsonb_populate_record(e, '{"id": "$tenant"}') AS copy WHERE e.id = '$one->{id}'
SQL
    is($copy, "the balance is not the sum of the events: $one->{member}\ntwo events for one key: $one->{key}",
        'so is an event that is there twice');
    my ($coupon) = grep { $_->{outcome} eq 'claimed' } acknowledged();
    is(discrepancies($primary, [ $coupon, $coupon ], "ALTER TABLE rewards.coupons DISABLE TRIGGER USER; DELETE FROM rewards.coupons WHERE coupon_id = '$coupon->{id}'"),
        join("\n", "a coupon without its price, or a price without its coupon: $coupon->{id}",
            ("acknowledged and lost: claim $coupon->{key}") x 2, "claimed twice: $coupon->{id}"),
        'and a coupon that is gone');
}

# The primary is lost, and its synchronous standby takes over

$primary->backup('base');
is(sprintf('%o', (stat $primary->backup_dir . '/base/pg_rewards.keys')[2] & 0777), '600', 'a base backup has the key file');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
chmod 0600, $standby->data_dir . '/pg_rewards.keys';    # init_from_backup() copies files without their modes
$standby->start;
$primary->append_conf('postgresql.conf', "synchronous_standby_names = 'standby'");
$primary->reload;
$primary->poll_query_until('postgres', "SELECT sync_state = 'sync' FROM pg_stat_replication") or die 'the standby is not synchronous';

my $either = sprintf q(host='%s,%s' port='%s,%s' dbname=postgres target_session_attrs=read-write),
    map({ $_->host } $primary, $standby), map { $_->port } $primary, $standby;
@pids = start_clients($either, 'promote');
wait_for_answers('promote', 60);
$primary->kill9;
$standby->promote;
wait_for_answers('promote', 60);
stop_clients(@pids);
is_sound($standby, 'after the promotion');

$standby->stop;
done_testing();
