#!/usr/bin/env perl
# report.pl ROOT WANTED FOLDER...: of the lines of ROOT/src, how many percent were run by what was built in FOLDER with --coverage?
# Fails below WANTED. What was not run is printed, except where reasons has a reason: as a rule, that it cannot happen.
use v5.36;
use File::Basename qw(dirname);

my ($root, $wanted, @folders) = @ARGV;
my $runs = read_runs();
my @reasons = read_reasons();
my ($all, $covered, $excused, @unexplained) = (0, 0, 0);

say sprintf '%-40s %6s %6s %7s', 'file', 'lines', 'run', '%';
for my $file (sort keys %$runs) {
    my @lines = map { { number => $_, $runs->{$file}{$_}->%* } } sort { $a <=> $b } keys $runs->{$file}->%*;
    my $run = grep { $_->{count} } @lines;
    say sprintf '%-40s %6d %6d %7.1f', $file, scalar @lines, $run, 100 * $run / @lines;
    $all += @lines;
    $covered += $run;
    for my $path (paths_not_taken(@lines)) {
        if (is_excused($file, @$path)) { $excused += @$path }
        else { push @unexplained, map { "$file:$_->{number}:$_->{source}" } @$path }
    }
}
die "nothing was built for coverage in @folders\n" if !$all;

say "\nnot run, and without a reason in test/coverage/reasons:", map { "\n$_" } @unexplained if @unexplained;
say "no line needs this reason any more: $_->{text}" for grep { !$_->{is_used} } @reasons;
my $percent = 100 * $covered / $all;
say sprintf "\n%d of %d lines were run: %.1f %%; %d were not, for a reason, and %d without", $covered, $all, $percent, $excused, scalar @unexplained;
if ($percent < $wanted) {
    say "that is below $wanted %";
    exit 1;
}

# By file and line: how often it was run, in whichever program and instance of a template.
sub read_runs () {
    my (%runs, $file);
    open my $lines, '-|', 'find', @folders, '-name', '*.gcno', '-exec', 'gcov', '--stdout', '{}', '+' or die "cannot run gcov: $!\n";
    while (my $line = <$lines>) {
        if ($line =~ /^ +-: +0:Source:(.*)/) { $file = $1 =~ m{^\Q$root\E/(src/.*)} ? $1 : undef }
        elsif (defined $file && $line =~ /^ *(\d+|#####|=====)\*?: *(\d+):(.*)/) {
            my ($count, $number, $source) = ($1, $2, $3);
            $runs{$file}{$number} //= { source => $source, count => 0 };
            $runs{$file}{$number}{count} += $count =~ /\d/ ? $count : 0;
        }
    }
    close $lines or die "gcov failed\n";
    return \%runs;
}

# Neighbours that were not run are one path.
sub paths_not_taken (@lines) {
    my @paths = ([]);
    for my $line (@lines) {
        if ($line->{count}) { push @paths, [] }
        else { push $paths[-1]->@*, $line }
    }
    return grep { @$_ } @paths;
}

# One line of it with a reason is enough.
sub is_excused ($file, @path) {
    for my $reason (@reasons) {
        next if $file !~ $reason->{file} || !grep { $_->{source} =~ $reason->{line} } @path;
        $reason->{is_used} = 1;
        return 1;
    }
    return 0;
}

sub read_reasons () {
    my $name = dirname(__FILE__) . '/reasons';
    open my $lines, '<', $name or die "cannot read $name: $!\n";
    chomp(my @lines = grep { !/^(?:#|$)/ } <$lines>);
    return map {
        my ($file, $line, $reason) = split /\t+/;
        die "$name: expected file, line and reason, with tabs between: $_\n" if !defined $reason;
        { text => $_, file => qr/$file/, line => qr/$line/ }
    } @lines;
}
