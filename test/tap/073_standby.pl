# The primary is cut off from its standby, and lost, while clients call; the standby is promoted and they go on there. With a
# synchronous one nothing that was acknowledged is lost; with another one something is, and that is found. And what a standby
# answers before that.
use v5.36;
use FindBin;
use lib map { "$FindBin::RealBin/$_" } qw(faults model crash);
use Checker qw(wrong summary);
use Faults;
use File::Copy qw(copy move);
use Load;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

my $seconds = $ENV{FAULTS_SECONDS} // 1;
my ($company, $member, $template) = ($Client::company, $Client::members[0], $Client::three_off);

# The sockets are in different folders, as those of different machines.
sub start_primary ($name) {
    my $node = PostgreSQL::Test::Cluster->new("primary_$name");
    $node->init(allows_streaming => 1);
    $node->append_conf('postgresql.conf', <<'CONF');
max_connections = 40
wal_keep_size = 128MB
shared_buffers = 32MB
log_statement = none
log_line_prefix = '%m [%p] %e '
CONF
    $node->start;
    $node->safe_psql('postgres', slurp_file("$FindBin::RealBin/faults/shop.sql"));
    return $node;
}

sub start_standby ($primary, $name) {
    my $standby = PostgreSQL::Test::Cluster->new("standby_$name");
    $primary->backup($name);
    $standby->init_from_backup($primary, $name, has_streaming => 1);
    my $folder = PostgreSQL::Test::Utils::tempdir_short();
    $standby->{_host} = $folder;
    $standby->append_conf('postgresql.conf', "unix_socket_directories = '$folder'");
    my $keys = $standby->data_dir . '/pg_rewards.keys';
    chmod 0600, $keys if -e $keys;    # init_from_backup() copies files without their modes
    $standby->start;
    return $standby;
}

# One transaction of the company: its output, or its error.
sub in_company ($node, $sql, $enter = "SELECT FROM rewards.set_company_context('$company', 'clerk', 'admin');") {
    my ($status, $output, $error) = $node->psql('postgres', "\\set VERBOSITY verbose\nBEGIN; $enter $sql; COMMIT;", on_error_stop => 1);
    return $status ? $error : $output;
}

sub redeem ($node, $nonce) { return in_company($node, "SELECT outcome, coupon_code FROM rewards.redeem_coupon('$member', '$template', '$nonce')") }

# What a standby answers

my $primary = start_primary('sync');
my $keyless = start_standby($primary, 'keyless');
ok(!-e $keyless->data_dir . '/pg_rewards.keys', 'a standby was built before there was a key file');

my ($coupon, $code, $event, $batch, $insight, $token) = split /\|/, in_company($primary, <<"SQL");
SELECT FROM rewards.award_points('$member', 1000, 'load', 'welcome');
SELECT event_id AS event FROM rewards.deduct_points('$member', 5, 'load', 'spent') \\gset
SELECT coupon_id AS coupon, coupon_code AS code FROM rewards.redeem_coupon('$member', '$template', 'first') \\gset
SELECT batch_id AS batch FROM rewards.begin_coupon_batch('$Client::leaflet', 10, 'few') \\gset
SELECT FROM rewards.issue_coupon_batch(:'batch', 5);
SELECT insight_id AS insight FROM rewards.flag_account('$member') \\gset
SELECT FROM rewards.seal_ledger();
SELECT :'coupon', :'code', :'event', :'batch', :'insight', rewards.issue_company_token('$company', 'clerk', 'admin')
SQL
my $standby = start_standby($primary, 'sync');
$primary->append_conf('postgresql.conf', "synchronous_standby_names = 'standby_sync'");
$primary->reload;
$primary->poll_query_until('postgres', "SELECT sync_state = 'sync' FROM pg_stat_replication WHERE application_name = 'standby_sync'") or die 'the standby is not synchronous';
$primary->wait_for_catchup($_, 'replay') for $standby, $keyless;

