# Pictures of figures, as SVG.
#
# bars(ROW, ...)       the ratios of comparisons, with their goals and spread
# lines(title => TEXT, x => TEXT, y => TEXT, at => [TEXT, ...], series => { NAME => [a number for each of at], ... })
package Picture;
use v5.36;
use utf8;
use List::Util qw(max);
use POSIX qw(floor);
use Table qw(digits);

my $style = <<'CSS';
    .paper { fill: #fff }
    .grid { stroke: #dde4ec }
    .axis { stroke: #44546a }
    .met { fill: #7fb894 }
    .missed { fill: #e0a070 }
    .goal { stroke: #24303d; stroke-width: 3 }
    .spread { stroke: #44546a }
    .head { font-weight: bold }
    .note { fill: #5b6b7c; font-size: 12px }
    text { fill: #24303d }
CSS
my @colours = ('#2f6f9f', '#b9640b', '#2f7d4f', '#8a3f8f', '#b03a3a', '#44546a');
my $width = 1040;

my $row_height = 22;
my ($bar_left, $bar_right) = (540, 970);
my @groups = (['>', 'how many times as fast: longer is better'], ['<', 'how many times as long it takes: shorter is better']);

sub bars (@rows) {
    my ($y, @shapes) = (30);
    for my $group (@groups) {
        my ($sign, $title) = @$group;
        my @of_group = grep { $_->{goal} =~ /^$sign/ } @rows or next;
        push @shapes, bar_group($y, $title, @of_group);
        $y += 60 + $row_height * @of_group;
    }
    return picture($y, 'Bars: the ratio of each comparison, its spread over the rounds, and its goal', @shapes,
        note(10, $y - 12, 'bar: median of the rounds; thin line: lowest to highest round; thick line: the goal; green: met'));
}

sub bar_group ($top, $title, @rows) {
    my $most = max(map { ($_->{highest}, goal($_)) } @rows);
    my $x_of = sub ($ratio) { return sprintf '%.1f', $bar_left + ($bar_right - $bar_left) * $ratio / $most };
    my $bottom = $top + 14 + $row_height * @rows;
    my @shapes = qq{<text class="head" x="10" y="$top">$title</text>};
    for my $tick (ticks($most)) {
        my $x = $x_of->($tick);
        push @shapes, line('grid', $x, $top + 10, $x, $bottom), centred($x, $bottom + 14, $tick);
    }
    my $y = $top + 14;
    for my $row (@rows) {
        push @shapes, bar($row, $y, $x_of);
        $y += $row_height;
    }
    return @shapes, line('axis', $bar_left, $top + 10, $bar_left, $bottom);
}

sub bar ($row, $y, $x_of) {
    my ($class, $middle, $length) = ($row->{met} ? 'met' : 'missed', $y + 10, $x_of->($row->{ratio}) - $bar_left);
    my $goal = $x_of->(goal($row));
    my $after = max($x_of->($row->{highest}), $goal) + 6;
    return (before($bar_left, $y + 14, Table::label($row)),
        qq{<rect class="$class" x="$bar_left" y="@{[ $y + 3 ]}" width="$length" height="14"/>},
        line('spread', $x_of->($row->{lowest}), $middle, $x_of->($row->{highest}), $middle),
        line('goal', $goal, $y + 1, $goal, $y + 19),
        qq{<text x="$after" y="@{[ $y + 14 ]}" font-size="12">@{[ digits($row->{ratio}) ]}</text>});
}

sub goal ($row) { return $row->{goal} =~ s/[<>]= //r }

my ($left, $right, $top, $bottom) = (80, 780, 50, 350);

sub lines (%plot) {
    my $most = 1.1 * max(map { @$_ } values $plot{series}->%*);
    my $y_of = sub ($value) { return sprintf '%.1f', $bottom - ($bottom - $top) * $value / $most };
    my @at = $plot{at}->@*;
    my @x = map { $left + ($right - $left) * ($_ + 0.5) / @at } 0 .. $#at;
    my @shapes = (qq{<text class="head" x="10" y="24">} . escaped($plot{title}) . '</text>', note(10, $top - 6, $plot{y}),
        centred(($left + $right) / 2, $bottom + 42, $plot{x}), map { centred($x[$_], $bottom + 20, $at[$_]) } 0 .. $#at);
    for my $tick (ticks($most)) {
        my $y = $y_of->($tick);
        push @shapes, line('grid', $left, $y, $right, $y), before($left, $y + 4, $tick);
    }
    return picture($bottom + 56, $plot{title}, @shapes, line('axis', $left, $bottom, $right, $bottom),
        series($plot{series}, \@x, $y_of));
}

# From the highest end to the lowest, so that names can be kept from lying on each other.
sub series ($series, $x, $y_of) {
    my ($free, @shapes) = (0);
    my @names = sort { $series->{$b}[-1] <=> $series->{$a}[-1] || $a cmp $b } keys %$series;
    for my $index (0 .. $#names) {
        my ($name, $colour) = ($names[$index], $colours[$index % @colours]);
        my @y = map { $y_of->($_) } $series->{$name}->@*;
        my ($label_x, $label_y) = ($x->[-1] + 12, max($y[-1] + 4, $free));
        $free = $label_y + 16;
        my $label = escaped("$name: " . join ' → ', map { digits($_) } $series->{$name}->@*);
        push @shapes, qq{<polyline points="@{[ map { "$x->[$_],$y[$_]" } 0 .. $#y ]}" fill="none" stroke="$colour" stroke-width="2"/>},
            (map { qq{<circle cx="$x->[$_]" cy="$y[$_]" r="3.5" fill="$colour"/>} } 0 .. $#y),
            qq{<text x="$label_x" y="$label_y" style="fill: $colour">$label</text>};
    }
    return @shapes;
}

# About five round numbers from 0 on.
sub ticks ($most) {
    my $size = 10 ** floor(log($most / 5) / log 10);
    my ($step) = grep { $most / $_ <= 6 } map { $_ * $size } 1, 2, 5, 10;
    return map { sprintf '%g', $_ * $step } 0 .. floor($most / $step);
}

sub line ($class, $x1, $y1, $x2, $y2) { return qq{<line class="$class" x1="$x1" y1="$y1" x2="$x2" y2="$y2"/>} }

sub centred ($x, $y, $text) { return qq{<text class="note" x="$x" y="$y" text-anchor="middle">} . escaped($text) . '</text>' }

sub before ($x, $y, $text) { return qq{<text class="note" x="@{[ $x - 8 ]}" y="$y" text-anchor="end">} . escaped($text) . '</text>' }

sub note ($x, $y, $text) { return qq{<text class="note" x="$x" y="$y">} . escaped($text) . '</text>' }

sub escaped ($text) { return $text =~ s/&/&amp;/gr =~ s/</&lt;/gr =~ s/>/&gt;/gr =~ s/"/&quot;/gr }

sub picture ($height, $label, @shapes) {
    my $head = qq{<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 $width $height" font-family="Helvetica, Arial, sans-serif"}
        . ' font-size="13" role="img" aria-label="' . escaped($label) . '">';
    return join "\n", $head, "  <style>\n$style  </style>", qq{  <rect class="paper" width="$width" height="$height"/>},
        map({ "  $_" } @shapes), '</svg>', '';
}

1;
