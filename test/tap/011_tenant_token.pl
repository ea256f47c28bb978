# Company tokens on whole servers: the first of them at once, other databases, restart, other backends, a lost key file, a
# standby, a dump; and where a token must not be found: not in the log, not in what other sessions see.
use strict;
use warnings FATAL => 'all';

use File::Copy qw(copy move);
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $acme = '11111111-1111-4111-8111-111111111111';
my $other = '22222222-2222-4222-8222-222222222222';

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->append_conf('postgresql.conf', <<'CONF');
max_connections = 40
log_statement = none
log_error_verbosity = verbose
log_min_messages = debug1
log_parameter_max_length_on_error = -1
autovacuum = off
CONF
$primary->start;
my $key_file = $primary->data_dir . '/pg_rewards.keys';
$primary->safe_psql('postgres', <<'SQL');
CREATE ROLE shop;
CREATE ROLE tenant LOGIN;
CREATE EXTENSION pg_rewards;
SELECT rewards.install(owner => 'shop');
GRANT USAGE ON SCHEMA rewards TO tenant;
GRANT EXECUTE ON FUNCTION rewards.set_company_context_token(text), rewards.get_context_challenge() TO tenant;
CREATE TABLE issued (token text);
SQL

my @tokens;    # every one that there ever was

sub issue {
    my ($node, $database, $more) = @_;
    my $token = $node->safe_psql($database // 'postgres',
        "SELECT rewards.issue_company_token('$acme', 'till', 'service', ttl => '1 hour'" . ($more ? ", $more" : '') . ')');
    push @tokens, $token;
    return $token;
}

# What a token is good for: the company, or SQLSTATE and message.
sub bring {
    my ($node, $token, $database) = @_;
    my ($status, $output, $error) = $node->psql($database // 'postgres',
        "\\set VERBOSITY verbose\nBEGIN; SELECT FROM rewards.set_company_context_token('$token'); SELECT rewards.get_current_company_id(); COMMIT",
        extra_params => [ '--username', 'tenant' ]);
    return $output if !$status;
    return $error =~ /ERROR:  (\w+: .*)/ ? $1 : $error;
}
my $refused = '28000: company token is not valid';

sub reason { my ($node, $from) = @_; return slurp_file($node->logfile, $from) =~ /It was refused because ([^.]*)\./ ? $1 : 'none' }

# Bad ones are refused, and the log says why.
sub is_refused {
    my ($node, $token, $reason, $name, $database) = @_;
    my $from = -s $node->logfile;
    is(bring($node, $token, $database), $refused, $name);
    is(reason($node, $from), $reason, '... which the log explains');
}

# First use, ten at once

{
    my $holder = $primary->background_psql('postgres');
    $holder->query_safe('BEGIN; LOCK TABLE rewards.token_keys IN ACCESS EXCLUSIVE MODE');
    my $script = $primary->basedir . '/first';
    append_to_file($script, "INSERT INTO issued SELECT rewards.issue_company_token('$acme', 'till', 'service');\n");
    my $run = IPC::Run::start([ 'pgbench', '-n', '-c', 10, '-t', 1, '-f', $script, $primary->connstr('postgres') . ' application_name=client' ],
        '<', \undef, '>', "$script.out", '2>&1', IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default));
    ok($primary->poll_query_until('postgres',
        "SELECT count(*) = 10 FROM pg_stat_activity WHERE application_name = 'client' AND wait_event_type = 'Lock'"),
        'ten wait to issue the first token');
    $holder->query_safe('COMMIT');
    $holder->quit;
    ok($run->finish, 'all of them end') or diag slurp_file("$script.out");
}
is($primary->safe_psql('postgres', 'SELECT key_id, slot FROM rewards.token_keys'), '1|0', 'there is one key');
ok(-e $key_file, 'and the key file');
my @first = split /\n/, $primary->safe_psql('postgres', 'SELECT DISTINCT token FROM issued');
push @tokens, @first;
is_deeply([ map { bring($primary, $_) } @first ], [ ($acme) x 10 ], 'all ten are good');