my %reads = (
    "calculate_user_points('$member')" => 'available_points',
    "points_history('$member')" => 'count(*)',
    "balance_at('$member', now())" => 'balance_at',
    'reconcile_ledger()' => 'count(*)',
    'verify_ledger()' => q(string_agg(DISTINCT status, ' ')),
    'verify_audit()' => q(string_agg(DISTINCT status, ' ')),
    'ledger_digest()' => 'digest',
    "event_receipt('$member', '$event')" => '*',
    'get_current_company_id()' => '*',
    'require_company_id()' => '*',
    "repair_account('$member')" => 'count(*)',
    "explain_event('$member', '$event')" => 'count(*)',
    'unsealed_entries()' => 'count(*)',
    'coupon_guessers()' => 'count(*)',
    "coupon_public_ref('$coupon')" => '*',
    "find_coupon_by_ref(rewards.coupon_public_ref('$coupon'))" => 'coupon_id',
    "hash_coupon_code('$code')" => '*',
    'coupons' => 'count(*)',
    'points_events' => 'count(*)',
    'user_points_cache' => 'sum(available_points)',
    'ledger_discrepancies' => 'count(*)',
);
for my $read (sort keys %reads) {
    my $sql = "SELECT $reads{$read} FROM rewards.$read";
    my $answer = in_company($primary, $sql);
    unlike($answer, qr/ERROR/, "primary: $read can be read") or next;
    is(in_company($standby, $sql), $answer, "standby: $read answers as the primary does");
}
is(in_company($standby, 'SELECT rewards.get_current_company_id()', "SELECT FROM rewards.set_company_context_token('$token');"), $company,
    'standby: a token of the primary lets a company in');
is(in_company($standby, 'SELECT count(*) FROM rewards.points_events', 'SELECT;'), '3', 'standby: a superuser sees all');
is(in_company($standby, 'SELECT count(*) FROM rewards.points_events', 'SET LOCAL ROLE back_end;'), '0', 'standby: others see nothing without a context');

my @writes = (
    "award_points('$member', 1)", "deduct_points('$member', 1)", "refund_points('$member', '$event')", 'expire_points()', 'seal_ledger()',
    'cleanup_expired_nonces()', 'cleanup_expired_attestations()', 'mark_expired_coupons()', "submit_points_event('$member', 'visit', now(), 'new')",
    qq(submit_points_events('[{"user_id": "$member", "event_type": "visit", "event_time": "2026-01-01", "nonce": "new"}]')),
    "validate_points_event('$event', true)", 'validate_pending_events()', "review_points_event('$event', 'approve')", "flag_account('$member')",
    "resolve_fraud_insight('$insight')", "examine_attestation('$member', 'device', '{}')", "redeem_coupon('$member', '$template', 'new')",
    "redeem_coupon('$member', '$template', 'first')", "redeem_coupons('$member', ARRAY['$template']::uuid[], 'new')", "claim_coupon('$code', 'till')",
    "hold_coupon('$code', 'till')", "release_coupon('$code', 'till')", "revoke_coupon('$coupon', 'load', true)", "reissue_coupon_code('$coupon', 'load')",
    "reveal_vendor_code('$coupon')", "import_vendor_codes('$template', ARRAY['A', 'B'])", "shred_vendor_batch('$batch', 'load')",
    "begin_coupon_batch('$Client::leaflet', 5, 'more')", "issue_coupon_batch('$batch')", "coupon_batch_codes('$batch')", "revoke_coupon_batch('$batch', 'load')",
    q(create_coupon_template('{"template_name": "new", "points_cost": 1, "coupon_value_type": "product", "coupon_value": 1}')),
    qq(change_coupon_template('$template', '{"is_active": false}')), "restock_coupon('$template', 5)", "forget_guesses('till')",
    "refresh_user_points_cache('$member')", "repair_account('$member', dry_run => false)", "assert_tenant_isolation('rewards.coupons')",
);
my @writes_of_nobody = ('rotate_coupon_key()', 'retire_coupon_key(0)', 'relayer_coupon_key(0)', 'rotate_token_key()', 'retire_token_key(1)', "begin_cross_company_access('ticket')");
for my $call ((map { [ $_ ] } @writes), map { [ $_, 'SELECT;' ] } @writes_of_nobody) {
    my ($name) = $call->[0] =~ /^(\w+)/;
    my (undef, @enter) = @$call;
    like(in_company($standby, "SELECT * FROM rewards.$call->[0]", @enter),
        qr/ERROR:  25006: cannot execute \Q$name\E\(\) in a read-only transaction\nHINT:  This server is a standby .*: call the primary/, "standby: $name() says what to do");
    like(in_company($primary, "SET TRANSACTION READ ONLY; SELECT * FROM rewards.$call->[0]", @enter),
        qr/ERROR:  25006: cannot execute \Q$name\E\(\) in a read-only transaction\nHINT:  Begin a transaction that is READ WRITE/, "primary, read only: $name(), too");
}
my %is_known = map { /^(\w+)/ => 1 } @writes, @writes_of_nobody, keys %reads;
is(join(' ', grep { !$is_known{$_} } split /\n/, $primary->safe_psql('postgres', <<'SQL')),
SELECT DISTINCT proname COLLATE "C" FROM pg_proc WHERE pronamespace = 'rewards'::regnamespace AND provolatile = 'v' AND prorettype <> 'trigger'::regtype ORDER BY 1
SQL
    'adopt_request_claims disable_tenant_rls enable_tenant_rls get_context_challenge grant_access install issue_company_token legacy_code_hash'
    . ' migrate set_company_context set_company_context_token uuidv7', 'all others read, enter a company, or change tables');
