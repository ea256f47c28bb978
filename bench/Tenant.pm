# What keeping companies apart costs. Five ways on the same tables: the company in every WHERE; policies that read a setting, a
# setting wrapped in a SELECT, a PL/pgSQL function; and the sealed context.
package Tenant;
use v5.36;
use utf8;
use Table qw(digits);

my %name_of = (where => 'explicit WHERE', setting => 'current_setting()', wrapped => '(SELECT current_setting())',
    plpgsql => 'PL/pgSQL function', rewards => 'sealed context');
my @ways = qw(where setting wrapped plpgsql rewards);

sub measure ($bench) {
    my $database = $bench->database('tenant', rows => 1_000_000, companies => 1000);
    $database->file('tenant.sql');
    my (@ratios, @expectations);
    for my $case ($database->rows('SELECT place, name, goal FROM bench.cases ORDER BY place')) {
        my ($place, $what, $goal) = @$case;
        my ($times, $expected) = measure_case($bench, $database, $place, $what);
        $bench->ratio(what => $what, against => $name_of{where}, unit => 'µs', goal => $goal,
            theirs => $times->{where}, ours => $times->{rewards});
        push @ratios, [$what, map { digits({ Bench::ratio_of($times->{where}, $times->{$_}) }->{ratio}) } @ways[1 .. $#ways]];
        push @expectations, [$what, map { digits($_) } actual_rows($database, $place), $expected->@{@ways}]
            if $what =~ /^(?:index|scan|join: all)/;
    }
    $bench->table(['time as a multiple of the WHERE', @name_of{ @ways[1 .. $#ways] }], @ratios);
    $bench->table(['rows that the planner expects', 'rows there are', @name_of{@ways}], @expectations);
    my $roles = join ', ', map { "bench_$_" } @ways;
    $database->sql("DROP OWNED BY $roles CASCADE; DROP ROLE $roles");
}

# The times of each way, in microseconds, and the rows that its plan expects.
sub measure_case ($bench, $database, $place, $what) {
    my %expected;
    my $times = $bench->take_turns($what, map {
        my $way = $_;
        $way => sub {
            my ($answer) = $database->rows("CALL bench.measure($place, '$way', NULL, NULL)");
            $expected{$way} = $answer->[1];
            return $answer->[0];
        }
    } @ways);
    return ($times, \%expected);
}

sub actual_rows ($database, $place) {
    return $database->value("SELECT count(*) FROM bench.orders JOIN bench.cases ON company_id = company WHERE place = $place");
}

1;
