# Who tries codes that do not exist has to wait: in the server's memory, which no rollback reaches, where the library is
# preloaded, and otherwise in a table. Customers with typing errors and used coupons never have to.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/crash";
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Recovery qw(crashes await_recovery);
use Test::More;

my $unknown = '0040-TT20-9K7Z-TJZ4';
my $nobody = '00000000-0000-0000-0000-000000000000';
my ($template, $member) = ('b0000000-0000-4000-8000-000000000591', 'a0000000-0000-4000-8000-000000000591');

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
max_connections = 40
restart_after_crash = on
autovacuum = off
CONF
$node->start;
for my $database ('postgres', 'other') {
    $node->safe_psql('postgres', 'CREATE DATABASE other') if $database eq 'other';
    $node->safe_psql($database, "CREATE EXTENSION pg_rewards; SELECT rewards.install()");
}

# Each part has a company of its own.
my $companies = 0;
sub new_company { return sprintf 'c0000000-0000-4000-8000-%012d', ++$companies }

# What a transaction of the company answers, or its error. Settings: database, role, end.
sub in_company {
    my ($company, $sql, %with) = @_;
    my ($status, $output, $error) = $node->psql($with{database} // 'postgres',
        "\\set VERBOSITY verbose\nBEGIN; SELECT FROM rewards.set_company_context('$company', 'clerk', '" . ($with{role} // 'service') . "'); $sql; "
            . ($with{end} // 'COMMIT'));
    return $status ? $error : $output;
}

sub claim {
    my ($company, $code, $by, %with) = @_;
    my $device = $with{device} ? "'$with{device}'" : 'NULL';
    return in_company($company, "SELECT outcome FROM rewards.claim_coupon('$code', '$by', device_id => $device)", %with);
}

# Guesses so many times in one transaction, and says what came of it.
sub guess {
    my ($company, $by, $times, %with) = @_;
    my $device = $with{device} ? "'$with{device}'" : 'NULL';
    my $outcomes = in_company($company,
        "SELECT (rewards.claim_coupon('$unknown', '$by', device_id => $device)).outcome FROM generate_series(1, $times)", %with);
    my ($tried, $later) = (scalar(() = $outcomes =~ /^not_redeemable$/mg), scalar(() = $outcomes =~ /^try_later$/mg));
    return $tried + $later == $times ? "$tried tried, $later later" : $outcomes;
}

sub issue {
    my ($company, $nonce) = @_;
    my $answer = in_company($company, <<"SQL");
INSERT INTO rewards.coupon_templates (id, template_name, points_cost, coupon_value_type, coupon_value)
    SELECT md5('$company')::uuid, 'coffee', 0, 'product', 1 ON CONFLICT DO NOTHING;
SELECT coupon_code FROM rewards.redeem_coupon('$member', md5('$company')::uuid, '$nonce')
SQL
    $answer =~ /((?:\w{4}-){3}\w{4})/ or die "no code: $answer";
    return $1;
}

sub insights {
    my ($company) = @_;
    return $node->safe_psql('postgres', "SELECT user_id, severity, occurrences, details ->> 'limit' FROM rewards.fraud_insights WHERE company_id = '$company'");
}

sub guessers {
    my ($company, $columns, %with) = @_;
    return in_company($company, "SELECT $columns FROM rewards.coupon_guessers() ORDER BY kind, name", %with);
}

sub count_guessers { return in_company(shift, 'SELECT count(*) FROM rewards.coupon_guessers()', @_) }

sub set_limits {
    my ($company, %limit) = @_;
    my @names = sort keys %limit;
    in_company($company, sprintf 'INSERT INTO rewards.company_settings (%s) VALUES (%s)', join(', ', @names), join ', ', @limit{@names});
}

sub limits_hold {
    my ($mode, $survives) = @_;

    {
        my ($company, $other) = (new_company(), new_company());
        my ($code, $own) = (issue($company, 'a'), issue($other, 'b'));
        is(guess($company, 'eve', 12), '10 tried, 2 later', "$mode: after ten guesses a claimer has to wait");
        is(claim($company, $code, 'eve'), 'try_later', "$mode: ... also with a code that exists");
        is(claim($company, '0000-0000-0000-0001', 'eve'), 'try_later', "$mode: ... and with one that cannot");
        is(in_company($company, "SELECT outcome FROM rewards.hold_coupon('$code', 'eve') UNION ALL SELECT outcome FROM rewards.release_coupon('$code', 'eve')"),
            "try_later\ntry_later", "$mode: ... and for a hold and a release");
        my ($seconds) = in_company($company, "SELECT retry_after FROM rewards.claim_coupon('$code', 'eve')");
        ok($seconds > 300 && $seconds <= 360, "$mode: ... for the tenth part of an hour") or diag $seconds;
        my $error = in_company($company, "SET LOCAL rewards.on_refusal = 'raise'; SELECT rewards.claim_coupon('$code', 'eve')");
        like($error, qr/PT429: try_later/, "$mode: ... which is an error for those who want errors");
        like($error, qr/"limit": "guesses_per_claimer"/, "$mode: ... that names the limit");
        is(claim($other, $own, 'eve'), 'claimed', "$mode: not in another company");
        is(guess($company, 'eve', 1, database => 'other'), '1 tried, 0 later', "$mode: nor in another database");
        is(claim($company, $code, 'ann'), 'claimed', "$mode: nor anybody else");
        is(insights($company), "$nobody|medium|1|guesses_per_claimer", "$mode: it is noted, once");
        is($node->safe_psql('postgres', "SELECT count(*) FROM rewards.user_points_cache WHERE user_id = '$nobody'"), '0',
            "$mode: ... for the company, which has no account");
    }
    {
        my $company = new_company();
        is(guess($company, "till $_", 2, device => 'phone'), '2 tried, 0 later', "$mode: a device tries") for 1 .. 5;
        is(guess($company, 'till 6', 1, device => 'phone'), '0 tried, 1 later', "$mode: ... ten times, by whomever");
        is(guess($company, 'till 1', 1, device => 'tablet'), '1 tried, 0 later', "$mode: ... and others go on");
        is(guess($company, 'phone', 1), '1 tried, 0 later', "$mode: a claimer is not the device of that name");
        is(guessers($company, "kind, name, guesses, most_guesses, blocked_until > now() AND blocked_until <= now() + interval '6 minutes'"),
            "claimer|phone|1|10|\nclaimer|till 1|3|10|\n" . join('', map { "claimer|till $_|2|10|\n" } 2 .. 5)
                . "company||12|1000|\ndevice|phone|10|10|t\ndevice|tablet|1|10|", "$mode: staff see all of it");
        is(count_guessers(new_company()), '0', "$mode: ... in their company");
        is(count_guessers($company, database => 'other'), '0', "$mode: ... and database");
        is(in_company($company, "SELECT rewards.forget_guesses(NULL, 'phone')"), 'forgotten', "$mode: staff can forget it");
        is(in_company($company, "SELECT rewards.forget_guesses('nobody', 'phone')"), 'not_found', "$mode: ... once");
        is(guess($company, 'till 6', 1, device => 'phone'), '1 tried, 0 later', "$mode: ... and the device tries again");
        is($node->safe_psql('postgres', "SELECT actor, new FROM rewards.audit_log WHERE company_id = '$company' AND action = 'forget_guesses'"),
            'clerk|{"device_id": "phone"}', "$mode: ... on record");
    }
    # What customers have: typing errors, and codes that were good once.
    {
        my $company = new_company();
        my ($used, $revoked, $expired, $good) = map { issue($company, $_) } 'used', 'revoked', 'expired', 'good';
        claim($company, $used, 'bob');
        in_company($company, "UPDATE rewards.coupons SET status = 'revoked' WHERE code_hash = rewards.hash_coupon_code('$revoked')");
        in_company($company, <<"SQL");
ALTER TABLE rewards.coupons DISABLE TRIGGER USER;
UPDATE rewards.coupons SET expires_at = now() - interval '1 day' WHERE code_hash = rewards.hash_coupon_code('$expired');
ALTER TABLE rewards.coupons ENABLE TRIGGER USER
SQL
        is(in_company($company, "SELECT DISTINCT (rewards.claim_coupon(code, 'bob')).reason
               FROM unnest('{$used,$revoked,$expired}'::text[]) AS code, generate_series(1, 30) ORDER BY 1", role => 'admin'),
            "already_claimed\nexpired\nrevoked", "$mode: used codes");
        (my $typo = $good) =~ s/(.)$/$1 eq '0' ? '1' : '0'/e;
        is(in_company($company, "SELECT DISTINCT (rewards.claim_coupon('$typo', 'bob')).outcome FROM generate_series(1, 50)"),
            'malformed', "$mode: ... and typing errors");
        is(count_guessers($company), '0', "$mode: ... are no guesses");
        is(claim($company, $good, 'bob'), 'claimed', "$mode: ... and lock nobody out");
        is(insights($company), '', "$mode: ... and are nothing to note");
    }
    {
        my $company = new_company();
        guess($company, 'eve', 10, end => 'ROLLBACK');
        is(guess($company, 'eve', 1), $survives ? '0 tried, 1 later' : '1 tried, 0 later',
            $survives ? "$mode: guesses that are rolled back count" : "$mode: guesses count when they commit");
        my $second = new_company();
        in_company($second, "SAVEPOINT s; SELECT rewards.claim_coupon('$unknown', 'eve') FROM generate_series(1, 10); ROLLBACK TO s");
        is(guess($second, 'eve', 1), $survives ? '0 tried, 1 later' : '1 tried, 0 later', "$mode: ... to a savepoint, too");
    }
    # A company that is attacked from many names
    {
        my $company = new_company();
        my @code = map { issue($company, $_) } 1 .. 3;
        set_limits($company, guesses_per_company => 20, guesses_per_claimer => 30, guesses_per_device => 20);
        is(guess($company, "bot $_", 5), '5 tried, 0 later', "$mode: a company is attacked") for 1 .. 4;
        is(insights($company), "$nobody|high|1|guesses_per_company", "$mode: it is noted");
        is(guess($company, 'bot 1', 1), '0 tried, 1 later', "$mode: who has a tenth of its guesses open has to wait");
        is(claim($company, $code[0], 'bot 4'), 'try_later', "$mode: ... also with a code that exists");
        is(claim($company, $code[0], "ann"), 'claimed', "$mode: customers are served");
        is(guess($company, 'bob', 4), '3 tried, 1 later', "$mode: ... and may err, a tenth as often");
        is(guess($company, "bob $_", 1, device => 'kiosk'), '1 tried, 0 later', "$mode: ... on a device, too") for 1, 2;
        is(guess($company, 'bob 3', 1, device => 'kiosk'), '0 tried, 1 later', "$mode: ... as often as a tenth");
        is(claim($company, $code[1], "bob 3", device => 'phone'), 'claimed', "$mode: ... and are served elsewhere");
        is(insights($company), "$nobody|high|1|guesses_per_company", "$mode: all of that is noted once");
        in_company($company, "UPDATE rewards.fraud_insights SET updated_at = now() - interval '61 seconds' WHERE company_id = '$company'");
        guess($company, 'bot 1', 5);
        is(insights($company), "$nobody|high|2|guesses_per_company", "$mode: ... and again after a minute");
    }
    # Waiting as long as it says is enough, and waiting is needed.
    {
        my $company = new_company();
        set_limits($company, guesses_per_claimer => 1200, guesses_per_company => 1000000);
        my ($tried) = guess($company, 'eve', 1300) =~ /^(\d+) tried/;
        ok($tried >= 1200 && $tried < 1300, "$mode: 1200 guesses an hour") or diag $tried;
        my $waited = in_company($company, <<"SQL");
DO \$\$
DECLARE
    answer record;
    told timestamptz;
BEGIN
    FOR guess IN 1 .. 1000 LOOP
        SELECT * INTO answer FROM rewards.claim_coupon('$unknown', 'eve');
        EXIT WHEN answer.outcome = 'try_later';
    END LOOP;
    told := clock_timestamp();
    WHILE clock_timestamp() < told + answer.retry_after * interval '1 second' LOOP PERFORM pg_sleep(0.01); END LOOP;
    RAISE EXCEPTION '% after % s, then %', answer.outcome, answer.retry_after, (rewards.claim_coupon('$unknown', 'eve')).outcome;
END \$\$
SQL
        like($waited, qr/try_later after [123] s, then not_redeemable/, "$mode: ... and then one every three seconds");
    }
    # Many at once
    {
        my $company = new_company();
        my $script = $node->basedir . "/guess$companies";
        append_to_file($script, <<"SQL");
BEGIN;
SELECT FROM rewards.set_company_context('$company');
SELECT FROM rewards.claim_coupon('$unknown', 'bot' || :client_id % 4);
COMMIT;
SQL
        $node->command_ok([ 'pgbench', '-n', '-c', 16, '-j', 2, '-t', 50, '-f', $script, $node->connstr('postgres') ], "$mode: sixteen guess at once");
        is(guessers($company, "CASE kind WHEN 'claimer' THEN guesses BETWEEN 10 AND 26 END"), "t\nt\nt\nt\n",
            "$mode: ... up to their limit, but for those under way");
        like(insights($company), qr/^\Q$nobody\E\|medium\|1\|/, "$mode: ... which is noted once");
    }
}

limits_hold('in the table', 0);

# What a table keeps

my $kept = new_company();
guess($kept, 'eve', 10);
$node->restart;
is(guess($kept, 'eve', 1), '0 tried, 1 later', 'in the table: a restart forgets nothing');
$node->stop('immediate');
$node->start;
is(guess($kept, 'eve', 1), '0 tried, 1 later', 'in the table: nor does a crash');
guess($kept, "bot $_", 1) for 1 .. 3;
$node->safe_psql('postgres', "UPDATE rewards.coupon_guesses SET forgotten_at = now() - interval '1 hour' WHERE company_id = '$kept' AND name <> 'eve'");
guess($kept, 'ann', 1);
is($node->safe_psql('postgres', "SELECT string_agg(name, ' ' ORDER BY name) FROM rewards.coupon_guesses WHERE company_id = '$kept' AND kind = 'claimer'"),
    'ann bot 3 eve', 'in the table: what is forgotten goes, two rows for a new one');

# Nobody waits for a company's row.
{
    my $holder = $node->background_psql('postgres');
    $holder->query_safe("BEGIN; SELECT FROM rewards.set_company_context('$kept'); SELECT FROM rewards.claim_coupon('$unknown', 'slow')");
    is(in_company($kept, "SET LOCAL lock_timeout = '1s'; SELECT outcome FROM rewards.claim_coupon('$unknown', 'quick')"), 'not_redeemable',
        'in the table: who guesses does not wait for others who do');
    like(in_company($kept, "SET LOCAL lock_timeout = '1s'; SELECT outcome FROM rewards.claim_coupon('$unknown', 'slow')"), qr/55P03/,
        'in the table: ... but for the same claimer');
    $holder->query_safe('ROLLBACK');
    $holder->quit;
}

# Preloaded

$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_rewards'\nrewards.guess_slots = 4096");
$node->restart;
my $rows = $node->safe_psql('postgres', 'SELECT count(*), max(forgotten_at) FROM rewards.coupon_guesses');
limits_hold('in memory', 1);
is($node->safe_psql('postgres', 'SELECT count(*), max(forgotten_at) FROM rewards.coupon_guesses'), $rows, 'in memory: the table is left alone');

my $company = new_company();
my $long = 'ž' x 100;
guess($company, 'eve', 10);
guess($company, $long, 10);
is(guess($company, $long, 1), '0 tried, 1 later', 'in memory: long names count');
is(guess($company, $long . 'a', 1), '1 tried, 0 later', 'in memory: ... each for itself');
is(guessers($company, 'octet_length(name), guesses'), join("\n", '3|10', '62|1', '62|10', '|21') =~ s/\n62\|1\n62\|10/\n62|10\n62|1/r, 'in memory: ... and are shown cut')
    or diag guessers($company, '*');
$node->restart;
is(guess($company, 'eve', 1), '1 tried, 0 later', 'in memory: a restart forgets');
guess($company, 'eve', 9);
{
    my $victim = $node->background_psql('postgres', on_error_stop => 0);
    my $crashes = crashes($node);
    kill 'KILL', $victim->query_safe('SELECT pg_backend_pid()');
    $victim->{run}->finish;
    await_recovery($node, $crashes);
}
is(guess($company, 'eve', 1), '1 tried, 0 later', 'in memory: so does a crash, after which all is well');

# Full

$node->adjust_conf('postgresql.conf', 'rewards.guess_slots', '16');
$node->restart;
my $victim = new_company();
my $code = issue($victim, 'full');
guess($victim, 'eve', 10);
guess($victim, 'mallory', 5);
guess($victim, "bot $_", 1) for 1 .. 40;
is(guess($victim, 'eve', 1), '0 tried, 1 later', 'full: who has guessed most stays');
is(guess($victim, 'mallory', 6), '5 tried, 1 later', 'full: so do those who have guessed much');
is(count_guessers($victim), '16', 'full: there are as many as there is room for');
like(guessers($victim, 'kind, guesses > 50'), qr/^company\|t$/m, 'full: and the company, which knows of all');
my $second = new_company();
guess($second, 'zoe', 3);
is(guessers($second, 'kind, guesses'), "claimer|3\ncompany|3", 'full: who guesses next has room');
is(claim($victim, $code, 'ann'), 'claimed', 'full: customers are served');

like($node->safe_psql('postgres', 'SHOW rewards.guess_slots'), qr/^16$/, 'the size is a setting');
unlike(slurp_file($node->logfile), qr/PANIC|TRAP|rewards.guess_slots"/, 'the server has nothing to complain of');

done_testing();
