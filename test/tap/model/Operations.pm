# What clients ask, at random. Requests with a nonce follow from the account and the nonce alone, so that sessions that
# know nothing of each other repeat each other's requests; some use the nonce of one request for another one.
package Operations;
use v5.36;
use Digest::MD5 qw(md5);
use JSON::PP ();
use Session;

my $json = JSON::PP->new->canonical;
my @event_types = qw(visit visit visit purchase flash flash spaced capped proved proved waiting waiting closed nothing visit);

# Sessions, companies, users, templates (by company), seconds, started, seed: alike in all sessions. number: its own.
sub new ($class, %is) {
    srand($is{seed} * 1000 + $is{number});
    return bless { %is, marks => 0, nonces => 0, codes => [], events => [] }, $class;
}

sub pick (@from) { return $from[ rand @from ] }
sub chance ($percent) { return rand(100) < $percent }

sub next_transaction ($self) {
    my $company = pick(@{ $self->{companies} });
    my $member = chance(6) ? pick(@{ $self->{users} }) : undef;
    my $is_copy = !defined $member && chance(2);
    my $level = pick('READ COMMITTED', 'REPEATABLE READ');
    my $actor = "$self->{number}." . ++$self->{transactions};
    my $enter = sprintf "SELECT FROM rewards.set_company_context('%s', '%s', '%s')", $company, $member // $actor, defined $member ? 'user' : 'service';
    my $role = $is_copy ? '' : 'SET LOCAL ROLE shop;';    # COPY does not come past row-level security
    my $transaction = {
        actor => $actor, company => $company, level => $level,
        begin => "BEGIN ISOLATION LEVEL $level; $role $enter;",
        end => chance(10) ? 'ROLLBACK;' : 'COMMIT;',
        pause => chance(4) ? 0.01 + rand 0.05 : 0,
    };
    my $count = $is_copy || chance(60) ? 1 : 2 + int rand 3;
    $transaction->{operations} = [ map { $self->operation($company, $member, $is_copy, $level, $_ == 1) } 1 .. $count ];
    return $transaction;
}

sub operation ($self, $company, $member, $is_copy, $level, $is_first) {
    my $looks_fresh = $is_first || $level eq 'READ COMMITTED';
    my $operation
        = $is_copy ? $self->copy_events($company)
        : defined $member ? (chance(20) ? $self->look($company, $member, $looks_fresh) : $self->request($company, $member, qw(submit redeem)))
        : $self->any($company, $looks_fresh);
    if (!$is_first && chance(25)) {
        $operation->{savepoint} = 1;
        $operation->{is_regretted} = chance(50);
    }
    return $operation;
}

my @staff = (('request') x 46, ('batch') x 4, ('award') x 3, ('claim') x 9, ('revoke') x 2, ('refund') x 4, ('review') x 9,
    ('validate') x 2, ('validate_pending') x 1, ('expire') x 2, ('refresh') x 1, ('insert_events') x 6, ('update_status') x 4,
    ('flag') x 2, ('resolve') x 5, ('look') x 2);

sub any ($self, $company, $looks_fresh) {
    my $kind = pick(@staff);
    return $self->look($company, undef, $looks_fresh) if $kind eq 'look';
    return $self->$kind($company, pick(@{ $self->{users} }));
}

sub mark ($self) { return "$self->{number}." . ++$self->{marks} }

# Requests with a nonce

# The numbers advance with the requests of all sessions, so that most of them are used once or twice.
sub nonce_number ($self) {
    my $newest = int(++$self->{nonces} * $self->{sessions} / (@{ $self->{companies} } * @{ $self->{users} }) / 1.5);
    return chance(8) ? int rand $newest + 1 : $newest + int rand 5;
}

sub request ($self, $company, $user, @kinds) {
    my %asked;
    do {
        my $number = $self->nonce_number;
        %asked = (%{ $self->intended($company, $user, chance(5) ? -$number : $number) }, nonce => "n$number");
    } until !@kinds || grep { $_ eq $asked{kind} } @kinds;
    return \%asked;
}

# What this number stands for on this account; a negative number for something else.
sub intended ($self, $company, $user, $number) {
    my ($which, $what, $when, $where) = unpack 'N4', md5("$self->{seed} $company $user $number");
    my $nonce = 'n' . abs $number;
    $which %= 20;
    return submission($user, $nonce, $self->submitted($what, $when, $where)) if $which < 10;
    if ($which < 16) {
        my ($kind, $function, $most) = $which < 13 ? ('award', 'award_points', 40) : ('deduct', 'deduct_points', 150);
        my $points = 1 + $what % $most;
        return { kind => $kind, user => $user, nonce => $nonce, request => qq({"points": $points}),
            sql => "SELECT to_jsonb(a) FROM rewards.$function('$user', $points, NULL, '$nonce') a;" };
    }
    my $template = $self->{templates}{$company}[ $what % @{ $self->{templates}{$company} } ];
    return { kind => 'redeem', user => $user, nonce => $nonce, request => qq({"template": "$template"}),
        sql => "SELECT to_jsonb(a) FROM rewards.redeem_coupon('$user', '$template', '$nonce') a;" };
}

