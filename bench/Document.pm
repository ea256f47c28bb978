# docs/performance.md: what a run has measured goes between the marks of its part, <!-- bench PART --> and
# <!-- /bench PART -->; everything else was written by hand, and stays.
package Document;
use v5.36;

sub load ($class, $file) {
    open my $text, '<:encoding(UTF-8)', $file or die "cannot read $file: $!\n";
    return bless { file => $file, text => join '', <$text> }, $class;
}

sub set ($self, $part, @paragraphs) {
    my $generated = join "\n", @paragraphs;
    $self->{text} =~ s{(<!-- bench $part -->\n).*?(?=<!-- /bench $part -->)}{$1\n$generated\n}s
        or die "$self->{file} has no place for $part, from <!-- bench $part --> to <!-- /bench $part -->\n";
}

sub save ($self) { write_file($self->{file}, $self->{text}) }

sub write_file ($file, $text) {
    open my $out, '>:encoding(UTF-8)', "$file.new" or die "cannot write $file.new: $!\n";
    print $out $text;
    close $out && rename "$file.new", $file or die "cannot write $file: $!\n";
}

1;
