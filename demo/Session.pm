# A connection to the server: a psql that is told statements through a pipe, and whose answers are read from another.
# Nothing goes over the command line or through files, where others could read it.
package Session;
use v5.36;
use IPC::Open3 qw(open3);

my $end_of_answer = 'demo: end of answer';

$ENV{PGCLIENTENCODING} = 'UTF8';
$ENV{PGAPPNAME} = 'pg_rewards demo';

sub start ($class, %as) {
    my @command = ('psql', '--no-psqlrc', '--quiet', '--tuples-only', '--no-align', "--field-separator=\t",
        '--no-password', '--set=ON_ERROR_STOP=1',
        "--username=$as{user}", "--dbname=$as{database}");
    my ($in, $out);
    eval { open3($in, $out, undef, @command) } or die "cannot run psql; it comes with the package postgresql-client\n";
    $in->autoflush;
    my $self = bless { in => $in, out => $out }, $class;
    $self->rows('SET client_min_messages = warning;');
    return $self;
}

# The rows that statements give, each a reference to its fields.
sub rows ($self, $statements) {
    $self->tell($statements);
    return $self->answer;
}

# The first field of the first row.
sub value ($self, $statement) {
    my ($row) = $self->rows($statement);
    return $row->[0];
}

sub tell ($self, $statements) { $self->put("$statements\n\\echo $end_of_answer\n") }

# When psql has ended, the answer says why.
sub put ($self, $text) {
    local $SIG{PIPE} = 'IGNORE';
    print { $self->{in} } $text;
}

sub answer ($self) {
    my @lines;
    while (defined(my $line = readline $self->{out})) {
        chomp $line;
        return map { [split /\t/, $_, -1] } @lines if $line eq $end_of_answer;
        push @lines, $line;
    }
    die join "\n", 'psql ended, and said:', @lines, '';
}

# The SQLSTATE with which a statement fails; 00000 when it does not.
sub sqlstate ($self, $statements) {
    my @rows = $self->rows("\\set ON_ERROR_STOP 0\n$statements\n\\echo :LAST_ERROR_SQLSTATE\n\\set ON_ERROR_STOP 1");
    return $rows[-1][0];
}

# COPY into a table, from a function that gives one row after another and then nothing.
sub copy ($self, $table, $next_row) {
    $self->put("COPY $table FROM STDIN;\n");
    while (my $row = $next_row->()) {
        $self->put(join("\t", map { s/\\/\\\\/gr } @$row) . "\n");
    }
    $self->rows('\\.');
}

sub literal ($text) { return "'" . $text =~ s/'/''/gr . "'" }

1;
