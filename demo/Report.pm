# What the demo says, and how it notices that something is not as promised.
package Report;
use v5.36;
use Exporter qw(import);
use Text::Wrap qw(wrap);

our @EXPORT_OK = qw(heading say_so promise with_commas count_of tally);

$| = 1;
$Text::Wrap::columns = 101;
$Text::Wrap::huge = 'overflow';
$Text::Wrap::unexpand = 0;
my $margin = ' ' x 7;

sub heading ($text) { print "\n$text\n" }

sub say_so ($text, $indent = 0) { print wrap($margin, $margin . ' ' x $indent, $text), "\n" }

# Every "ok" is a comparison of what was found with what has to be.
sub promise ($text, $found, $promised) {
    die "NOT AS PROMISED: $text\n  promised: $promised\n  found:    @{[$found // '(nothing)']}\n"
        if !defined $found || $found ne $promised;
    print wrap('  ok   ', $margin, $text), "\n";
}

sub with_commas ($number) { return scalar reverse(reverse($number) =~ s/(\d{3})(?=\d)/$1,/gr) }

sub count_of ($number, $noun) { return with_commas($number) . " $noun" . ($number == 1 ? '' : 's') }

# { b => 2, a => 1 } is "a 1, b 2".
sub tally ($counts) { return join ', ', map { "$_ " . with_commas($counts->{$_}) } sort keys %$counts }

1;
