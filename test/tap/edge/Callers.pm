# Callers at work, several of each role.
package Callers;
use v5.36;
use parent 'Load';
use Caller;
use JSON::PP ();
use PostgreSQL::Test::Utils;
use Time::HiRes qw(sleep time);

# node; name; seed; roles, one for each caller.
sub start ($class, %is) {
    my ($node, $name, $seed) = @is{qw(node name seed)};
    my $self = bless { node => $node, name => $name, folder => $node->basedir, started => time }, $class;
    my %world;
    push @{ $world{ $_->[0] } }, $_->[1] for rows($node, 'SELECT argument, expression FROM world ORDER BY 1, 2');
    my %given = (client => 'Caller', connection => $node->connstr('postgres'), functions => functions($node), world => \%world, tokens => $world{token});
    my (%has_caller, $number);
    $self->{callers} = [ map { { name => "$name." . ++$number, role => $_, seed => $seed++, is_thorough => !$has_caller{$_}++ } } @{ $is{roles} } ];
    $self->{pids} = [ map { $self->start_client($_->{name}, %given, %$_) } @{ $self->{callers} } ];
    return $self;
}

sub rows ($node, $query) { return map { [ split /\|/, $_, -1 ] } split /\n/, $node->safe_psql('postgres', $query) }

sub functions ($node) {
    my %function;
    for (rows($node, 'SELECT signature, proname, is_aggregate, argument, type, has_default FROM callable ORDER BY signature, number')) {
        my ($signature, $name, $is_aggregate, $argument, $type, $has_default) = @$_;
        my $function = $function{$signature} //= { signature => $signature, name => $name, is_aggregate => $is_aggregate eq 't', arguments => [] };
        next if $type eq '';
        die "$signature: there are no values of type $type\n" if !Values::knows($type);
        push @{ $function->{arguments} }, { argument => $argument, type => $type, has_default => $has_default eq 't' };
    }
    return \%function;
}

# Those who came to no end, and what the others have to tell.
sub finish ($self, $seconds) {
    sleep 0.1 while time < $self->{started} + $seconds;
    my $failures = $self->stop;
    my @reports = map { JSON::PP::decode_json(slurp_file($_)) } grep { -e } map { "$self->{folder}/report.$_->{name}" } @{ $self->{callers} };
    return ($failures, @reports);
}

1;