# Flashes earn points that expire an hour after the event: at a moment of this run.
sub submitted ($self, $what, $when, $where) {
    my $type = $event_types[ $what % @event_types ];
    my $age = $type eq 'flash' ? 3600 - $when % (1000 * $self->{seconds}) / 1000 : $when % (6 * 86400) + $when % 1000 / 1000;
    $age += 30 * 86400 if $where % 40 == 1;
    my %event = (event_type => $type, event_time => Session::moment($self->{started} - $age));
    $event{device_id} = 'device ' . $where % 5 if $where % 3;
    $event{proof_payload} = { receipt => $what % 100 } if $type eq 'proved' && $where % 2;
    $event{payload_hash} = 'payload ' . $when % 9 if $where % 20 == 2;
    return %event;
}

sub submission ($user, $nonce, %event) {
    my $more = join '', map { !defined $event{$_} ? '' : ", $_ => '" . (ref $event{$_} ? $json->encode($event{$_}) : $event{$_}) . "'" }
        qw(device_id proof_payload payload_hash);
    return { kind => 'submit', user => $user, nonce => $nonce, request => $json->encode(\%event), event => \%event,
        sql => "SELECT to_jsonb(a) FROM rewards.submit_points_event('$user', '$event{event_type}', '$event{event_time}', '$nonce'$more) a;" };
}

sub batch ($self, $company, $) {
    my @elements = map { $self->request($company, pick(@{ $self->{users} }), 'submit') } 1 .. 2 + rand 6;
    my $events = $json->encode([ map { { %{ $_->{event} }, user_id => $_->{user}, nonce => $_->{nonce} } } @elements ]);
    return { kind => 'submit', elements => \@elements, sql => "SELECT to_jsonb(a) FROM rewards.submit_points_events('$events') a;" };
}

# Requests without one

sub award ($self, $company, $user) {
    my $points = int rand 30;
    return { kind => 'award', user => $user, request => qq({"points": $points}), sql => "SELECT to_jsonb(a) FROM rewards.award_points('$user', $points) a;" };
}

# Of any company, now and then: whoever asks from another one must not get it.
sub claim ($self, $company, $user) {
    my @codes = grep { $_->[0] eq $company || chance(5) } @{ $self->{codes} };
    return $self->request($company, $user, 'redeem') if !@codes;
    my ($code, $by) = (pick(@codes)->[1], 'till ' . $self->mark);
    return { kind => 'claim', request => qq({"code": "$code", "by": "$by"}), sql => "SELECT to_jsonb(a) FROM rewards.claim_coupon('$code', '$by') a;" };
}

sub revoke ($self, $company, $user) {
    my $offset = int rand 3;
    return { kind => 'revoke', user => $user, sql => <<"SQL" };
UPDATE rewards.coupons SET status = 'revoked', updated_at = clock_timestamp()
 WHERE status = 'issued' AND coupon_id = (SELECT coupon_id FROM rewards.coupons WHERE status = 'issued' AND issued_to = '$user'
                                           ORDER BY coupon_id LIMIT 1 OFFSET $offset)
RETURNING jsonb_build_object('coupon_id', coupon_id);
SQL
}

# A function of an event that the condition finds among those of the company: several sessions find the same one. Or an
# event that this session has heard of, of any company.
sub about_event ($self, $kind, $call, $condition) {
    my $offset = int rand 4;
    my $found = chance(5) && @{ $self->{events} } ? "(SELECT '" . pick(@{ $self->{events} }) . "'::uuid AS id, NULL::uuid AS user_id)"
        : "(SELECT id, user_id FROM rewards.points_events WHERE $condition LIMIT 1 OFFSET $offset)";
    return { kind => $kind, sql => "SELECT to_jsonb(a) || jsonb_build_object('of_event', e.id) FROM $found e, rewards.$call a;" };
}

sub refund ($self, $company, $user) {
    my $operation = $self->about_event('refund', "refund_points('$user', e.id)",
        "user_id = '$user' AND points_delta < 0 ORDER BY id DESC");
    return { %$operation, user => $user };
}

sub review ($self, $company, $) {
    my $decision = pick(qw(approve approve approve reject flag));
    my $operation = $self->about_event('review', "review_points_event(e.id, '$decision')",
        "validation_status IN ('pending_review', 'flagged', 'pending') ORDER BY created_at");
    return { %$operation, request => qq({"decision": "$decision"}) };
}

sub validate ($self, $company, $) {
    my $proven = pick(qw(true true false NULL));
    return $self->about_event('validate', "validate_points_event(e.id, $proven)", "validation_status = 'pending' ORDER BY created_at");
}

sub validate_pending { return { kind => 'validate_pending', sql => 'SELECT to_jsonb(a) FROM rewards.validate_pending_events(10) a;' } }
sub expire { return { kind => 'expire', sql => 'SELECT to_jsonb(a) FROM rewards.expire_points() a;' } }