# Another database, with a key of the same number from the same slot

$primary->safe_psql('postgres', 'CREATE DATABASE elsewhere');
$primary->safe_psql('elsewhere', <<'SQL');
CREATE EXTENSION pg_rewards;
SELECT rewards.install(owner => 'shop');
GRANT USAGE ON SCHEMA rewards TO tenant;
GRANT EXECUTE ON FUNCTION rewards.set_company_context_token(text) TO tenant;
SQL
my $here = issue($primary);
my $there = issue($primary, 'elsewhere');
is($primary->safe_psql('elsewhere', 'SELECT key_id, slot FROM rewards.token_keys'), '1|0', 'the other database has a key like that');
is(bring($primary, $here), $acme, 'a token is good in its database');
is(bring($primary, $there, 'elsewhere'), $acme, '... and the other one in the other');
is_refused($primary, $here, 'it is for another database', 'a token is no good in another database', 'elsewhere');
is_refused($primary, $there, 'it is for another database', '... nor the other way round');

# A copy of the database is another one.
{
    my $dump = $primary->basedir . '/dump';
    $primary->command_ok([ 'pg_dump', '--file', $dump, $primary->connstr('postgres') ], 'the database is dumped');
    unlike(slurp_file($dump), qr/[0-9a-f]{64}/, '... without a key');
    $primary->safe_psql('postgres', 'DROP TABLE issued; CREATE DATABASE copy');
    $primary->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $dump, $primary->connstr('copy') ], '... and restored');
    is_refused($primary, $here, 'it is for another database', 'a token is no good in the copy', 'copy');
    is(bring($primary, issue($primary, 'copy'), 'copy'), $acme, 'which goes on with its keys');
    is($primary->safe_psql('copy', 'SELECT key_id FROM rewards.token_keys'), '1', '... and makes none');
    like(($primary->psql('copy', 'UPDATE rewards.token_keys SET slot = 1'))[2], qr/not allowed/, '... and keeps them');
}

# Restart

$primary->restart;
is(bring($primary, $here), $acme, 'after a restart a token is as good as before');
is(bring($primary, issue($primary)), $acme, '... and so are new ones');

# Rotation and retirement, in the eyes of a backend that has just used the key

{
    my $session = $primary->background_psql('postgres', on_error_stop => 0);
    my $use = sub { return $session->query("SELECT FROM rewards.set_company_context_token('$_[0]')") };
    $use->($here);
    is($session->{stderr}, '', 'a session uses a token');
    is($primary->safe_psql('postgres', 'SELECT rewards.rotate_token_key()'), '2', 'another session rotates the key');
    my $newer = issue($primary);
    $use->($_) for $here, $newer;
    is($session->{stderr}, '', 'tokens of both keys are good');
    $primary->safe_psql('postgres', 'SELECT rewards.retire_token_key(1)');
    $use->($here);
    like($session->{stderr}, qr/company token is not valid/, 'the first key is retired, and its token refused at once');
    $session->{stderr} = '';
    $use->($newer);
    is($session->{stderr}, '', 'tokens of the newer key are good');

    # Before it commits, nobody knows of it.
    my $staff = $primary->background_psql('postgres');
    $staff->query_safe('BEGIN; SELECT rewards.retire_token_key(2)');
    $use->($newer);
    is($session->{stderr}, '', 'while a key is being retired its tokens are good');
    $staff->query_safe('ROLLBACK');
    $staff->quit;
    $use->($newer);
    is($session->{stderr}, '', '... and when it was not after all');
    $session->quit;
    is_refused($primary, $here, 'its key is retired', 'a token of the retired key is refused elsewhere, too');
}

# The log, and what other sessions see

