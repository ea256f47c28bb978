#!/usr/bin/env perl
# memcheck.pl PLANTED: do the calls that are made most read what nobody wrote, or beyond the end? Those that bench/counts counts are run under
# valgrind, a few times each, in a single-user backend. It is the stock server: an error counts where a frame of its stack is ours.
# PLANTED is the library of planted.cpp, whose mistake has to be found first. PG_CONFIG leads to a server that has the extension.
use v5.36;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use lib dirname(abs_path(__FILE__)) . '/../../bench';
use Callgrind;
use Counted;
use Database;

my $here = dirname(abs_path(__FILE__));
my $root = abs_path("$here/../..");
my ($planted) = @ARGV;
my $calls = 50;
my @memcheck = (qw(--tool=memcheck --quiet --error-limit=no --track-origins=yes), "--fullpath-after=$root/", "--suppressions=$here/server.supp");

local $SIG{$_} = sub { die "interrupted\n" } for qw(INT TERM);
STDOUT->autoflush;
chdir '/';
my $cluster = Callgrind->prepare(
    bin => (Database::run($ENV{PG_CONFIG}, '--bindir'))[0] =~ s/\n//r,
    files => [map { "$root/bench/$_" } qw(setup.sql baseline_redeem.sql baseline_claim.sql baseline_submit.sql baseline_transfer.sql counts.sql)],
    variables => { company => 'c0000000-0000-4000-8000-000000000001', template => '70000000-0000-4000-8000-000000000001',
        accounts => 2 * $calls, calls => $calls, fewest_calls => $calls / 2 },
);

my $mistake = "CREATE FUNCTION make_mistake(text) RETURNS integer LANGUAGE c AS '$planted';\n\nSELECT make_mistake('uninitialised');\n\n";
errors_of_ours('a mistake', $mistake) or die "a mistake that was made on purpose was not found\n";
my $errors = 0;
for my $call (@Counted::calls) {
    my @errors = errors_of_ours($call->{name}, $call->{ours});
    printf "%-24s %d errors\n", $call->{name}, scalar @errors;
    print map { "\n$_" } @errors;
    $errors += @errors;
}
exit($errors > 0);

sub errors_of_ours ($name, $sql) {
    my $said = $cluster->run_under_valgrind($name, $sql, $calls, @memcheck);
    my $report = join '', map { s/^==\d+== //r } grep { /^==\d+== / } split /^/, $said;
    return grep { m{(?:src/(?:core|pg)|test/sanitize)/|pg_rewards\.so} } split /^\n/m, $report;
}
