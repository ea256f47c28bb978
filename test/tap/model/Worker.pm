# Work that goes on beside the test, in a process of its own.
package Worker;
use v5.36;
use Exporter qw(import);
use POSIX ();
use PostgreSQL::Test::Utils;
use Time::HiRes qw(sleep time);

our @EXPORT_OK = qw(start_worker count_failures);

# Its complaints go to a file. Returns the process.
sub start_worker ($complaints, $work) {
    my $pid = fork // die "fork: $!";
    return $pid if $pid;
    local $SIG{PIPE} = 'IGNORE';
    open STDERR, '>>', $complaints;
    my $is_done = eval { $work->(); 1 };
    print STDERR $@ if !$is_done;
    POSIX::_exit($is_done ? 0 : 1);
}

# How many did not come to their end: whoever waits for ever is ended.
sub count_failures (@pids) {
    my %running = map { $_ => 1 } @pids;
    my $failures = 0;
    my $deadline = time + $PostgreSQL::Test::Utils::timeout_default;
    while (%running) {
        for my $pid (keys %running) {
            next if !waitpid $pid, POSIX::WNOHANG();
            $failures++ if $?;
            delete $running{$pid};
        }
        kill 'KILL', keys %running if time > $deadline;
        sleep 0.05;
    }
    return $failures;
}

1;