my $good = issue($primary);
my $bound = issue($primary, undef, "challenge => decode(repeat('00', 16), 'hex')");
my $early = issue($primary, undef, "not_before => clock_timestamp() + interval '1 hour'");
my $text = slurp_file($key_file);
{
    my $as_tenant = sub { $primary->psql('postgres', $_[0], extra_params => [ '--username', 'tenant' ]); return };
    (my $altered = $good) =~ s/^pgr_/pgx_/;
    for my $token ($good . 'A', substr($good, 0, -1), $altered, $bound, $early, $there) {
        push @tokens, $token;
        $as_tenant->("SELECT rewards.set_company_context_token('$token')");
        $as_tenant->("SELECT rewards.set_company_context_token(substr('x$token', 2))");
        $as_tenant->("DO \$\$ BEGIN PERFORM rewards.set_company_context_token('$token'); END \$\$");
        $as_tenant->("DO \$\$ BEGIN PERFORM rewards.set_company_context_token('$token'); EXCEPTION WHEN OTHERS THEN RAISE division_by_zero; END \$\$");
    }
    # A good one, whose statement fails for another reason
    $as_tenant->("SELECT rewards.set_company_context_token('$good'), 1 / (SELECT count(*) FROM pg_class WHERE relname = 'none')");
    $as_tenant->("BEGIN\\; SELECT rewards.set_company_context_token('$good')\\; SELECT 1 / 0\\; COMMIT");
    $as_tenant->("DO \$\$ BEGIN PERFORM rewards.set_company_context_token('$good'); RAISE division_by_zero; END \$\$");
    $primary->psql('postgres', "BEGIN; SELECT rewards.set_company_context('$other'); SELECT rewards.set_company_context_token('$good')");
    move($key_file, "$key_file.away");
    my $from = -s $primary->logfile;
    is(bring($primary, $good), '55000: the key file does not exist', 'without the key file a token is not accepted');
    is(reason($primary, $from), 'none', '... which is not the token\'s fault');
    (my $foreign = $text) =~ s/[0-9a-f]{64}/'5' x 64/e;
    append_to_file($key_file, $foreign);
    chmod 0600, $key_file;
    like(bring($primary, $good), qr/^55000: the key file does not hold the key that this database used in slot 0/, 'nor with another one');
    like(($primary->psql('postgres', "SELECT rewards.issue_company_token('$acme', 'till', 'service')"))[2],
        qr/the key file does not hold the key/, '... and none is issued');
    move("$key_file.away", $key_file);
    chmod 0600, $key_file;
    is(bring($primary, $good), $acme, 'with the right one it is');

    # As a parameter, while the server is to log those of failed statements
    my $script = $primary->basedir . '/parameter';
    append_to_file($script, "SELECT rewards.set_company_context_token(:token::text);\n");
    for my $mode (qw(extended prepared)) {
        $from = -s $primary->logfile;
        IPC::Run::run([ 'pgbench', '-n', '-t', 1, '-M', $mode, '-D', "token=$early", '-f', $script, $primary->connstr('postgres') ], '>&', \my $output);
        like($output, qr/company token is not valid/, "a token is refused as a parameter ($mode)");
        is(reason($primary, $from), 'it is not valid yet', '... for the right reason');
    }
}

{
    my $session = $primary->background_psql('postgres', on_error_stop => 0, extra_params => [ '--username', 'tenant' ]);
    my $seen = sub {
        return $primary->safe_psql('postgres', "SET SESSION AUTHORIZATION tenant; SELECT state, query FROM pg_stat_activity WHERE usename = 'tenant' AND pid <> pg_backend_pid()");
    };
    $session->query("BEGIN; SELECT FROM rewards.set_company_context_token('$good')");
    is($seen->(), 'idle in transaction|(hidden: a statement with a company token in it)', 'another session of the same role does not see a token');
    $session->query('ROLLBACK');
    $session->query("BEGIN; SELECT FROM rewards.set_company_context_token('$early')");
    is($seen->(), 'idle in transaction (aborted)|(hidden: a statement with a company token in it)', '... nor one that was refused');
    $session->query('ROLLBACK');
    like($seen->(), qr/^idle\|ROLLBACK/, 'and it sees the next statement again');
    $session->quit;
}

# A slot more in the key file, which a session has read before