like(in_company($keyless, "SELECT rewards.hash_coupon_code('$code')"), qr/ERROR:  55000: the key file does not exist.*on a standby from its primary/s,
    'a standby without the key file says where to find it');
like(in_company($keyless, 'SELECT 1', "SELECT FROM rewards.set_company_context_token('$token');"), qr/ERROR:  55000: the key file does not exist/, '... also to who has a token');
is(in_company($keyless, "SELECT available_points FROM rewards.calculate_user_points('$member')"), '992', '... and answers what needs no key');
$keyless->stop;

# Cut off, lost and promoted

# Nothing comes through any more, and nobody is told: the one who receives does not move.
sub cut_off ($standby) {
    my $receiver = $standby->safe_psql('postgres', 'SELECT pid FROM pg_stat_wal_receiver');
    kill 'STOP', $receiver or die "the standby receives nothing: $!";
    return $receiver;
}

sub fail_over ($primary, $standby, $receiver) {
    Faults::kill_server($primary);
    kill 'CONT', $receiver;
    $standby->promote;
}

sub connection_to ($primary, $standby) {
    return sprintf q(host='%s,%s' port='%s,%s' dbname=postgres target_session_attrs=read-write), map({ $_->host } $primary, $standby), map { $_->port } $primary, $standby;
}

sub start_load ($primary, $standby, $name) {
    my $load = Load->start(node => $primary, name => $name, seconds => $seconds, connection => connection_to($primary, $standby));
    $load->wait_for_answers(100);
    sleep $seconds;
    return $load;
}

my $is_waiting = "FROM pg_stat_activity WHERE wait_event = 'SyncRep'";

# Nobody is answered before the standby has it: not who asks, and not who asks again because somebody gave up waiting, although then
# it is done here.
{
    my $receiver = cut_off($standby);
    my %calls = (
        award => "award_points('$member', 1, 'load', 'cut off 1')", redeem => "redeem_coupon('$member', '$template', 'cut off 2')",
        submit => "submit_points_event('$member', 'visit', current_date - 1, 'cut off 3')",
        claim => "claim_coupon('$code', 'till', claim_ref => 'cut off')", begin => "begin_coupon_batch('$Client::leaflet', 5, 'cut off')",
    );
    for my $kind (sort keys %calls) {
        for my $try ('at first', 'again') {
            my $client = $primary->background_psql('postgres', on_error_stop => 0);
            $client->query_until(qr/asked/, "\\echo asked\nBEGIN; SELECT FROM rewards.set_company_context('$company', 'clerk'); SELECT FROM rewards.$calls{$kind}; COMMIT;\n");
            ok($primary->poll_query_until('postgres', "SELECT count(*) = 1 $is_waiting"), "$kind, $try: the answer waits for the standby");
            $primary->safe_psql('postgres', "SELECT pg_cancel_backend(pid) $is_waiting");
            $client->quit;
        }
    }
    kill 'CONT', $receiver;
}

