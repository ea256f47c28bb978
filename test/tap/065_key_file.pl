# The file with the coupon keys: made once, kept private, missed when it is gone, carried by a base backup, and never
# found anywhere else. Nor is a code: not in the log, not in the WAL, not in a data file.
use strict;
use warnings FATAL => 'all';

use File::Copy qw(copy move);
use File::Find;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $tenant = '11111111-1111-4111-8111-111111111111';
my $template = '33333333-3333-4333-8333-333333333333';
my $member = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->append_conf('postgresql.conf', <<'CONF');
max_connections = 40
shared_buffers = 32MB
log_statement = all
log_min_messages = debug1
log_error_verbosity = verbose
debug_print_plan = on
wal_keep_size = 256MB
autovacuum = off
CONF
$primary->start;
my $key_file = $primary->data_dir . '/pg_rewards.keys';

sub mode_of { return sprintf '%o', (stat $_[0])[2] & 0777 }

# One transaction of the company: its output, or its error.
sub in_company {
    my ($node, $sql) = @_;
    my ($status, $output, $error) = $node->psql('postgres',
        "\\set VERBOSITY verbose\nBEGIN; SELECT FROM rewards.set_company_context('$tenant'); $sql; COMMIT;");
    return $status ? $error : $output;
}

sub redeem { return in_company($_[0], "SELECT outcome, coupon_code FROM rewards.redeem_coupon('$member', '$template', '$_[1]')") }
sub claim { return in_company($_[0], "SELECT outcome FROM rewards.claim_coupon('$_[1]', 'till')") }
sub balance { return $_[0]->safe_psql('postgres', "SELECT available_points FROM rewards.user_points_cache WHERE user_id = '$member'") }

$primary->safe_psql('postgres', <<"SQL");
CREATE ROLE shop;
CREATE EXTENSION pg_rewards;
SELECT rewards.install(owner => 'shop');
CREATE UNLOGGED TABLE first (member uuid, number bigint GENERATED ALWAYS AS IDENTITY);
INSERT INTO first SELECT gen_random_uuid() FROM generate_series(0, 9);
BEGIN;
SELECT rewards.set_company_context('$tenant');
INSERT INTO rewards.coupon_templates (id, template_name, points_cost, coupon_value_type, coupon_value)
    VALUES ('$template', 'ten off', 10, 'fixed_amount', 10);
SELECT FROM first, rewards.award_points(member, 10);
SELECT FROM rewards.award_points('$member', 1000);
COMMIT;
SQL

# First use

ok(!-e $key_file, 'there is no key file before it is needed');
like(in_company($primary, "SELECT rewards.hash_coupon_code('0040-TT20-9K7Z-TJZ4')"), qr/55000: the key file does not exist/,
    'whoever only reads gets an error');
ok(!-e $key_file, '... and makes none');

