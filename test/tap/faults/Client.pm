# A client of the shop: calls at random, each sent with the same key until it is known what has become of it. Whatever it asks
# and hears goes to a file, a row for each attempt, where no crash reaches it.
#
# ok: done, and acknowledged. refused: not done, as the answer or the error says. unknown: there was no answer to a
# COMMIT, or one that does not promise what others do.
package Client;
use v5.36;
use IO::Handle;
use JSON::PP ();
use Session;
use Time::HiRes qw(sleep time);

my $json = JSON::PP->new->canonical;

our ($company, $strict) = map { "${_}0000000-0000-4000-8000-000000000000" } qw(a b);
our ($three_off, $leaflet) = map { $company =~ s/0$/$_/r } 1, 2;
our @members = map { sprintf '00000000-0000-4000-8000-%012d', $_ } 1 .. 6;

my %is_done = map { $_ => 1 } qw(awarded deducted recorded redeemed claimed held released revoked already_refunded begun issued sealed seen);

my @everything = (('award') x 22, ('deduct') x 8, ('submit') x 14, ('submit_batch') x 6, ('redeem') x 16, ('take_stock') x 12, ('counter') x 16,
    ('claim_leaflet') x 8, ('batch') x 4, ('conflict') x 2, ('submit_too_much') x 3, ('peek') x 3, ('seal') x 1);

# name: its own, and the beginning of its keys. stock: a template of few coupons. leaflets: codes that all clients try to claim, in
# one order. is_over: whether to begin no more calls; is_abandoned: whether to leave it at that. redeem: the function that takes from the stock.
# menu: what to call. reconnects: for every call. enter: how to come into a company.
sub new ($class, %is) {
    my $session = Session->new(connection => $is{connection}, log => $is{history});
    open my $complaints, '<', $is{errors} or die "$is{errors}: $!";
    return bless { redeem => 'rewards.redeem_coupon', menu => \@everything, enter => \&enter, %is, session => $session, complaints => $complaints, number => 0, coupons => [], awards => [],
        started => time }, $class;
}

sub pick (@from) { return $from[ rand @from ] }
sub chance ($percent) { return rand(100) < $percent }

sub enter ($company, $name) { return "SELECT FROM rewards.set_company_context('$company', '$name')" }

sub run ($self) {
    until ($self->{is_over}->()) {
        my $kind = pick(@{ $self->{menu} });
        my $call = $self->$kind // next;
        $self->call({ company => $company, level => pick('READ COMMITTED', 'REPEATABLE READ'), %$call, number => ++$self->{number} });
    }
    $self->{session}->disconnect;
}

# Until it is known. Whoever was refused by an error may give up, unless an attempt before may have been done; some lose their
# first answer, and ask again.
sub call ($self, $call) {
    my $is_unknown = 0;
    until ($self->{is_abandoned}->()) {
        my $attempt = $self->attempt($call);
        $self->log_attempt($call, $attempt);
        $is_unknown ||= $attempt->{fate} eq 'unknown';
        my $has_answer = $attempt->{fate} ne 'unknown' && $attempt->{sqlstate} eq '00000';
        if ($has_answer && $call->{attempts} == 1 && $call->{can_repeat} && chance(5)) {
            $is_unknown = 1;
            next;
        }
        $call->{learn}->($attempt->{answers}) if $attempt->{fate} eq 'ok' && $call->{learn};
        last if $has_answer || $attempt->{fate} eq 'refused' && !$is_unknown && chance(50);
    } continue {
        sleep rand 0.01;
    }
    $self->{session}->disconnect if $self->{reconnects};
}

