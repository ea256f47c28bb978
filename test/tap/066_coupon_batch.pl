# A batch of coupons goes on where it was interrupted, whatever it was that died: the call, its server process, or the
# server. No number is left out, and none is issued twice; and its progress can be seen meanwhile.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/crash";
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Recovery qw(crashes await_recovery);
use Test::More;

my $company = '11111111-1111-4111-8111-111111111111';
my $template = '33333333-3333-4333-8333-333333333333';
my $quantity = 60_000;
my $step = 20_000;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "fsync = on\nautovacuum = off\nrestart_after_crash = on\n");
$node->start;
$node->safe_psql('postgres', <<"SQL");
SET client_min_messages = error;
CREATE EXTENSION pg_rewards;
SELECT rewards.install();
SQL

sub in_company { return "BEGIN; SELECT FROM rewards.set_company_context('$company', 'printer', 'admin'); $_[0]; COMMIT;" }
sub run_in_company {
    my ($sql) = @_;
    my $output = $node->safe_psql('postgres', in_company($sql));
    $output =~ s/^\s+//;
    return $output;
}

sub state_of_batch {
    return $node->safe_psql('postgres', <<'SQL');
SELECT issued, (SELECT count(*) FROM rewards.coupons WHERE batch_id = id), (SELECT max(batch_number) FROM rewards.coupons WHERE batch_id = id),
       (SELECT count(DISTINCT code_hash) FROM rewards.coupons WHERE batch_id = id) FROM rewards.coupon_batches
SQL
}
sub up_to { my ($number) = @_; return join '|', $number, $number, $number || '', $number }

run_in_company(<<"SQL");
INSERT INTO rewards.coupon_templates (id, template_name, points_cost, coupon_value_type, coupon_value, total_stock)
    VALUES ('$template', 'leaflet', 1, 'fixed_amount', 5, $quantity)
SQL
# While there is a row in pause, who comes to the middle of a step stays there.
$node->safe_psql('postgres', <<"SQL");
CREATE TABLE pause (reason text);
CREATE FUNCTION stay() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN IF EXISTS (SELECT FROM pause) THEN PERFORM pg_sleep(600); END IF; RETURN NEW; END';
CREATE TRIGGER stay BEFORE INSERT ON rewards.coupons FOR EACH ROW WHEN (NEW.batch_number % $step = $step / 2) EXECUTE FUNCTION stay();
SQL
my $begin = "SELECT batch_id FROM rewards.begin_coupon_batch('$template', $quantity, 'leaflets')";
my $batch = run_in_company($begin);
is(run_in_company($begin), $batch, 'who lost the answer gets the same batch');
my $issue = "SELECT outcome, issued, remaining FROM rewards.issue_coupon_batch('$batch', $step)";

# Starts to issue, and waits until it is in the middle.
sub start_issuing {
    my $client = { output => '', error => '' };
    $client->{run} = IPC::Run::start([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-c', 'SET application_name = issuer',
            '-c', 'BEGIN', '-c', "SELECT FROM rewards.set_company_context('$company', 'printer', 'admin')", '-c', $issue, '-c', 'COMMIT' ],
        '>', \$client->{output}, '2>', \$client->{error});
    my $issuer = q{FROM pg_stat_activity WHERE wait_event = 'PgSleep'};
    $node->poll_query_until('postgres', "SELECT count(*) = 1 $issuer") or die 'it does not issue';
    $client->{pid} = $node->safe_psql('postgres', "SELECT pid $issuer");
    return $client;
}

sub end_of {
    my ($client) = @_;
    $client->{run}->finish;
    return $client->{output} . $client->{error};
}

is(state_of_batch(), up_to(0), 'nothing is issued yet');
like(run_in_company($issue), qr/^issued\|$step\|40000$/m, 'a step is issued');

$node->safe_psql('postgres', q{INSERT INTO pause VALUES ('to be interrupted')});
my $client = start_issuing();
$node->safe_psql('postgres', "SELECT pg_cancel_backend($client->{pid})");
like(end_of($client), qr/canceling statement/, 'a call is cancelled in the middle');
is(state_of_batch(), up_to($step), 'and leaves nothing behind');

$client = start_issuing();
my $crashes = crashes($node);
kill 'KILL', $client->{pid};
unlike(end_of($client), qr/issued/, 'its server process is killed in the middle');
await_recovery($node, $crashes);
is(state_of_batch(), up_to($step), 'and leaves nothing behind');

$client = start_issuing();
$node->stop('immediate');
end_of($client);
$node->start;
is(state_of_batch(), up_to($step), 'nor does the server that stopped in the middle');
$node->safe_psql('postgres', 'DELETE FROM pause');

like(run_in_company($issue), qr/^issued\|$step\|20000$/m, 'the next call goes on behind the last commit');

# Two at once: one waits for the other, and goes on behind it.
my @clients = map { start_issuing_at_once() } 1 .. 2;
sub start_issuing_at_once {
    my $two = { output => '', error => '' };
    $two->{run} = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', 'BEGIN',
            '-c', "SELECT FROM rewards.set_company_context('$company', 'printer', 'admin')", '-c', $issue, '-c', 'COMMIT' ],
        '>', \$two->{output}, '2>', \$two->{error});
    return $two;
}
is_deeply([ sort map { end_of($_) =~ /(issued\|.*)/; $1 } @clients ], [ 'issued|0|0', "issued|$step|0" ],
    'of two at once one issues the rest, and the other nothing');
is(state_of_batch(), up_to($quantity), 'all are there, each once');
is($node->safe_psql('postgres', 'SELECT count(*) FROM rewards.coupon_stock_discrepancies'), 0, 'and the stock agrees');

# The codes, in parts, by COPY.
my $codes = join "\n", map { run_in_company("COPY (SELECT number, coupon_code FROM rewards.coupon_batch_codes('$batch', $_ * $step, $step)) TO STDOUT") } 0 .. 2;
my @numbers = $codes =~ /^(\d+)\t[0-9A-Z-]{19}$/mg;
is_deeply(\@numbers, [ 1 .. $quantity ], 'the codes leave in the order of their numbers, without a gap');
my %codes = map { $_ => 1 } $codes =~ /\t(.*)$/mg;
is(scalar(keys %codes), $quantity, 'and no two are the same');

# With the least work_mem, too, no code gets to a temporary file.
my $files = 'SELECT temp_files FROM pg_stat_database WHERE datname = current_database()';
my $written = $node->safe_psql('postgres', $files);
$node->safe_psql('postgres', "SET work_mem = '64kB'; " . in_company("SELECT count(*) FROM rewards.coupon_batch_codes('$batch', 0, $quantity)"));
is($node->safe_psql('postgres', $files), $written, 'and none was written to a temporary file');

# Revoking goes on, too.
my $revoke = "SELECT outcome, revoked, claimed, remaining FROM rewards.revoke_coupon_batch('$batch', 'misprint', 30000)";
like(run_in_company($revoke), qr/^revoked\|30000\|0\|30000$/m, 'half of it is revoked');
like(run_in_company($revoke), qr/^revoked\|30000\|0\|0$/m, 'and the other half');
is($node->safe_psql('postgres', q{SELECT count(*) FROM rewards.coupons WHERE status <> 'revoked'}), 0, 'all are revoked');
is($node->safe_psql('postgres', 'SELECT sum(taken) FROM rewards.coupon_stock'), 0, 'and back in stock');
is($node->safe_psql('postgres', 'SELECT count(*) FROM rewards.coupon_stock_discrepancies'), 0, 'which agrees');

done_testing();
