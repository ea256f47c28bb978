# A small disk, to be filled: FAULTS_SMALL_DISK names a folder on one of some 64 MB. Without it, the test that uses this runs itself
# anew in namespaces of its own: of users, so that it may mount a file system, and of mounts, so that nobody else sees it. In
# there it is who it was, because the server refuses to run as root. Before the test opens its logs: `use` it first.
package SmallDisk;
use v5.36;
use File::Temp;

my $run = <<'SHELL';
mount -t tmpfs -o size=64m,mode=0700 none "$FAULTS_SMALL_DISK" && exec unshare --user --map-user="$0" --map-group="$1" "$2" "$3"
SHELL

sub import {
    return if defined $ENV{FAULTS_SMALL_DISK};
    my $folder = File::Temp->newdir;
    local @ENV{qw(FAULTS_SMALL_DISK PERL5LIB)} = ("$folder", join ':', @INC);
    system 'unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', $run, $<, $( + 0, $^X, $0;
    undef $folder;
    exit($? >> 8 || $? & 127);
}

sub folder { return $ENV{FAULTS_SMALL_DISK} }

# Until nothing more fits; what is returned gives the space back.
sub fill {
    my $ballast = folder() . '/ballast';
    open my $file, '>', $ballast or die "$ballast: $!";
    1 while defined syswrite $file, 'x' x 65536;
    return sub { unlink $ballast or die "$ballast: $!" };
}

1;
