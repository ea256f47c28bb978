# What a run was measured with: the server and its settings, as found, and which of them are not the stated ones.
package Conditions;
use v5.36;
use Database;
use POSIX qw(strftime);

sub find ($class, $stated_in, %how) {
    open my $lines, '<', $stated_in or die "cannot read $stated_in: $!\n";
    my @stated = map { /^(\w+) = (\S+)/ ? [$1, $2] : () } <$lines>;
    my %found = map { @$_ } Database->existing('postgres')->rows('SELECT name, current_setting(name) FROM pg_settings');
    my @others = grep { $found{ $_->[0] } ne $_->[1] } @stated;
    return bless {
        %how,
        version => $found{server_version} =~ s/ .*//r,
        settings => [map { "$_->[0] = $found{ $_->[0] }" } @stated],
        others => [map { "$_->[0] is $found{ $_->[0] }, not $_->[1]" } @others],
    }, $class;
}

sub text ($self) { return join '; ', $self->run, join ', ', $self->{settings}->@* }

sub run ($self) {
    return strftime('%Y-%m-%d', gmtime) . ", PostgreSQL $self->{version}, processors: " . processors()
        . ", rounds: $self->{rounds}, runs of pgbench: $self->{seconds} s";
}

sub processors () {
    open my $lines, '<', '/proc/cpuinfo' or die "cannot read /proc/cpuinfo: $!\n";
    return scalar grep { /^processor\s/ } <$lines>;
}

1;
