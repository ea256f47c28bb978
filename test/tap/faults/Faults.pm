# What befalls a server, or its clients: `strike` does it once, and is called again and again, `pause` seconds apart; `felt` is
# how clients hear of it. `given` is what Load has to know.
package Faults;
use v5.36;
use PostgreSQL::Test::Utils;
use Recovery qw(crashes kill_process await_recovery);
use SmallDisk;
use Time::HiRes qw(sleep time);

my $is_client = "backend_type = 'client backend' AND usename = 'back_end'";

my $unknown = qr/\tunknown\t/;
my $cancelled = qr/\trefused\t57014/;

my @faults = (
    { name => 'kill -9 of a backend', strike => \&kill_a_backend, pause => 0.5, felt => $unknown },
    { name => 'kill -9 of the postmaster', strike => \&kill_the_postmaster, pause => 0.7, felt => $unknown },
    { name => 'immediate restart', strike => \&restart, pause => 0.7, felt => $unknown },
    { name => 'backends terminated', strike => \&terminate, pause => 0.05, felt => $unknown },
    { name => 'cancel storm', strike => \&cancel, pause => 0.01, felt => $cancelled },
    { name => 'processes stopped and continued', strike => \&stop_a_process, pause => 0.05, felt => qr/\tok\t/ },
    { name => 'statement_timeout in mid-call', strike => \&hold_accounts, pause => 0.02, felt => $cancelled, given => { settings => '-c statement_timeout=5ms' } },
    { name => 'lock_timeout in mid-call', strike => \&hold_accounts, pause => 0.02, felt => qr/\trefused\t55P03/, given => { settings => '-c lock_timeout=5ms' } },
    { name => 'out of connections', strike => \&take_connections, pause => 0.2, felt => qr/too many clients|connection slots are reserved/, given => { reconnects => 1 } },
    { name => 'disk full for WAL', strike => \&fill_disk, pause => 0.5, felt => $unknown },
);

sub all { return @faults }

# For so long, and until clients have felt it. How often it struck.
sub befall ($fault, $load, $node, $seconds) {
    my $strikes = 0;
    my $over = time + $seconds;
    my $deadline = $over + $PostgreSQL::Test::Utils::timeout_default;
    while (time < $over || !$load->heard($fault->{felt})) {
        die "nobody feels it: $fault->{name}" if time > $deadline;
        sleep $fault->{pause};
        $strikes += $fault->{strike}->($node);
    }
    return $strikes;
}

# Processes of the server; it works in its data folder, whoever is its parent.
sub processes ($node) {
    return grep { (readlink "/proc/$_/cwd" // '') eq $node->data_dir } map { m{(\d+)$} } glob '/proc/[0-9]*';
}

sub pick_client ($node) {
    return $node->safe_psql('postgres', "SELECT pid FROM pg_stat_activity WHERE $is_client AND state = 'active' ORDER BY random() LIMIT 1");
}

sub kill_a_backend ($node) {
    my $crashes = crashes($node);
    my $pid = pick_client($node);
    return 0 if $pid eq '' || !kill_process($pid);
    await_recovery($node, $crashes);
    return 1;
}

sub await ($what, $is_there) {
    my $deadline = time + $PostgreSQL::Test::Utils::timeout_default;
    until ($is_there->()) {
        die "in vain: $what" if time > $deadline;
        sleep 0.02;
    }
}

# Its processes hear of it when they wait for something. Until all are gone, and nobody has its number, it cannot be started.
sub kill_server ($node) {
    my ($pid) = slurp_file($node->data_dir . '/postmaster.pid') =~ /^(\d+)/;
    $node->kill9;
    await('the end of a server', sub { !processes($node) && !kill 0, $pid });
}

sub kill_the_postmaster ($node) {
    kill_server($node);
    $node->start;
    return 1;
}

sub restart ($node) {
    $node->stop('immediate');
    $node->start;
    return 1;
}

sub terminate ($node) {
    return $node->safe_psql('postgres', <<"SQL");
SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity WHERE $is_client AND state = 'active' ORDER BY random() LIMIT 2) AS clients
SQL
}

sub cancel ($node) {
    return $node->safe_psql('postgres', <<"SQL");
CREATE TEMP TABLE cancelled (count bigint);
DO \$\$
BEGIN
    FOR i IN 1..50 LOOP
        INSERT INTO cancelled SELECT count(*) FILTER (WHERE pg_cancel_backend(pid)) FROM pg_stat_activity WHERE $is_client AND state = 'active' AND random() < 0.5;
        COMMIT;
        PERFORM pg_sleep(0.002);
    END LOOP;
END \$\$;
SELECT sum(count) FROM cancelled;
SQL
}

# Any process, the postmaster as well; whoever waits for its locks goes on waiting.
sub stop_a_process ($node) {
    my @processes = processes($node);
    my $pid = $processes[ rand @processes ];
    return 0 if !kill 'STOP', $pid;
    sleep 0.2;
    kill 'CONT', $pid;
    return 1;
}

sub hold_accounts ($node) {
    $node->safe_psql('postgres', 'BEGIN; SELECT FROM rewards.user_points_cache WHERE random() < 0.5 FOR UPDATE; SELECT pg_sleep(0.05); COMMIT;');
    return 1;
}

# Sessions that ask for nothing, until no more are let in.
sub take_connections ($node) {
    my @taken;
    while (@taken < 200) {
        my $socket = $node->raw_connect;
        my $startup = pack('N', 196608) . "user\0back_end\0database\0postgres\0\0";
        syswrite $socket, pack('N', 4 + length $startup) . $startup;
        sysread $socket, my $answer, 1;
        last if $answer eq 'E';
        push @taken, $socket;
    }
    sleep 0.5;
    return 1;
}

# The server panics, and may not be able to recover before there is space again. A slot keeps it from using old segments anew,
# in which it could go on without a free byte.
sub fill_disk ($node) {
    $node->safe_psql('postgres', q{SELECT pg_create_physical_replication_slot('hoarder', true)});
    my $panics = sub { return scalar(() = slurp_file($node->logfile) =~ /PANIC:.*No space left on device/g) };
    my $before = $panics->();
    my $give_back = SmallDisk::fill();
    await('a disk that is full', sub { $panics->() > $before });
    sleep 0.3;
    $give_back->();
    await('a server with space', sub { revive($node) });
    $node->poll_query_until('postgres', q{SELECT pg_drop_replication_slot('hoarder') IS NOT NULL}) or die 'the slot stays';
    return 1;
}

# Whether it is there; it is started if it has given up.
sub revive ($node) {
    return 1 if system('pg_isready', '-q', '-h', $node->host, '-p', $node->port) == 0;
    return if processes($node);
    $node->{_pid} = undef;
    $node->start;
    return 1;
}

1;
