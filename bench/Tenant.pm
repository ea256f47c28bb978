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
    for my $case ($database->rows('SELECT place, name, goal, company FROM bench.cases ORDER BY place')) {
        my ($place, $what, $goal, $company) = @$case;
        my %expected;
        my $figures = $bench->take_turns($what, map {
            my $way = $_;
            $way => sub {
                (my $microseconds, $expected{$way}) = ($database->rows("CALL bench.measure($place, '$way', NULL, NULL)"))[0]->@*;
                return $microseconds;
            }
        } @ways);
        $bench->ratio(what => $what, against => $name_of{where}, unit => 'µs', goal => $goal, theirs => $figures->{where}, ours => $figures->{rewards});
        push @ratios, [$what, map { digits({ Bench::ratio_of($figures->{where}, $figures->{$_}) }->{ratio}) } @ways[1 .. $#ways]];
        push @expectations, [$what, map { digits($_) } $database->value("SELECT count(*) FROM bench.orders WHERE company_id = '$company'"),
            @expected{@ways}] if $expected{where};
    }
    $bench->table(['time as a multiple of the WHERE', @name_of{ @ways[1 .. $#ways] }], @ratios);
    $bench->table(['rows that the planner expects', 'rows there are', @name_of{@ways}], @expectations);
    my $roles = join ', ', map { "bench_$_" } @ways;
    $database->sql("DROP OWNED BY $roles CASCADE; DROP ROLE $roles");
}

1;
