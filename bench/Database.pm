# A database of its own for a part of the bench, with the extension and its tables; and what runs in it: psql and pgbench.
#
# rewards.default_company_id is set for it, so that a call is one statement on both sides of a comparison. Its variables go to
# every script of psql and pgbench; company and template are always there.
#
# $database->sql(STATEMENTS), ->file(FILE)      run them; FILE is in bench/ unless it says a folder
# $database->value(STATEMENT), ->rows(...)      the first field of the first row; all rows, each a list of fields
# $database->timed(STATEMENTS)                  the seconds that they take, all together
# $database->tps(SCRIPT, clients => 1, commit => 'on')
# $database->pgbench(SCRIPT, the same)          { tps, latency (ms), transactions }; also seconds => N, or transactions => N
#                                               for each client; defines => { ... } for this run; counted_by => a SELECT of a
#                                               number that every call has to raise by one, so that nobody measures refusals
package Database;
use v5.36;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Temp;
use List::Util qw(min sum);

my $here = dirname(abs_path(__FILE__));
my %ids = (company => 'c0000000-0000-4000-8000-000000000001', template => '70000000-0000-4000-8000-000000000001');
my @psql = qw(psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1);

sub create ($class, $name, %self) {
    my $self = bless { name => "rewards_bench_$name", %self, variables => { %ids, $self{variables}->%* } }, $class;
    $self->drop;
    $class->existing('postgres')->sql("CREATE DATABASE $self->{name}");
    $self->sql("CREATE EXTENSION pg_rewards; SELECT rewards.install() \\g /dev/null
        ALTER DATABASE $self->{name} SET rewards.default_company_id = :'company'");
    return $self;
}

sub drop ($self) { Database->existing('postgres')->sql("DROP DATABASE IF EXISTS $self->{name} WITH (FORCE)") }

sub existing ($class, $name) { return bless { name => $name, variables => {} }, $class }

sub sql ($self, $statements) { return $self->psql("$statements;\n") }

sub file ($self, $file) { return $self->psql("\\i " . in_folder($file)) }

sub rows ($self, $statement) { return map { chomp; [split /\t/, $_, -1] } $self->sql($statement) }

sub value ($self, $statement) { return ($self->rows($statement))[0][0] }

# As psql counts them: without its start, and until the answer is there.
sub timed ($self, $statements) {
    return sum(map { /^Time: ([\d.]+) ms/ ? $1 / 1000 : () } $self->sql("\\timing on\n$statements"));
}

sub psql ($self, $text) {
    my $script = File::Temp->new;
    print $script $text;
    close $script or die "cannot write $script: $!\n";
    return run(@psql, "--field-separator=\t", "--dbname=$self->{name}", "--file=$script", $self->variables('--set'));
}

sub tps ($self, $script, %how) { return $self->pgbench($script, %how)->{tps} }

sub pgbench ($self, $script, %how) {
    my $counted = $how{counted_by} ? $self->value($how{counted_by}) : 0;
    my $defines = $how{defines} // {};
    local $ENV{PGOPTIONS} = "$ENV{PGOPTIONS} -c synchronous_commit=$how{commit}";
    my $output = join '', run('pgbench', '--no-vacuum', '--protocol=prepared',
        "--client=$how{clients}", '--jobs=' . min(4, $how{clients}),
        $how{transactions} ? "--transactions=$how{transactions}" : '--time=' . ($how{seconds} // $self->{seconds}),
        $self->variables('--define'), (map { "--define=$_=$defines->{$_}" } keys %$defines),
        '--file=' . in_folder($script), $self->{name});
    my %figure = (
        tps => qr/^tps = ([\d.]+)/m,
        latency => qr/^latency average = ([\d.]+) ms/m,
        transactions => qr/^number of transactions actually processed: (\d+)/m,
        failed => qr/^number of failed transactions: (\d+)/m,
    );
    for my $name (keys %figure) { ($figure{$name}) = $output =~ $figure{$name} or die "pgbench does not say $name:\n$output" }
    die "$figure{failed} transactions of $script failed\n" if $figure{failed} > 0;
    $counted += $figure{transactions};
    die "not every call of $script did its work\n" if $how{counted_by} && $self->value($how{counted_by}) != $counted;
    return \%figure;
}

sub variables ($self, $option) { return map { "$option=$_=$self->{variables}{$_}" } sort keys $self->{variables}->%* }

sub in_folder ($file) { return $file =~ m{/} ? $file : "$here/$file" }

# What a program prints; it says by itself, on stderr, what it does not like.
sub run (@command) {
    open my $output, '-|', @command or die "cannot run $command[0]: $!\n";
    my @lines = <$output>;
    close $output or die "$command[0] failed\n";
    return @lines;
}

1;
