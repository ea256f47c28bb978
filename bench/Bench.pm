# What the parts of the bench measure with. A part is a module with a function measure; it has its place in @parts of
# bench/run, and one in docs/performance.md between <!-- bench PART --> and <!-- /bench PART -->:
#
#   package Redeem;
#   use v5.36;
#   sub measure ($bench) {
#       my $database = $bench->database('redeem', accounts => 1000);          # fresh; see Database.pm
#       $database->file('setup.sql');
#       for my $load ($bench->loads(1, 4)) {                                   # { clients => 1, commit => 'on' } and so on
#           $bench->compare(%$load, what => 'redeem', against => 'PL/pgSQL', goal => '>= 2', unit => '/ s',
#               theirs => sub { $database->tps('baseline_redeem.pgbench', %$load) },
#               ours => sub { $database->tps('redeem.pgbench', %$load) });
#       }
#   }
#
# $bench->compare(ROW, theirs => sub, ours => sub)   both take turns; the row gets the median of the ratios ours / theirs of
#                                                    the rounds, and their spread
# $bench->take_turns(LABEL, NAME => sub, ...)        the same for any number of ways: { NAME => [a figure of each round] },
# $bench->ratio(ROW, theirs => [...], ours => [...]) to be recorded afterwards
# $bench->record(ROW, ours => figure)                a figure of ours alone; ours may be [a figure of each round]
# $bench->table([HEADS], [CELLS], ...)               another table for the part's section
# $bench->note(TEXT)                                 a sentence below the part's tables
# $bench->plot(FILE => ..., see Picture.pm)          a picture in docs/
# $bench->keep(NAME)                                 leaves a database to a later part, which asks for it by its name
# $bench->{rounds}, $bench->{seconds}                how often, how long (a pgbench run)
# $bench->{full}                                     whether sizes are those that take longer than 15 minutes
#
# A ROW has: what; against; clients, commit (on, off), where that matters; unit ('/ s', 'ms', ...); goal ('>= 2', '<= 1.2'; of
# the ratio, or of our own figure where there is no ratio), if there is one.
package Bench;
use v5.36;
use List::Util qw(max min);
use Database;
use Table;

sub begin ($class, %how) { return bless { rows => [], plots => {}, databases => {}, kept => {}, %how }, $class }

# Runs a part, whose databases are dropped after it unless it keeps them.
sub run ($self, $part) {
    $self->{part} = $part;
    $self->{$_}{$part} = [] for qw(tables notes);
    my $begun = time;
    say STDERR "bench: $part";
    require ucfirst "$part.pm";
    my $done = eval { ucfirst($part)->can('measure')->($self); 1 };
    my $reason = $@;
    $_->drop for values $self->{databases}->%*;
    $self->{databases} = {};
    die $reason if !$done;
    $self->{took}{$part} = time - $begun;
}

sub database ($self, $name, %variables) {
    return $self->{databases}{$name} = delete $self->{kept}{$name}
        // Database->create($name, seconds => $self->{seconds}, variables => \%variables);
}

sub keep ($self, $name) { $self->{kept}{$name} = delete $self->{databases}{$name} }

# Drops what was kept for a part that did not run.
sub end ($self) { $_->drop for values $self->{kept}->%* }

# synchronous_commit, on and off, for each number of clients.
sub loads ($self, @clients) {
    return map { my $clients = $_; map { { clients => $clients, commit => $_ } } qw(on off) } @clients;
}

sub compare ($self, %row) {
    my %ways = map { $_ => delete $row{$_} } qw(theirs ours);
    $self->ratio(%row, $self->take_turns(Table::label(\%row), %ways{qw(theirs ours)})->%*);
}

# Each round begins with another way, so that none has all the good places; a machine that is busy for a while slows all.
sub take_turns ($self, $label, @ways) {
    my %figures;
    print STDERR "  $label: round";
    for my $round (1 .. $self->{rounds}) {
        print STDERR " $round";
        my @turns = @ways;
        while (my ($name, $way) = splice @turns, 0, 2) { push @{ $figures{$name} }, $way->() }
        push @ways, splice @ways, 0, 2;
    }
    print STDERR "\n";
    return \%figures;
}

# The ratio of a round is of two figures that were taken within seconds of each other.
sub ratio ($self, %row) {
    $self->record(%row, theirs => median($row{theirs}->@*), ratio_of($row{theirs}, $row{ours}));
}

sub ratio_of ($theirs, $ours) {
    my @ratios = map { $ours->[$_] / $theirs->[$_] } 0 .. $#$ours;
    return (ratio => median(@ratios), lowest => min(@ratios), highest => max(@ratios));
}

sub record ($self, %row) {
    $row{ours} = median($row{ours}->@*) if ref $row{ours};
    $row{met} = is_met($row{goal}, $row{ratio} // $row{ours}) if $row{goal};
    push @{ $self->{rows} }, { part => $self->{part}, %row };
}

sub is_met ($goal, $figure) {
    my ($sign, $bound) = $goal =~ /\A([<>])= ([\d.]+)/ or die "a goal is like '>= 2', not '$goal'\n";
    return $sign eq '>' ? $figure >= $bound : $figure <= $bound;
}

sub table ($self, $heads, @rows) { push $self->{tables}{ $self->{part} }->@*, [$heads, @rows] }

sub note ($self, $text) { push $self->{notes}{ $self->{part} }->@*, $text }

sub plot ($self, $file, %plot) { $self->{plots}{$file} = \%plot }

sub median (@figures) {
    my @sorted = sort { $a <=> $b } @figures;
    return ($sorted[$#sorted / 2] + $sorted[@sorted / 2]) / 2;
}

1;