{
    my $session = $primary->background_psql('postgres');
    is($session->query_safe("BEGIN; SELECT FROM rewards.set_company_context_token('$good'); SELECT rewards.get_current_company_id(); COMMIT"), $acme,
        'a session has the keys of one slot');
    append_to_file($key_file, 'slot 1 ' . '1' x 64 . "\n");
    $primary->safe_psql('postgres', 'SELECT rewards.rotate_coupon_key(1)');
    is($session->query_safe('SELECT rewards.rotate_token_key()'), '3', 'it rotates to the slot that has just come to issue');
    is($primary->safe_psql('postgres', 'SELECT slot FROM rewards.token_keys WHERE key_id = 3'), '1', '... which is the one of the new key');
    is(bring($primary, $_), $acme, 'and tokens of both slots are good') for $good, issue($primary);
    $session->quit;
}

# A standby

$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
chmod 0600, $standby->data_dir . '/pg_rewards.keys';    # init_from_backup() copies files without their modes
$primary->safe_psql('postgres', 'CREATE DATABASE fresh');
$primary->safe_psql('fresh', "CREATE EXTENSION pg_rewards; SELECT rewards.install(owner => 'shop')");
$standby->start;
$primary->wait_for_catchup($standby, 'replay');

is(bring($standby, $good), $acme, 'standby: a token of the primary is good');
is_refused($standby, $here, 'its key is retired', 'standby: one of a retired key is not');
my $from_standby = issue($standby);
is(bring($standby, $from_standby), $acme, 'standby: tokens can be issued');
is(bring($primary, $from_standby), $acme, '... and are good on the primary');
for my $call ('rotate_token_key()', 'retire_token_key(2)') {
    like(($standby->psql('postgres', "SELECT rewards.$call"))[2], qr/cannot execute \w+\(\) (?:in a read-only transaction|during recovery)/, "standby: no $call");
}
like(($standby->psql('fresh', "SELECT rewards.issue_company_token('$acme', 'till', 'service')"))[2],
    qr/cannot execute issue_company_token\(\) (?:in a read-only transaction|during recovery)/, 'standby: nor a first key');
{
    my $session = $standby->background_psql('postgres', on_error_stop => 0);
    $session->query("SELECT FROM rewards.set_company_context_token('$good')");
    is($session->{stderr}, '', 'standby: a session uses a token');
    $primary->safe_psql('postgres', 'SELECT rewards.rotate_token_key(); SELECT rewards.retire_token_key(2)');
    $primary->wait_for_catchup($standby, 'replay');
    $session->query("SELECT FROM rewards.set_company_context_token('$good')");
    like($session->{stderr}, qr/company token is not valid/, 'standby: until its key is retired on the primary');
    $session->quit;
}
my $last = issue($primary);
$primary->wait_for_catchup($standby, 'replay');
$primary->stop;
$standby->promote;
is(bring($standby, $last), $acme, 'promoted: tokens of the old primary are good');
is($standby->safe_psql('postgres', 'SELECT rewards.rotate_token_key()'), '5', 'promoted: keys are made');
$standby->stop;

# What must not be found, and what must be, or the search is no good. A token is known by any long piece of it, but for
# what all of them begin with.
{
    my %piece;
    for my $token (@tokens) {
        $piece{ substr $token, $_, 20 } = 1 for map { 24 + 10 * $_ } 0 .. (length($token) - 44) / 10;
    }
    cmp_ok(scalar keys %piece, '>', 100, 'there are pieces of tokens to look for');
    for my $node ($primary, $standby) {
        my $log = slurp_file($node->logfile);
        my @found = grep { index($log, $_) >= 0 } sort keys %piece;
        is("@found", '', $node->name . ': no token is in the log');
        like($log, qr/It was refused because/, '... where there are refusals');
        unlike($log, qr/PANIC|TRAP|terminated by signal/, '... and nothing to complain of');
    }
    my $log = slurp_file($primary->logfile);
    like($log, qr/STATEMENT:  \(hidden: a statement with a company token in it\)/, 'statements that failed later are there without it');
    like($log, qr/STATEMENT:  SELECT rewards.issue_company_token\(/, 'and others as they are');
}

done_testing();