sub refresh ($self, $company, $user) {
    return { kind => 'refresh', user => $user, sql => "SELECT jsonb_build_object('balance', a) FROM rewards.refresh_user_points_cache('$user') a;" };
}

sub flag ($self, $company, $user) {
    my $severity = pick(qw(low medium high));
    return { kind => 'flag', user => $user, sql => "SELECT to_jsonb(a) FROM rewards.flag_account('$user', 'manual_flag', '$severity') a;" };
}

sub resolve ($self, $company, $) {
    my $offset = int rand 6;
    return { kind => 'resolve', sql => <<"SQL" };
SELECT jsonb_build_object('outcome', a, 'insight_id', i.id)
  FROM (SELECT id FROM rewards.fraud_insights WHERE NOT resolved ORDER BY id LIMIT 1 OFFSET $offset) i, rewards.resolve_fraud_insight(i.id, 'seen') a;
SQL
}

# Events written by SQL: some expire in this run, and some have.
sub written_events ($self) {
    return map {
        my $expires_in = chance(40) ? sprintf '%.3f', rand($self->{seconds} / 2) - 1 : undef;
        { user => pick(@{ $self->{users} }), points => int(rand 34) - 9, expires_in => $expires_in,
            status => pick(qw(validated validated validated pending pending_review flagged rejected)) }
    } 1 .. 1 + rand 4;
}

sub insert_events ($self, $company, $) {
    my $mark = $self->mark;
    my $rows = join ', ', map {
        my $expires_at = defined $_->{expires_in} ? "clock_timestamp() + '$_->{expires_in} s'" : 'NULL::timestamptz';
        "('$_->{user}'::uuid, 'import', now(), $_->{points}, '$_->{status}', $expires_at, '$mark')" } $self->written_events;
    return { kind => 'insert', request => qq({"mark": "$mark"}), sql => <<"SQL" };
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status, expires_at, related_entity_id)
VALUES $rows RETURNING jsonb_build_object('event_id', id, 'user_id', user_id, 'points', points_delta, 'status', validation_status);
SQL
}

sub copy_events ($self, $company) {
    my $mark = $self->mark;
    my $now = time;
    my @rows = map {
        join "\t", $_->{user}, $company, 'import', Session::moment($now), $_->{points}, $_->{status},
            (defined $_->{expires_in} ? Session::moment($now + $_->{expires_in}) : '\N'), $mark } $self->written_events;
    my $count = @rows;
    return { kind => 'copy', request => qq({"mark": "$mark", "rows": $count}), sql => join "\n",
        'COPY rewards.points_events (user_id, company_id, event_type, event_time, points_delta, validation_status, expires_at, related_entity_id) FROM STDIN;',
        @rows, '\\.' };
}

sub update_status ($self, $company, $) {
    my $status = pick(qw(validated validated rejected flagged pending_review));
    my ($limit, $offset) = (1 + int rand 3, int rand 3);
    return { kind => 'update_status', sql => <<"SQL" };
UPDATE rewards.points_events SET validation_status = '$status', validation_notes = 'by SQL'
 WHERE id IN (SELECT id FROM rewards.points_events WHERE validation_status IN ('pending_review', 'flagged') AND validation_status <> '$status'
               ORDER BY created_at LIMIT $limit OFFSET $offset)
   AND validation_status <> '$status'
RETURNING jsonb_build_object('event_id', id, 'user_id', user_id, 'status', validation_status);
SQL
}

# Whose rows can be seen, and whether the books agree. What is older than a write of the same transaction at REPEATABLE
# READ cannot say the latter: functions write upon what is newest.
sub look ($self, $company, $member, $is_fresh) {
    my $of_others = "company_id <> '$company'" . (defined $member ? " OR user_id <> '$member'" : '');
    my @tables = qw(points_events ledger_entries user_points_cache point_lots);
    push @tables, qw(point_lot_uses used_nonces fraud_insights account_devices) if !defined $member;
    my $rows = join ' UNION ALL ', "SELECT company_id, issued_to AS user_id FROM rewards.coupons", map { "SELECT company_id, user_id FROM rewards.$_" } @tables;
    my $discrepancies = $is_fresh ? '(SELECT count(*) FROM rewards.ledger_discrepancies)' : 'NULL';
    return { kind => 'look', sql => <<"SQL" };
SELECT jsonb_build_object('rows', count(*), 'of_others', count(*) FILTER (WHERE $of_others), 'discrepancies', $discrepancies) FROM ($rows) seen;
SQL
}

# What a client learns from answers.
sub learn ($self, $transaction) {
    for my $operation (@{ $transaction->{operations} }) {
        for (@{ $operation->{answers} // [] }) {
            push @{ $self->{codes} }, [ $transaction->{company}, $1 ] if /"coupon_code": "([^"]+)"/;
            push @{ $self->{events} }, $1 if /"event_id": "([^"]+)"/;
        }
    }
    for my $known (@{$self}{qw(codes events)}) { splice @$known, 0, @$known - 30 if @$known > 30 }
}

1;
