# How rows of figures look, on a terminal and in Markdown.
package Table;
use v5.36;
use utf8;
use List::Util qw(max);

my @heads = ('what', 'against', 'clients', 'commit', 'theirs', 'ours', 'ratio', 'spread', 'goal', 'met');
my %is_text = map { $_ => 1 } qw(what against commit goal met);

sub text (@rows) {
    my @lines = (\@heads, map { [cells($_)] } @rows);
    my @widths = map { my $column = $_; max map { length $_->[$column] } @lines } 0 .. $#heads;
    my @formats = map { ($is_text{ $heads[$_] } ? '%-' : '%') . "$widths[$_]s" } 0 .. $#heads;
    return map { sprintf(join('  ', @formats), @$_) =~ s/ +\z//r . "\n" } @lines;
}

sub markdown (@rows) {
    return map { '| ' . join(' | ', @$_) . " |\n" } \@heads, [map { $is_text{$_} ? '---' : '---:' } @heads], map { [cells($_)] } @rows;
}

sub cells ($row) {
    my $compared = defined $row->{ratio};
    return map { $_ // '' } $row->@{qw(what against clients commit)}, $compared ? figure($row->{theirs}, $row->{unit}) : '',
        figure($row->{ours}, $row->{unit}), $compared ? (digits($row->{ratio}), digits($row->{lowest}) . ' to ' . digits($row->{highest})) : ('', ''),
        $row->{goal}, defined $row->{met} ? ($row->{met} ? 'yes' : 'no') : '';
}

sub figure ($number, $unit) { return digits($number) . " $unit" }

# Three digits that say something.
sub digits ($number) {
    return sprintf $number >= 9.95 ? '%.1f' : '%.2f', $number if $number < 99.95;
    return scalar reverse(reverse(sprintf '%.0f', $number) =~ s/(\d{3})(?=\d)/$1,/gr);
}

1;
