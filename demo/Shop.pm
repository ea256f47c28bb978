# The back end of one company: it is the role shop_app, and each of its calls is a transaction with the company's
# context. What all calls were answered is counted.
package Shop;
use v5.36;
use Session;

my %outcomes;    # function => outcome => number

sub start ($class, $company, $database) {
    my $session = Session->start(user => 'shop_app', database => $database);
    return bless { company => $company, database => $database, session => $session }, $class;
}

sub transaction ($self, $statement) {
    return "BEGIN; SELECT rewards.set_company_context('$self->{company}', 'demo'); $statement; COMMIT;";
}

# The rows of a statement; the first row is the answer of set_company_context().
sub rows ($self, $statement) {
    my (undef, @rows) = $self->{session}->rows($self->transaction($statement));
    return @rows;
}

sub row ($self, $statement) { return ($self->rows($statement))[0]->@* }

sub balance ($self, $member) {
    my ($points) = $self->row("SELECT available_points FROM rewards.user_points_cache WHERE user_id = '$member'");
    return $points;
}

# The calls. Each gives its columns by name.

sub award ($self, @arguments) { return $self->call('award_points', @arguments) }
sub redeem ($self, @arguments) { return $self->call('redeem_coupon', @arguments) }
sub claim ($self, @arguments) { return $self->call('claim_coupon', @arguments) }
sub hold ($self, @arguments) { return $self->call('hold_coupon', @arguments) }
sub revoke ($self, @arguments) { return $self->call('revoke_coupon', @arguments) }

my %columns = (
    award_points => [qw(event_id outcome balance replayed)],
    deduct_points => [qw(event_id outcome balance replayed)],
    redeem_coupon => [qw(outcome coupon_id coupon_code expires_at points_remaining replayed retry_after)],
    claim_coupon => [qw(outcome coupon_id value value_type replayed reason retry_after)],
    hold_coupon => [qw(outcome coupon_id value value_type held_until replayed reason retry_after)],
    revoke_coupon => [qw(outcome user_id points_refunded refund_event_id balance)],
);

sub call ($self, $function, @arguments) {
    return answered($function, $self->row(call_of($function, @arguments)));
}

sub call_of ($function, @arguments) {
    return "SELECT * FROM rewards.$function(" . join(', ', map { Session::literal($_) } @arguments) . ')';
}

sub answered ($function, @fields) {
    my %answer;
    @answer{ @{ $columns{$function} } } = @fields;
    note($function, ($answer{replayed} // 'f') eq 't' ? 'replayed' : $answer{outcome}, 1);
    return \%answer;
}

sub note ($function, $outcome, $number) { $outcomes{$function}{$outcome} += $number }

sub outcomes ($function) { return $outcomes{$function} }

# The same call from several connections. All of them wait for the account, which a transaction of ours holds with a
# deduction; its COMMIT releases them at once.
sub redeem_at_once_after_deduction ($self, $member, $points, $template, @nonces) {
    my $deduction = call_of('deduct_points', $member, $points, 'demo: leave points for one coupon');
    my @deducted = $self->{session}->rows($self->transaction($deduction) =~ s/ COMMIT;\z//r);
    my @tills = map { Session->start(user => 'shop_app', database => $self->{database}) } @nonces;
    for my $n (0 .. $#tills) {
        $tills[$n]->tell($self->transaction(call_of('redeem_coupon', $member, $template, $nonces[$n])));
    }
    $self->wait_until_waiting(scalar @tills);
    $self->{session}->rows('COMMIT;');
    answered('deduct_points', $deducted[-1]->@*);
    return map { answered('redeem_coupon', ($_->answer)[-1]->@*) } @tills;
}

# One call for each member, each from a connection of its own, all on their way at once.
sub redeem_by_many ($self, $template, $nonce, @members) {
    my @sessions = map { Session->start(user => 'shop_app', database => $self->{database}) } @members;
    $sessions[$_]->tell($self->transaction(call_of('redeem_coupon', $members[$_], $template, $nonce))) for 0 .. $#members;
    return map { answered('redeem_coupon', ($_->answer)[-1]->@*) } @sessions;
}

sub wait_until_waiting ($self, $number) {
    my $observer = Session->start(user => 'shop_app', database => $self->{database});
    my $waiting = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND usename = 'shop_app' AND wait_event_type = 'Lock';";
    for (1 .. 1000) {
        return if $observer->value($waiting) == $number;
        select undef, undef, undef, 0.01;
    }
    die "after ten seconds, not all of $number connections were waiting for the account\n";
}

1;