# Ten at once: all of them wait for the table of fingerprints, and are let go together.
{
    my $holder = $primary->background_psql('postgres');
    $holder->query_safe('BEGIN; LOCK TABLE rewards.master_keys IN ACCESS EXCLUSIVE MODE');
    my $script = $primary->basedir . '/first';
    append_to_file($script, <<"SQL");
BEGIN;
SELECT FROM rewards.set_company_context('$tenant');
SELECT outcome FROM first, rewards.redeem_coupon(member, '$template', 'first') WHERE number = :client_id + 1;
COMMIT;
SQL
    my $run = IPC::Run::start([ 'pgbench', '-n', '-c', 10, '-t', 1, '-f', $script, $primary->connstr('postgres') . ' application_name=client' ],
        '<', \undef, '>', "$script.out", '2>&1', IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default));
    ok($primary->poll_query_until('postgres',
        "SELECT count(*) = 10 FROM pg_stat_activity WHERE application_name = 'client' AND wait_event_type = 'Lock'"),
        'ten redemptions wait to be the first');
    $holder->query_safe('COMMIT');
    $holder->quit;
    ok($run->finish, 'all of them end') or diag slurp_file("$script.out");
}
is($primary->safe_psql('postgres', 'SELECT count(*) FROM rewards.coupons'), '10', 'each has its coupon');
is($primary->safe_psql('postgres', 'SELECT slot, count(*) FROM rewards.master_keys GROUP BY slot'), '0|1', 'and there is one fingerprint');
is(mode_of($key_file), '600', 'and one file, which only the server can read');
is_deeply([ glob "$key_file*" ], [$key_file], 'and no draft of it is left');
my @codes = split /\n/, in_company($primary, "SELECT coupon_code FROM first, rewards.redeem_coupon(member, '$template', 'first') ORDER BY number");
is(scalar(() = "@codes" =~ /\b(?:[0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}\b/g), 10, 'all ten give their codes again');
is(claim($primary, shift @codes), 'claimed', 'and one of them is used') for 1 .. 3;

my ($master) = slurp_file($key_file) =~ /^slot 0 ([0-9a-f]{64})$/m;
ok(defined $master, 'the file holds one key of 256 bits');

# Restart; lost, found, foreign, open to others

my ($kept, @silent) = map { (split /\|/, redeem($primary, $_))[1] } 'kept', map { "silent $_" } 1 .. 5;
my ($text, $unchanged) = (slurp_file($key_file), balance($primary));
$primary->restart;
is(redeem($primary, 'kept'), "redeemed|$kept", 'after a restart a nonce gives the same code');
is(slurp_file($key_file), $text, '... and the file is as it was');

sub is_refused {
    my ($name, $error) = @_;
    my $hint = qr/HINT: /;
    for my $call ([ 'a new redemption', redeem($primary, "new $name") ], [ 'a replay', redeem($primary, 'kept') ],
        [ 'a claim', claim($primary, $kept) ],
        [ 'a hash', in_company($primary, "SELECT rewards.hash_coupon_code('$kept')") ]) {
        like($call->[1], $error, "$name: $call->[0] gets an error that says so");
        like($call->[1], $hint, '... with a hint');
        unlike($call->[1], qr/\Q$master\E|\Q$key_file\E/, '... and neither the key nor the path');
    }
    is(balance($primary), $unchanged, "$name: nothing is paid");
}

sub is_good_again {
    my ($name) = @_;
    is(redeem($primary, 'kept'), "redeemed|$kept", "$name: the code is there again");
    is(claim($primary, shift @codes), 'claimed', "$name: and codes can be claimed");
}

move($key_file, "$key_file.away");
is_refused('the file is away', qr/55000: the key file does not exist/);
ok(!-e $key_file, 'nobody made another one');
move("$key_file.away", $key_file);
is_good_again('the file is back');

move($key_file, "$key_file.away");
(my $foreign = $text) =~ s/\Q$master\E/'5' x 64/e;
append_to_file($key_file, $foreign);
chmod 0600, $key_file;
is_refused('a foreign file', qr/55000: the key file does not hold the key that this database used in slot 0/);
move("$key_file.away", $key_file);
is_good_again('the right file');

for my $mode (0644, 0640, 0604) {
    chmod $mode, $key_file;
    is_refused(sprintf('mode %o', $mode), qr/F0000: the key file is accessible to others than the server/);
}
chmod 0600, $key_file;
is_good_again('mode 600');

copy($key_file, "$key_file.away");
truncate $key_file, 100;
is_refused('half a file', qr/F0000: the key file is not usable/);
move("$key_file.away", $key_file);
chmod 0600, $key_file;
is_good_again('the whole file');

# A file outside of the data directory
{
    my $elsewhere = $primary->basedir . '/elsewhere.keys';
    move($key_file, $elsewhere);
    $primary->append_conf('postgresql.conf', "rewards.key_file = '$elsewhere'");
    $primary->reload;
    is_good_again('rewards.key_file');
    ok(!-e $key_file, 'rewards.key_file: and no other was made');
    $primary->append_conf('postgresql.conf', "rewards.key_file = ''");
    $primary->reload;
    move($elsewhere, $key_file);
}

# Another database of this server has the same keys, and other codes.
{
    $primary->safe_psql('postgres', 'CREATE DATABASE other');
    $primary->safe_psql('other', "CREATE EXTENSION pg_rewards; SELECT rewards.install(owner => 'shop')");
    is($primary->safe_psql('other', <<"SQL"), 'redeemed', 'another database can issue codes');
BEGIN;
SELECT FROM rewards.set_company_context('$tenant');
INSERT INTO rewards.coupon_templates (id, template_name, points_cost, coupon_value_type, coupon_value) VALUES ('$template', 'free', 0, 'product', 1);
SELECT outcome FROM rewards.redeem_coupon('$member', '$template', 'kept');
COMMIT;
SQL
    is($primary->safe_psql('other', 'SELECT fingerprint FROM rewards.master_keys'),
        $primary->safe_psql('postgres', 'SELECT fingerprint FROM rewards.master_keys'), '... with the same key');
    is($primary->safe_psql('other', "BEGIN; SELECT FROM rewards.set_company_context('$tenant'); SELECT outcome FROM rewards.claim_coupon('$kept', 'till'); COMMIT"),
        'not_redeemable', '... and does not know those of this one');
    is(slurp_file($key_file), $text, '... and the file is as it was');
}

# Base backup, standby, promotion

$primary->backup('base');
my $backup = $primary->backup_dir . '/base/pg_rewards.keys';
is(slurp_file($backup), $text, 'a base backup carries the file');
is(mode_of($backup), '600', '... with its mode');

my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
my $standby_file = $standby->data_dir . '/pg_rewards.keys';
chmod 0600, $standby_file;    # init_from_backup() copies files without their modes
$standby->start;
my $later = (split /\|/, redeem($primary, 'for the standby'))[1];
$primary->wait_for_catchup($standby, 'replay');

is(in_company($standby, 'SELECT rewards.get_current_company_id()'), $tenant, 'standby: a company context can be set');
is(in_company($standby, "SELECT available_points FROM rewards.calculate_user_points('$member')"), balance($primary), 'standby: balances can be read');
is(in_company($standby, "SELECT count(*) FROM rewards.coupons WHERE code_hash = rewards.hash_coupon_code('$later')"), '1',
    'standby: a code is found by its hash');
for my $call ("redeem_coupon('$member', '$template', 'for the standby')", "claim_coupon('$later', 'till')", "award_points('$member', 1)",
    "deduct_points('$member', 1)", "refresh_user_points_cache('$member')") {
    my ($name) = $call =~ /^(\w+)/;
    like(in_company($standby, "SELECT FROM rewards.$call"), qr/25006: cannot execute \Q$name\E\(\) (?:in a read-only transaction|during recovery)/,
        "standby: $name says that it cannot write");
}
move($standby_file, "$standby_file.away");
$standby->restart;
like(in_company($standby, "SELECT rewards.hash_coupon_code('$later')"), qr/55000: the key file does not exist/, 'standby: without the file it says so');
is(in_company($standby, 'SELECT count(*) > 0 FROM rewards.points_events'), 't', '... and the rest can be read');
move("$standby_file.away", $standby_file);

my $hash = $primary->safe_psql('postgres', <<'SQL');
SELECT encode(code_hash, 'hex') FROM rewards.coupons JOIN rewards.used_nonces USING (coupon_id) WHERE nonce = 'silent 3'
SQL
$primary->stop;
$standby->promote;
is(redeem($standby, 'for the standby'), "redeemed|$later", 'promoted: a nonce gives the same code');
is(claim($standby, $later), 'claimed', 'promoted: which can be claimed');
like(redeem($standby, 'after the promotion'), qr/^redeemed\|/, 'promoted: and new ones are issued');
$standby->stop;

# What must not be found, and what must be, or the search is no good. A code that was typed into a claim is in the log, as
# a statement of the client; the silent ones have only been answers.

my %secret = ('the key' => $master, 'the key as bytes' => pack('H*', $master));
for my $code (@silent) {
    $secret{"code $code"} = $code;
    ($secret{"code $code without hyphens"} = $code) =~ tr/-//d;
}
my %known = ('a nonce' => 'silent 3', 'the hash of a code' => pack('H*', $hash));

# Text in any case. Nothing is compressed: neither wal_compression nor TOAST is at work here.
sub search {
    my ($needles, @places) = @_;
    my %found;
    my $look = sub {
        return if !-f || m{/(?:pg_rewards|elsewhere)\.keys$};
        my $content = lc slurp_file($_);
        for my $name (keys %$needles) { $found{$name} = 1 if index($content, lc $needles->{$name}) >= 0 }
    };
    find({ no_chdir => 1, wanted => $look }, @places);
    return join "\n", sort keys %found;
}

for my $node ($primary, $standby) {
    my $name = $node->name;
    is(search(\%secret, $node->data_dir, $node->logfile), '', "$name: no secret is in any file but its own");
    is(search(\%known, $node->data_dir . '/pg_wal'), "a nonce\nthe hash of a code", "$name: the search finds things in the WAL");
    is(search(\%known, $node->data_dir . '/base'), "a nonce\nthe hash of a code", "$name: ... and in data files");
    unlike(slurp_file($node->logfile), qr/PANIC|TRAP|terminated by signal/, "$name: the server has nothing to complain of");
}
is(search({ 'a nonce' => 'silent 3', 'a code that was typed' => $kept }, $primary->logfile), "a code that was typed\na nonce",
    'and in the log');

done_testing();
