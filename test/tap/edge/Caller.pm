# Somebody who calls every function with whatever there is, in transactions of a few calls, and remembers what became of them:
# the SQLSTATEs by function, and in full what must not be.
package Caller;
use v5.36;
use JSON::PP ();
use Session;
use Time::HiRes qw(sleep);
use Values;

# What is undone, because the test relies on it: rights, protected tables, limits, and the key of the tokens.
my %is_undone = map { $_ => 1 } qw(grant_access change_coupon_template enable_tenant_rls disable_tenant_rls retire_token_key);

# What looks through the whole catalog leaves no time for others, and is called once.
my $is_slow = qr/tenant_doctor|doctor_|check_settings/;

my @companies = map { "${_}0000000-0000-4000-8000-000000000000" } qw(a b);

# role; is_thorough; functions, by signature; world; seed; is_over: whether to go on; connection; name; history, which stays empty.
sub new ($class, %is) {
    my $session = Session->new(connection => "$is{connection} user=$is{role}", log => $is{history});
    my $report = $is{history} =~ s{/history\.}{/report.}r;
    return bless { %is, session => $session, report => $report, values => Values->new(%{ $is{world} }), calls => 0, states => {}, denied => {}, found => [] }, $class;
}

sub pick (@from) { return $from[ rand @from ] }
sub chance ($percent) { return rand(100) < $percent }
sub shuffle (@of) { return map { $_->[0] } sort { $a->[1] <=> $b->[1] } map { [ $_, rand ] } @of }

# Whoever is thorough calls every function until it was refused or has answered, ten times at most, because the server may
# refuse a call, or know what it gives, before it asks for the right to it. Then come those that there is a right to.
sub run ($self) {
    srand $self->{seed};
    my @functions = sort keys %{ $self->{functions} };
    my @first = $self->{is_thorough} ? shuffle((@functions) x 10) : ();
    my $next = sub {
        while (defined(my $one = shift @first)) {
            return $self->{functions}{$one} if !$self->{denied}{$one} && !$self->{answered}{$one};
        }
        return $self->{functions}{ pick(grep { !$self->{denied}{$_} && !/^rewards\.$is_slow/ } @functions) };
    };
    $self->transact($next) until !@first && $self->{is_over}->();
    $self->{session}->disconnect;
    $self->write_report;
}

sub transact ($self, $next) {
    my $session = $self->{session};
    $session->connect if !$session->{psql};
    my $company = pick((@companies) x 3, 'none');
    $self->do_or_leave('begin', 'BEGIN ISOLATION LEVEL ' . pick('READ COMMITTED', 'REPEATABLE READ') . ';') or return;
    if ($company ne 'none') {
        my $state = $self->do_or_leave('enter', $self->enter($company)) // return;
        return $self->do_or_leave('end', 'ROLLBACK;') if $state ne '00000';
    }
    $self->do_or_leave('enter', "SET LOCAL rewards.on_refusal = 'raise';") or return if chance(10);
    my $is_undone = chance(20);
    for (0 .. rand 3) {
        my $function = $next->();
        $is_undone ||= $is_undone{ $function->{name} };
        $self->do_or_leave('savepoint', 'SAVEPOINT before;') or return;
        my $state = $self->call($function) // return;
        $self->do_or_leave('savepoint', 'ROLLBACK TO before;') or return if $state ne '00000';
    }
    $self->do_or_leave('end', $is_undone ? 'ROLLBACK;' : 'COMMIT;');
}

sub enter ($self, $company) {
    my $actor = pick(@{ $self->{world}{user_id} }, "'till'");
    my $role = $actor eq "'till'" ? pick('service', 'admin') : 'user';
    return 'SELECT FROM rewards.begin_cross_company_access(' . "'edge');" if $self->{role} eq 'auditor';
    return "SELECT FROM rewards.set_company_context_token(@{[ pick(@{ $self->{tokens} }) ]});" if $self->{role} eq 'tenant';
    return "SELECT FROM rewards.set_company_context('$company', $actor, '$role');";
}

# The state; nothing when the connection is gone.
sub call ($self, $function) {
    my $sql = $self->call_of($function);
    $self->{calls}++;
    my ($state, @lines) = $self->{session}->ask($sql);
    return $self->lose($sql) if !defined $state;
    $self->note($function->{name}, $state, $sql);
    $self->{values}->learn($_) for grep { /^a / } @lines;
    $self->{denied}{ $function->{signature} } = 1 if $state eq '42501' && $self->message =~ /permission denied for (?:function|aggregate) $function->{name}\b/;
    $self->{answered}{ $function->{signature} } = 1 if $state eq '00000' && !grep { $_ eq '' } @lines;
    return $state;
}

sub message ($self) {
    my ($state, @lines) = $self->{session}->ask('\echo a :LAST_ERROR_MESSAGE');
    return join ' ', @lines;
}

sub do_or_leave ($self, $what, $sql) {
    my ($state) = $self->{session}->ask($sql);
    return $self->lose($sql) if !defined $state;
    $self->note($what, $state, $sql);
    return $state;
}

sub lose ($self, $sql) {
    push @{ $self->{found} }, "the connection was lost: $sql";
    $self->{session}->disconnect;
    sleep 0.1;
    return;
}

# What is internal, takes too long, or was put together wrongly from what was passed in, is a finding.
sub note ($self, $name, $state, $sql) {
    $self->{states}{$name}{$state}++;
    push @{ $self->{found} }, "$state " . $self->message . ": $sql" if $state =~ /^XX|^57014|^42601/;
}

# Some of the arguments are odd: none, a few, most or all.
sub call_of ($self, $function) {
    my $odd = pick(0, 0, 15, 15, 60, 100);
    my @arguments = map {
        my ($name, $type) = @$_{qw(argument type)};
        my $fits = chance($odd) ? undef : $self->{values}->fitting($name, $type);
        my $value = $fits // $self->{values}->edge($type);
        $function->{is_aggregate} ? $value : "$name => $value";
    } grep { !$_->{has_default} || chance(60) } @{ $function->{arguments} };
    my $call = "rewards.$function->{name}(" . join(', ', @arguments) . ')';
    return "SELECT 'a ' || left($call\::text, 300) FROM generate_series(1, 3);" if $function->{is_aggregate};
    return "SELECT 'a ' || translate(left(a::text, 300), E'\\n\\r', '  ') FROM $call AS a LIMIT 5;";
}

sub write_report ($self) {
    open my $file, '>', $self->{report} or die "$self->{report}: $!";
    print $file JSON::PP->new->canonical->encode({ %$self{qw(role calls states denied found)} });
    close $file;
}

1;
