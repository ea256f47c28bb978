# check_settings() has no row on a server that is set up as promises want it, names each setting that breaks one, and has the
# statement that mends it.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $keys = PostgreSQL::Test::Utils::tempdir_short() . '/keys';
my $node = PostgreSQL::Test::Cluster->new('primary');
$node->init(allows_streaming => 1, extra => ['--data-checksums']);
$node->append_conf('postgresql.conf', <<"CONF");
shared_buffers = 32MB
shared_preload_libraries = 'pg_rewards'
rewards.key_file = '$keys'
fsync = on
log_statement = none
log_parameter_max_length = 0
CONF
$node->start;
$node->safe_psql('postgres', "CREATE ROLE shop; CREATE ROLE till LOGIN; CREATE EXTENSION pg_rewards; SELECT rewards.install(owner => 'shop')");

sub findings {
    my ($before) = @_;
    return $node->safe_psql('postgres', ($before // '') . q{
        SELECT format('%s %s: %s', severity, object, finding) FROM rewards.check_settings() WHERE finding <> 'vulnerable_server'});
}

is(findings(), '', 'a server set up as promises want it has no finding');

sub mend {
    $node->safe_psql('postgres', $_) for split /\n/, $node->safe_psql('postgres',
        "SELECT mend FROM rewards.check_settings() WHERE finding <> 'vulnerable_server'");
    $node->reload;
    return findings();
}

# What is set; what is found; mended: by the statement that comes with it, by undoing it, or by a restart besides.
my @server = (
    ['fsync = off', 'error setting fsync: not_durable'],
    ['full_page_writes = off', 'error setting full_page_writes: torn_pages'],
    ['zero_damaged_pages = on', 'error setting zero_damaged_pages: damage_ignored'],
    ['ignore_checksum_failure = on', 'error setting ignore_checksum_failure: damage_ignored'],
    ['synchronous_commit = off', 'error DATABASE postgres: commit_not_waited_for'],
    ['log_statement = all', 'info DATABASE postgres: statements_in_log'],
    ["log_min_duration_statement = 0\nlog_parameter_max_length = -1",
        "warning DATABASE postgres: parameters_in_log\ninfo DATABASE postgres: statements_in_log"],
    ['debug_print_plan = on', 'warning DATABASE postgres: parameters_in_log'],
    ["synchronous_standby_names = 'nobody'\nsynchronous_commit = local", 'error DATABASE postgres: standby_not_waited_for'],
    ["synchronous_standby_names = 'nobody'\nsynchronous_commit = remote_write", 'warning DATABASE postgres: standby_not_waited_for'],
    ["rewards.key_file = ''", 'warning setting rewards.key_file: key_file_in_data_directory'],
    ["rewards.key_file = 'global/../keys'", 'warning setting rewards.key_file: key_file_in_data_directory'],
);
my $conf = $node->data_dir . '/postgresql.conf';
my $good = slurp_file($conf);

sub configure {
    my ($settings) = @_;
    open my $file, '>', $conf or die "cannot write $conf: $!";
    print $file "$good\n$settings\n";
    close $file or die "cannot write $conf: $!";
    $node->reload;
}

for my $case (@server) {
    my ($settings, $expected) = @$case;
    configure($settings);
    $node->poll_query_until('postgres', q{SELECT count(*) > 0 FROM rewards.check_settings() WHERE finding <> 'vulnerable_server'}) or die;
    (my $shown = $settings) =~ s/\n/, /g;
    is(findings(), $expected, $shown);
    configure('');
    $node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM rewards.check_settings() WHERE finding <> 'vulnerable_server'}) or die;
}

configure("fsync = off\nfull_page_writes = off\nzero_damaged_pages = on\nignore_checksum_failure = on\nsynchronous_commit = off\n"
    . "log_min_duration_statement = 0\nlog_parameter_max_length = -1\ndebug_print_plan = on");
$node->poll_query_until('postgres', 'SELECT count(*) >= 7 FROM rewards.check_settings()') or die;
is(mend(), 'info DATABASE postgres: statements_in_log', 'their statements mend them');
configure('');

# What is set for some: a role, a database, a session.
$node->safe_psql('postgres', 'ALTER SYSTEM RESET ALL; ALTER DATABASE postgres RESET ALL; ALTER ROLE till SET synchronous_commit = off');
$node->reload;
is(findings(), 'error ROLE till IN DATABASE postgres: commit_not_waited_for', 'a role whose commits do not wait');
is(mend(), '', 'its statement mends it');
$node->safe_psql('postgres', "ALTER ROLE till IN DATABASE postgres RESET ALL; ALTER ROLE till RESET ALL");
is(findings('SET synchronous_commit = off;'), 'error this session: commit_not_waited_for', 'a session whose commits do not wait');
$node->safe_psql('postgres', 'ALTER ROLE till SET session_replication_role = replica');
is(findings(), 'error ROLE till: triggers_off', 'a role without triggers');
is(mend(), '', 'its statement mends it');

# A link into the data directory is no way out of it; one that leads out is.
symlink $node->data_dir . '/inside', "$keys.link" or die "cannot link: $!";
append_to_file($node->data_dir . '/inside', '');
configure("rewards.key_file = '$keys.link'");
is(findings(), 'warning setting rewards.key_file: key_file_in_data_directory', 'a link into the data directory');
append_to_file($keys, '');
symlink $keys, $node->data_dir . '/outside' or die "cannot link: $!";
configure("rewards.key_file = 'outside'");
is(findings(), '', 'a link out of it');
configure('');

$node->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'copy', has_streaming => 1);
$standby->start;
$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_replication WHERE state = 'streaming'}) or die;
is(findings(), 'warning standby standby: standby_not_waited_for', 'a standby that nobody waits for');
is($standby->safe_psql('postgres', q{SELECT count(*) FROM rewards.check_settings() WHERE finding <> 'vulnerable_server'}), '0', 'the standby is asked about itself');
configure("synchronous_standby_names = 'standby'");
$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_replication WHERE sync_state = 'sync'}) or die;
is(findings(), '', 'a standby that commits wait for');
$standby->stop;
configure('');

$node->append_conf('postgresql.conf', "shared_preload_libraries = ''");
$node->restart;
is(findings(), 'info setting shared_preload_libraries: guesses_roll_back', 'not preloaded');
$node->stop;

my $bare = PostgreSQL::Test::Cluster->new('bare');
$bare->init(extra => $node->pg_version >= 18 ? ['--no-data-checksums'] : []);
$bare->append_conf('postgresql.conf', "shared_buffers = 32MB\nfsync = on\nlog_statement = none\nlog_parameter_max_length = 0");
$bare->start;
$bare->safe_psql('postgres', 'CREATE EXTENSION pg_rewards');
is($bare->safe_psql('postgres', q{SELECT finding FROM rewards.check_settings() WHERE finding <> 'vulnerable_server'}),
    "damage_unnoticed\nkey_file_in_data_directory\nguesses_roll_back", 'a server as initdb leaves it');
$bare->stop;

done_testing();