my $load = start_load($primary, $standby, 'standby_promoted');
my $receiver = cut_off($standby);
# Some wait for it, and the others for the locks that they hold meanwhile.
$primary->poll_query_until('postgres', "SELECT count(*) > 0 $is_waiting") or die 'nobody waits for the standby';
for (1 .. 5) {
    $primary->safe_psql('postgres', "SELECT pg_cancel_backend(pid) $is_waiting ORDER BY random() LIMIT 3");
    sleep 0.1;
}
cmp_ok($load->heard(qr/canceling wait for synchronous replication/), '>', 0, 'whoever gives up waiting for the standby has no promise');
fail_over($primary, $standby, $receiver);
$load->wait_for_answers(100);
is($load->stop, 0, 'promoted: every client came to its end');
is(wrong($standby, $primary->basedir), '', 'promoted: nothing that was acknowledged is lost, and the books add up');
note $_ for summary($standby, $primary->basedir, { standby_promoted => 1 });

is(redeem($standby, 'first'), "redeemed|$code", 'promoted: a nonce gives the same code');
is(in_company($standby, 'SELECT rewards.get_current_company_id()', "SELECT FROM rewards.set_company_context_token('$token');"), $company, 'promoted: a token is good');
my ($new) = redeem($standby, 'after the promotion') =~ /^redeemed\|(.*)/;
is(in_company($standby, "SELECT outcome FROM rewards.claim_coupon('$_', 'another till')"), 'claimed', 'promoted: codes can be claimed') for $new,
    (split /\|/, in_company($standby, "SELECT coupon_code FROM rewards.coupon_batch_codes('$batch') LIMIT 1"))[0];
like(in_company($standby, 'SELECT rewards.rotate_coupon_key()', 'SELECT;'), qr/^1$/, 'promoted: keys are rotated there');

# Without the key file, promoted: nothing is made in its place, and it can still be put there.
{
    my $keys = $standby->data_dir . '/pg_rewards.keys';
    move($keys, "$keys.away");
    like(redeem($standby, 'without'), qr/ERROR:  55000: the key file does not exist.*on a standby from its primary/s, 'promoted without the key file: no code');
    ok(!-e $keys, '... and no other key');
    is(in_company($standby, "SELECT outcome FROM rewards.award_points('$member', 1)"), 'awarded', '... but points');
    move("$keys.away", $keys);
    like(redeem($standby, 'without'), qr/^redeemed\|/, '... and codes again, when it is there');
}
for my $node ($primary, $standby, $keyless) {
    unlike(slurp_file($node->logfile), qr/ XX\d\d\d |terminated by signal|TRAP|PANIC/, $node->name . ': nobody met an error that should not be');
}
$standby->stop;

# A standby that commits do not wait for: the same, and the checker has to find what is lost.
{
    my $primary = start_primary('async');
    in_company($primary, "SELECT FROM rewards.issue_company_token('$company', 'clerk', 'admin')");    # makes the key file
    my $standby = start_standby($primary, 'async');
    my $load = start_load($primary, $standby, 'control');
    my $receiver = cut_off($standby);
    $load->wait_for_answers(100);
    fail_over($primary, $standby, $receiver);
    $load->wait_for_answers(10);
    is($load->stop, 0, 'an asynchronous standby: every client came to its end');
    like(wrong($standby, $primary->basedir), qr/^acknowledged and lost: /m, 'an asynchronous standby: what is lost is found');
    $standby->stop;
}
done_testing();
