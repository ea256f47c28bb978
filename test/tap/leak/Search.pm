# Looks for many secrets at once, in files of any kind and size.
package Search;
use strict;
use warnings FATAL => 'all';

use File::Find;

# Takes names of secrets with their values. A code, in capitals and without hyphens, is looked for with and without hyphens and in any case;
# a key, of bytes, as it is, in hexadecimal digits, and in those that a server prints for a plan.
sub new {
    my ($class, %secret) = @_;
    my %name;
    for my $name (sort keys %secret) {
        my $value = $secret{$name};
        my @forms = $value =~ /^[0-9A-Z]+$/ ? ($value, join '-', $value =~ /(.{4})/g)
            : ($value, unpack('H*', $value), join ' ', map { $_ > 127 ? $_ - 256 : $_ } unpack 'C*', $value);
        $name{ lc $_ } = $name for @forms;
    }
    my $any = join '|', map { quotemeta } sort keys %name;
    return bless { name => \%name, any => qr/$any/ }, $class;
}

# The names of those that are in a text.
sub in_text {
    my ($self, $text) = @_;
    my %found;
    my $folded = lc $text;
    $found{ $self->{name}{$1} } = 1 while $folded =~ /($self->{any})/g;
    return \%found;
}

# The places, by the names of what is in files and in folders and all below them; key files are where keys belong.
sub in_files {
    my ($self, @places) = @_;
    my %found;
    my $look = sub {
        return if !-f || m{/[^/]*\.keys[^/]*$};
        open my $file, '<:raw', $_ or die "cannot read $_: $!";
        my $kept = '';
        while (read $file, my $read, 1 << 24) {
            my $text = $kept . $read;
            $found{$_} = $File::Find::name for keys %{ $self->in_text($text) };
            $kept = length $text > 200 ? substr $text, -200 : $text;
        }
        close $file;
    };
    find({ no_chdir => 1, wanted => $look }, @places);
    return \%found;
}

1;
