# Keys change hands on servers that have standbys, backups, restarts and a file that cannot always be written: each time
# it goes on or says clearly why not, and nothing is lost.
use strict;
use warnings FATAL => 'all';

use Fcntl qw(:flock);
use File::Copy qw(copy move);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $tenant = '11111111-1111-4111-8111-111111111111';
my $template = '33333333-3333-4333-8333-333333333333';
my $member = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->append_conf('postgresql.conf', "log_error_verbosity = verbose\nautovacuum = off\n");
$primary->start;
my $key_file = $primary->data_dir . '/pg_rewards.keys';

sub run_sql {
    my ($node, $sql, $database) = @_;
    my ($status, $output, $error) = $node->psql($database // 'postgres', "\\set VERBOSITY verbose\n$sql");
    return $status ? $error : $output;
}
sub in_company { return run_sql($_[0], "BEGIN; SELECT FROM rewards.set_company_context('$tenant'); $_[1]; COMMIT;", $_[2]) }
sub redeem { return in_company($_[0], "SELECT outcome, coupon_code FROM rewards.redeem_coupon('$member', '$template', '$_[1]')", $_[2]) }
sub claim { return in_company($_[0], "SELECT outcome FROM rewards.claim_coupon('$_[1]', 'till')", $_[2]) }
sub code { return (split /\|/, redeem(@_))[1] }
sub states { return $_[0]->safe_psql('postgres', "SELECT string_agg(slot || ' ' || state, ', ' ORDER BY slot) FROM rewards.master_keys") }
sub slots { return join ' ', slurp_file($_[0]) =~ /^slot (\d+) [0-9a-f]{64}$/mg }
sub mode_of { return sprintf '%o', (stat $_[0])[2] & 0777 }

$primary->safe_psql('postgres', <<"SQL");
CREATE ROLE shop;
CREATE EXTENSION pg_rewards;
SELECT rewards.install(owner => 'shop');
BEGIN;
SELECT rewards.set_company_context('$tenant');
INSERT INTO rewards.coupon_templates (id, template_name, points_cost, coupon_value_type, coupon_value)
    VALUES ('$template', 'ten off', 0, 'fixed_amount', 10);
COMMIT;
SQL

# The first use may be a rotation, too.
like(run_sql($primary, 'SELECT rewards.rotate_coupon_key()'), qr/^1$/, 'a rotation before the first use makes the file, and a key in slot 1');
is(slots($key_file), '0 1', 'which has both');
is(mode_of($key_file), '600', 'and is private');
my @first = map { code($primary, "first $_") } 1 .. 6;
like($first[0], qr/^1/, 'codes are made with the new key');

# A session that has read the keys before goes on with the new one, and a token of the old key stays good.

my $session = $primary->background_psql('postgres');
my $token = $session->query_safe("SELECT rewards.issue_company_token('$tenant', 'till', 'service')");
is(run_sql($primary, 'SELECT rewards.rotate_coupon_key()'), '2', 'rotated');
like($session->query_safe("BEGIN; SELECT FROM rewards.set_company_context_token('$token'); SELECT coupon_code FROM rewards.redeem_coupon('$member', '$template', 'session'); COMMIT"),
    qr/^2/, 'a session that had the keys issues with the new one, in a context of a token of the old one');
$session->quit;
is(claim($primary, $first[0]), 'claimed', 'and an old code is good');
like(run_sql($primary, 'SELECT rewards.retire_coupon_key(1)'), qr/55006: the key in slot 1 is still needed\nDETAIL:  It is needed by 5 coupons that can be claimed, by 1 token keys/,
    'what still needs the old key is told');

# A transaction that does not end leaves a line in the file, and nothing else.

{
    my $before = states($primary);
    my $open = $primary->background_psql('postgres');
    is($open->query('BEGIN; SELECT rewards.rotate_coupon_key()'), '3', 'a rotation begins');
    $primary->stop('immediate');
    $open->{run}->kill_kill;
    $primary->start;
    is(slots($key_file), '0 1 2 3', 'after a crash its line is in the file');
    is(states($primary), $before, '... and the database knows nothing of it');
    like(code($primary, 'after the crash'), qr/^2/, '... and goes on as before');
    is_deeply([ glob "$key_file*" ], [$key_file], '... and no draft is left');
    is(run_sql($primary, 'SELECT rewards.rotate_coupon_key()'), '4', 'the next one takes another slot');
}

# Files that cannot be written, that others read, that somebody else is writing

my $folder = $primary->basedir . '/keys';
mkdir $folder;
copy($key_file, "$folder/keys");
chmod 0600, "$folder/keys";
$primary->append_conf('postgresql.conf', "rewards.key_file = '$folder/keys'");
$primary->reload;
my $text = slurp_file("$folder/keys");
chmod 0500, $folder;
like(run_sql($primary, 'SELECT rewards.rotate_coupon_key()'),
    qr/42501: could not add a key to the key file: Permission denied\nHINT:  Add a line with a new key to the file of every server by hand/, 'a folder that cannot be written: the hint is the way by hand');
like(code($primary, 'unwritable'), qr/^4/, '... and all else goes on');
chmod 0700, $folder;
append_to_file("$folder/keys", 'slot 9 ' . '9' x 64);    # no end of line
is(run_sql($primary, 'SELECT rewards.rotate_coupon_key(9)'), '9', 'which works');
like(code($primary, 'by hand'), qr/^9/, '... for new codes');
is(run_sql($primary, 'SELECT rewards.rotate_coupon_key()'), '5', 'and a line is added to one without an end');
is(slots("$folder/keys"), '0 1 2 3 4 9 5', '... as a line of its own');

chmod 0640, "$folder/keys";
like(run_sql($primary, 'SELECT rewards.rotate_coupon_key()'), qr/F0000: the key file is accessible to others than the server/, 'a file that others can read gets no key');
like(redeem($primary, 'readable'), qr/F0000: the key file is accessible/, '... and makes no code') if $primary->restart || 1;
chmod 0600, "$folder/keys";

open my $held, '<', "$folder/keys" or die $!;
flock $held, LOCK_EX or die $!;
like(run_sql($primary, 'SELECT rewards.rotate_coupon_key()'), qr/55006: somebody else is adding a key to the key file/, 'two databases do not write the file at once');
close $held;
is(slots("$folder/keys"), '0 1 2 3 4 9 5', 'none of that has changed it');

# A foreign file gets no key, either.
move("$folder/keys", "$folder/kept");
append_to_file("$folder/keys", 'slot 0 ' . '5' x 64 . "\n");
chmod 0600, "$folder/keys";
like(run_sql($primary, 'SELECT rewards.rotate_coupon_key()'), qr/55000: the key file does not hold the key that this database used in slot 0/, 'a foreign file is no file for a new key');
is(slots("$folder/keys"), '0', '... and stays as it is');
unlink "$folder/keys";
like(run_sql($primary, 'SELECT rewards.rotate_coupon_key()'), qr/55000: the key file does not exist/, 'nor is one that is away');
ok(!-e "$folder/keys", '... and nobody makes it anew');
move("$folder/kept", "$folder/keys");
like(code($primary, 'put back'), qr/^5/, 'with the right one it goes on');
move("$folder/keys", $key_file);
$primary->append_conf('postgresql.conf', "rewards.key_file = ''");
$primary->reload;

# A standby has to be given the file; until then it says so, and after that it goes on by itself.

$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
my $standby_file = $standby->data_dir . '/pg_rewards.keys';
chmod 0600, $standby_file;    # init_from_backup() copies files without their modes
$standby->start;
my $reader = $standby->background_psql('postgres', on_error_stop => 0);
my $found = "BEGIN; SELECT FROM rewards.set_company_context('$tenant'); SELECT count(*) FROM rewards.coupons WHERE code_hash = rewards.hash_coupon_code('$first[1]'); COMMIT";
is($reader->query($found), '1', 'standby: a code is found by its hash');
is(run_sql($primary, 'SELECT rewards.rotate_coupon_key()'), '6', 'the primary rotates');
is($primary->safe_psql('postgres', 'SELECT relayered, complete FROM rewards.relayer_coupon_key(1)'), '5|t', '... and lays the new key over the first one');
my $new = code($primary, 'new');
$primary->wait_for_catchup($standby, 'replay');
$reader->query($found);
like($reader->{stderr}, qr/the key file does not hold the key that this database used in slot 6/, 'standby: without the new key it says so');
$reader->query('ROLLBACK');
copy($key_file, $standby_file);
is($reader->query($found), '1', 'standby: with it a session finds the code again, under the layer');
$reader->quit;
for my $call ('rotate_coupon_key()', 'rotate_coupon_key(5)', 'retire_coupon_key(1)', 'relayer_coupon_key(1)') {
    my ($name) = $call =~ /^(\w+)/;
    like(run_sql($standby, "SELECT rewards.$call"), qr/25006: cannot execute \Q$name\E\(\) (?:in a read-only transaction|during recovery)/, "standby: no $call");
}

# A restored dump is as good as its key file.

my $restored = PostgreSQL::Test::Cluster->new('restored');
$restored->init;
$restored->start;
my $dump = $primary->basedir . '/dump.sql';
command_ok([ 'pg_dump', '-d', $primary->connstr('postgres'), '-f', $dump ], 'a dump is made');
$restored->safe_psql('postgres', 'CREATE ROLE shop');
command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $restored->connstr('postgres'), '-f', $dump ], '... and restored');
is(states($restored), states($primary), 'the states of keys are restored');
like(claim($restored, $first[2]), qr/55000: the key file does not exist.*put it back from your backup/s, 'restored: without the file it says so');
my $restored_file = $restored->data_dir . '/pg_rewards.keys';
append_to_file($restored_file, slurp_file($key_file) =~ s/^slot 6 .*\n//mr);
chmod 0600, $restored_file;
like(claim($restored, $first[2]), qr/55000: the key file does not hold the key that this database used in slot 6/, 'restored: with an older copy of it, too');
copy($key_file, $restored_file);
is(claim($restored, $first[2]), 'claimed', 'restored: with the right one codes are good');
is(redeem($restored, 'new'), "redeemed|$new", 'restored: and are shown again');
like(redeem($restored, 'restored'), qr/^redeemed\|6/, 'restored: and made');
$restored->stop;

# Promoted, the standby goes on with all keys.

$primary->stop;
$standby->promote;
is(redeem($standby, 'new'), "redeemed|$new", 'promoted: a nonce gives the same code');
is(claim($standby, $_), 'claimed', 'promoted: codes under the layer are good') for @first[1 .. 4];
is(redeem($standby, 'first 6'), "redeemed|$first[5]", 'promoted: and shown again');
is(claim($standby, $first[5]), 'claimed', 'promoted: the last one');
like(run_sql($standby, 'SELECT rewards.retire_coupon_key(1)'), qr/by 0 coupons that can be claimed, by 1 token keys/, 'the first key is needed by a token key');
is(run_sql($standby, 'SELECT rewards.rotate_token_key(); SELECT rewards.retire_token_key(1)'), "2\n", 'which is retired');
is(run_sql($standby, 'SELECT rewards.retire_coupon_key(1)'), '', 'and then it is');
append_to_file("$standby_file.less", slurp_file($standby_file) =~ s/^slot 1 .*\n//mr);
chmod 0600, "$standby_file.less";
move("$standby_file.less", $standby_file);
$standby->restart;
is(redeem($standby, 'first 6'), 'redeemed|', 'without its line a coupon of it is still shown, without a code');
is(claim($standby, $first[5]), 'not_redeemable', '... which is none any more');
is(redeem($standby, 'new'), "redeemed|$new", '... and all others are as they were');

# There is an end to slots.
$standby->safe_psql('postgres', 'DO $$ BEGIN LOOP PERFORM rewards.rotate_coupon_key(); EXIT WHEN (SELECT count(*) = 30 FROM rewards.master_keys); END LOOP; END $$');
like(run_sql($standby, 'SELECT rewards.rotate_coupon_key() FROM generate_series(1, 3)'), qr/F0000: the key file is not usable: all 32 slots have been used/, 'all slots used');
like(code($standby, 'still'), qr/^[0-9A-Z]/, '... and codes are made all the same');
$standby->stop;

done_testing();
