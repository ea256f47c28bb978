# How figures look, on a terminal and in Markdown. A table is [[HEADS], [CELLS], ...].
package Table;
use v5.36;
use utf8;
use Exporter qw(import);
use List::Util qw(max);

our @EXPORT_OK = qw(digits with_commas);

my @heads = ('what', 'against', 'clients', 'commit', 'theirs', 'ours', 'ratio', 'spread', 'goal', 'met');

# Of what $bench has recorded. Columns that no row has are left out.
sub of_rows (@rows) {
    my @cells = map { [cells($_)] } @rows;
    my @columns = grep { my $column = $_; grep { length $_->[$column] } @cells } 0 .. $#heads;
    return [map { [@$_[@columns]] } \@heads, @cells];
}

sub cells ($row) {
    my $is_compared = defined $row->{ratio};
    return map { $_ // '' } $row->@{qw(what against clients commit)},
        $is_compared ? figure($row->{theirs}, $row->{unit}) : '', figure($row->{ours}, $row->{unit}),
        $is_compared ? (digits($row->{ratio}), digits($row->{lowest}) . ' to ' . digits($row->{highest})) : ('', ''),
        $row->{goal}, defined $row->{met} ? ($row->{met} ? 'yes' : 'no') : '';
}

sub label ($row) {
    my $sides = join ' / ', grep { defined } $row->@{qw(what against)};
    my $clients = $row->{clients} && ($row->{clients} == 1 ? '1 client' : "$row->{clients} clients");
    return join ', ', grep { defined } $sides, $clients, $row->{commit} && "commit $row->{commit}";
}

sub figure ($number, $unit) {
    ($number, $unit) = ($number / 1000, 'ms') if $unit eq 'µs' && $number >= 1000;
    return join ' ', digits($number), $unit || ();
}

# Three digits that say something.
sub digits ($number) {
    return sprintf $number >= 9.95 ? '%.1f' : $number >= 0.1 ? '%.2f' : '%.4f', $number if $number < 99.95;
    return with_commas(sprintf '%.0f', $number);
}

sub with_commas ($number) { return scalar reverse(reverse($number) =~ s/(\d{3})(?=\d)/$1,/gr) }

sub text ($table) {
    my @formats = map {
        my $column = $_;
        (is_text($table, $column) ? '%-' : '%') . max(map { length $_->[$column] } @$table) . 's';
    } 0 .. $table->[0]->$#*;
    return join '', map { sprintf(join('  ', @formats), @$_) =~ s/ +\z//r . "\n" } @$table;
}

sub markdown ($table) {
    my ($heads, @lines) = @$table;
    my @rules = map { is_text($table, $_) ? '---' : '---:' } 0 .. $#$heads;
    return join '', map { '| ' . join(' | ', @$_) . " |\n" } $heads, \@rules, @lines;
}

sub is_text ($table, $column) { return !grep { $_->[$column] =~ /\A\d/ } @$table[1 .. $#$table] }

1;