sub attempt ($self, $call) {
    $call->{attempts}++;
    my $session = $self->connected;
    1 while readline $self->{complaints};
    my $enter = $call->{company} ? $self->{enter}->($call->{company}, $self->{name}) : 'SELECT';
    my ($sqlstate, @lines) = $session->ask("BEGIN ISOLATION LEVEL $call->{level}\\; $enter\\; $call->{sql}\\; COMMIT;");
    if (!defined $sqlstate) {
        $session->disconnect;
        return { fate => 'unknown', sqlstate => undef, answers => [] };
    }
    if (!grep { $_ eq 'COMMIT' } @lines) {
        (my @answer = $session->ask('ROLLBACK;')) or $session->disconnect;
        return { fate => 'refused', sqlstate => $sqlstate, answers => [] };
    }
    my @answers = map { $json->decode($_) } grep { /^\{/ } @lines;
    my $is_local = grep { /canceling wait for synchronous replication/ } readline $self->{complaints};
    my $fate = $is_local ? 'unknown' : (grep { $is_done{ $_->{outcome} } } @answers) ? 'ok' : 'refused';
    return { fate => $fate, sqlstate => $sqlstate, answers => \@answers };
}

# Whoever cannot connect has asked for nothing yet.
sub connected ($self) {
    my $session = $self->{session};
    until ($session->{psql}) {
        $session->connect;
        last if my @answer = $session->ask('SELECT;');
        $session->disconnect;
        die "nobody waits for this client\n" if $self->{is_abandoned}->();
        sleep 0.05;
    }
    return $session;
}

# A row for each thing that was asked for: a batch asks for several at once.
sub log_attempt ($self, $call, $attempt) {
    my @asked = @{ $call->{elements} // [$call] };
    for my $one (0 .. $#asked) {
        my $answer = $attempt->{answers}[$one];
        my $fate = $attempt->{fate} eq 'unknown' || !$answer ? $attempt->{fate} : $is_done{ $answer->{outcome} } ? 'ok' : 'refused';
        my @row = ($self->{name}, $call->{number}, $call->{attempts}, $asked[$one]{kind}, $asked[$one]{key}, $call->{company}, @{ $asked[$one] }{qw(member subject points)},
            $fate, $attempt->{sqlstate}, $answer && $json->encode($answer));
        print { $self->{session}{log} } join("\t", map { defined ? s/\\/\\\\/gr : '\N' } @row), "\n";
    }
    $self->{session}{log}->flush;
}

# Points

sub key ($self, $part = '') { return join '.', $self->{name}, $self->{number} + 1, $part || () }

sub answer_of ($from) { return "SELECT to_jsonb(a) FROM $from a" }

sub award ($self) {
    my ($member, $points, $key) = (pick(@members), 1 + int rand 20, $self->key);
    my $learn = sub { push @{ $self->{awards} }, { key => $key, member => $member, points => $points } };
    return { kind => 'award', member => $member, points => $points, key => $key, can_repeat => 1, learn => $learn,
        sql => answer_of("rewards.award_points('$member', $points, 'load', '$key')") };
}

sub deduct ($self) {
    my ($member, $points, $key) = (pick(@members), 1 + int rand 60, $self->key);
    return { kind => 'deduct', member => $member, points => -$points, key => $key, can_repeat => 1,
        sql => answer_of("rewards.deduct_points('$member', $points, 'load', '$key')") };
}

# Another request under a key that was used.
sub conflict ($self) {
    my $award = pick(@{ $self->{awards} }) // return;
    my $points = $award->{points} + 1;
    return { kind => 'conflict', member => $award->{member}, subject => $award->{key}, key => $self->key,
        sql => answer_of("rewards.award_points('$award->{member}', $points, 'load', '$award->{key}')") };
}

sub moment { return Session::moment(time - rand 6 * 86400) }

sub submit ($self, $member = pick(@members)) {
    my ($when, $key) = (moment(), $self->key);
    return { kind => 'submit', member => $member, key => $key, can_repeat => 1,
        sql => answer_of("rewards.submit_points_event('$member', 'visit', '$when', '$key')") };
}

sub submit_too_much ($self) { return { %{ $self->submit(pick(@members[ 0, 1 ])) }, company => $strict } }

sub submit_batch ($self) {
    my @elements = map { { kind => 'submit', member => pick(@members), key => $self->key($_) } } 1 .. 3;
    my $events = $json->encode([ map { { user_id => $_->{member}, nonce => $_->{key}, event_type => 'visit', event_time => moment() } } @elements ]);
    return { elements => \@elements, can_repeat => 1, sql => answer_of("rewards.submit_points_events('$events')") };
}

# Coupons

sub redeem ($self) {
    my ($member, $key) = (pick(@members), $self->key);
    my $learn = sub ($answers) { push @{ $self->{coupons} }, { id => $answers->[0]{coupon_id}, code => $answers->[0]{coupon_code}, member => $member } };
    return { kind => 'redeem', member => $member, points => -3, key => $key, can_repeat => 1, learn => $learn,
        sql => answer_of("rewards.redeem_coupon('$member', '$three_off', '$key')") };
}

sub take_stock ($self) {
    my ($member, $key) = (pick(@members), $self->key);
    return { kind => 'redeem', member => $member, points => -1, key => $key, can_repeat => 1,
        sql => answer_of("$self->{redeem}('$member', '$self->{stock}', '$key')") };
}

# One of its own coupons, whose state it knows.
sub counter ($self) {
    my $coupon = pick(@{ $self->{coupons} }) // return;
    my $step = $coupon->{held_by} ? pick(qw(release claim hold)) : pick(qw(hold claim claim revoke));
    my $by = $coupon->{held_by} // $self->key;
    my $call = {
        hold => "hold_coupon('$coupon->{code}', '$by')",
        release => "release_coupon('$coupon->{code}', '$by')",
        claim => "claim_coupon('$coupon->{code}', '$by', claim_ref => '@{[ $self->key ]}')",
        revoke => "revoke_coupon('$coupon->{id}', 'load', true)",
    }->{$step};
    my $learn = sub {
        $coupon->{held_by} = $step eq 'hold' ? $by : undef;
        @{ $self->{coupons} } = grep { $_ != $coupon } @{ $self->{coupons} } if $step eq 'claim' || $step eq 'revoke';
    };
    return { kind => $step, member => $coupon->{member}, subject => $coupon->{id}, key => $self->key, can_repeat => $step eq 'claim', learn => $learn,
        sql => answer_of("rewards.$call") };
}

# All clients have come to about the same one.
sub claim_leaflet ($self) {
    my $leaflet = $self->{leaflets}[ int((time - $self->{started}) * 20) ] // return;
    my $key = $self->key;
    return { kind => 'claim', subject => $leaflet->{id}, key => $key, can_repeat => 1,
        sql => answer_of("rewards.claim_coupon('$leaflet->{code}', '$self->{name}', claim_ref => '$key')") };
}

# Begins one, issues five at a time, and begins the next one.
sub batch ($self) {
    my $key = $self->key;
    if (my $batch = $self->{batch}) {
        my $learn = sub ($answers) { $self->{batch} = undef if !$answers->[0]{remaining} };
        return { kind => 'issue', subject => $batch, key => $key, learn => $learn, sql => answer_of("rewards.issue_coupon_batch('$batch', 5)") };
    }
    my $learn = sub ($answers) { $self->{batch} = $answers->[0]{batch_id} };
    return { kind => 'begin', key => $key, can_repeat => 1, learn => $learn,
        sql => answer_of("rewards.begin_coupon_batch('$leaflet', 20, '$key')") };
}

# What is seen of a company by somebody who did not enter it.
sub peek ($self) {
    my $rows = join ' + ', map { "(SELECT count(*) FROM rewards.$_ WHERE company_id = '$company')" } qw(points_events user_points_cache coupons used_nonces);
    return { kind => 'peek', key => $self->key, company => pick(undef, $strict), sql => "SELECT jsonb_build_object('outcome', 'seen', 'rows', $rows)" };
}

sub seal ($self) {
    return { kind => 'seal', key => $self->key, sql => "SELECT to_jsonb(a) || '{\"outcome\": \"sealed\"}' FROM rewards.seal_ledger() a" };
}

1;
