# Counts the instructions of a call by callgrind, in a single-user backend. A count is the difference between so many calls and so
# many more, each from a copy of one cluster: what a backend does once is no part of it. It comes out the same to a few in a
# thousand, because ids and codes are random, and so is how often a page of their indexes is split. On another machine, too, as far
# as that is in our hands: libraries choose their code by the processor, and are told here which code to take.
package Callgrind;
use v5.36;
use Database;
use File::Copy qw(copy);
use File::Temp;

our ($fewest_calls, $most_calls) = (200, 1200);

my $database = 'counted';

# What every x86-64 has, and for OpenSSL SSSE3; other processors know nothing of it.
my @refused = qw(AVX AVX2 AVX512F AVX512VL AVX512BW AVX_Fast_Unaligned_Load BMI1 BMI2 ERMS FMA FSRM LZCNT MOVBE POPCNT RTM
    SSE4_1 SSE4_2 SSSE3 XSAVEC);
my %same_code = (OPENSSL_ia32cap => '0x20007800110:0', GLIBC_TUNABLES => 'glibc.cpu.hwcaps=' . join(',', map { "-$_" } @refused));

# Nothing in the background, no write that is larger because it is the first one to its page, and room for all that a run writes.
my %settings = (
    autovacuum => 'off', fsync => 'off', full_page_writes => 'off', jit => 'off', listen_addresses => '', max_wal_senders => 0,
    shared_buffers => '128MB', timezone => 'UTC', wal_buffers => '16MB', wal_level => 'minimal',
);
my @settings = map { ('-c', "$_=$settings{$_}") } sort keys %settings;

# A cluster of the server whose programs are in bin, with what the SQL files make of the variables. Profiles for callgrind_annotate
# are kept in the folder profiles, if there is one.
sub prepare ($class, %self) {
    my $folder = work_folder();
    my $self = bless { %self, folder => $folder, data => "$folder/data", copy => "$folder/copy" }, $class;
    $self->as_server("$self->{bin}/initdb", "--pgdata=$self->{data}", '--username=postgres', '--encoding=UTF8', '--locale=C.UTF-8',
        '--auth=trust', '--no-sync');
    $self->as_server("$self->{bin}/pg_ctl", 'start', '--silent', '--wait', "--pgdata=$self->{data}",
        "--log=$folder/server.log", "--options=-k $folder @settings");
    my $is_filled = eval { $self->fill; 1 };
    my $reason = $@;
    $self->as_server("$self->{bin}/pg_ctl", 'stop', '--silent', '--wait', "--pgdata=$self->{data}");
    die $reason if !$is_filled;
    return $self;
}

# It goes when the cluster goes. Its path is short, as that of a socket has to be.
sub work_folder () {
    my $folder = File::Temp->newdir('pg_rewards.XXXXXX', DIR => '/var/tmp');
    chown((getpwnam 'postgres')[2, 3], $folder) if $> == 0;
    return $folder;
}

sub fill ($self) {
    my @psql = ("$self->{bin}/psql", '--no-psqlrc', '--quiet', '--output=/dev/null', '--set=ON_ERROR_STOP=1', "--host=$self->{folder}",
        '--username=postgres', map { "--set=$_=$self->{variables}{$_}" } sort keys $self->{variables}->%*);
    local $ENV{PGOPTIONS} = '-c client_min_messages=error';
    Database::run(@psql, '--dbname=postgres', "--command=CREATE DATABASE $database",
        "--command=ALTER DATABASE $database SET rewards.default_company_id = '$self->{variables}{company}'");
    Database::run(@psql, "--dbname=$database", '--command=CREATE EXTENSION pg_rewards', '--command=SELECT rewards.install()',
        map { "--file=$_" } $self->{files}->@*);
}

# The instructions of a call that SQL makes bench.calls times.
sub count ($self, $name, $sql) {
    my ($few, $many) = map { $self->total("$name.$_", $sql, $_) } $fewest_calls, $most_calls;
    return int(($many - $few) / ($most_calls - $fewest_calls) + 0.5);
}

sub total ($self, $name, $sql, $calls) {
    my $profile = "$self->{folder}/profile";
    local @ENV{keys %same_code} = values %same_code;
    my $said = $self->run_under_valgrind($name, $sql, $calls, '--tool=callgrind', "--callgrind-out-file=$profile");
    my ($total) = $said =~ /Collected : (\d+)/ or die "$name failed:\n$said";
    $self->keep($profile, $name) if $self->{profiles};
    return $total;
}

# What a backend and valgrind's tool say of so many calls, on a copy of the cluster.
sub run_under_valgrind ($self, $name, $sql, $calls, @tool) {
    $self->as_server('rm', '-rf', $self->{copy});
    $self->as_server('cp', '-r', $self->{data}, $self->{copy});
    my $said = $self->as_server_reading($sql, 'valgrind', @tool,
        "$self->{bin}/postgres", '--single', '-j', '-D', $self->{copy}, @settings, '-c', "bench.calls=$calls", $database);
    die "$name failed:\n$said" if $said =~ /\b(?:ERROR|FATAL|PANIC):/;
    return $said;
}

sub keep ($self, $profile, $name) {
    my $kept = $self->{profiles} . '/' . $name =~ s/[^\w.]+/_/gr . '.callgrind';
    copy($profile, $kept) or die "cannot write $kept: $!\n";
}

# The server refuses to run as root.
sub as_server ($self, @command) { Database::run(owner(), @command) }

sub owner () { return $> == 0 ? qw(runuser -u postgres --) : () }

sub as_server_reading ($self, $input, @command) {
    my $file = "$self->{folder}/input.sql";
    open my $text, '>', $file or die "cannot write $file: $!\n";
    print $text $input;
    close $text or die "cannot write $file: $!\n";
    my $child = open(my $said, '-|') // die "cannot fork: $!\n";
    if (!$child) {
        open STDIN, '<', $file or die "cannot read $file: $!\n";
        open STDERR, '>&', \*STDOUT or die "cannot redirect: $!\n";
        exec owner(), @command or die "cannot run $command[0]: $!\n";
    }
    return join '', <$said>;
}

1;
