# What can be passed to a function: a value at the edge of its type, or one that fits. Each is an expression in SQL.
package Values;
use v5.36;

# world: what there is, by the name of the argument that takes it.
sub new ($class, %world) {
    my @ids = map { @{ $world{$_} } } qw(user_id event_id template_id coupon_id insight_id batch_id);
    $world{company_id} = [ map { "'${_}0000000-0000-4000-8000-000000000000'" } qw(a b) ];
    return bless { world => \%world, ids => \@ids, texts => [ @ids, map { @{ $world{$_} } } qw(code ref token nonce digest) ] }, $class;
}

sub pick (@from) { return $from[ rand @from ] }

# What an answer has brought is something that there is.
sub learn ($self, $answer) {
    my %found = (
        code => [ $answer =~ /\b((?:[0-9A-Z]{4}-){3,4}[0-9A-Z]{4})\b/g ],
        token => [ $answer =~ /\b(pgr_[\w-]+)/g ],
        id => [ $answer =~ /\b([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b/g ],
    );
    for my $kind (sort keys %found) {
        my $known = $kind eq 'id' ? $self->{ids} : $self->{world}{$kind};
        $known->[ @$known < 300 ? @$known : rand @$known ] = "'$_'" for @{ $found{$kind} };
    }
}

# Types

my %edge = (
    boolean => [ 'true', 'false' ],
    integer => [ 0, 1, -1, 31, 32, 1000, 2147483647, -2147483648 ],
    bigint => [ 0, 1, -1, 1000, 2147483648, '9223372036854775807', "'-9223372036854775808'", '4611686018427387904' ],
    oid => [ 0, 1, 1259, 4294967295 ],
    'timestamp with time zone' => [ "'infinity'", "'-infinity'", "'4713-01-01 00:00:00+00 BC'", "'294276-12-31 23:59:59.999999+00'", "'epoch'", 'now()',
        "now() - interval '7 days'", "now() + interval '10 minutes'", "now() + interval '1 microsecond'" ],
    interval => [ "'0'", "'-1 day'", "'1 microsecond'", "'1 month -31 days'", "'178956970 years 7 months 2147483647 days'",
        "'-178956970 years -8 months -2147483648 days'", "'14 days'", "'9223372036854 seconds'" ],
    inet => [ "'::/0'", "'10.0.0.0/8'", "'255.255.255.255'", "'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/1'" ],
    bytea => [ "''", "'\\x00'", "sha256('')", "sha512('')", "decode(repeat('ff', 1000000), 'hex')" ],
    tid => [ "'(0,0)'", "'(4294967295,65535)'" ],
    name => [ "''", "'id'", "'company_id'", q('"; DROP TABLE notes; --'), "repeat('x', 63)", "repeat('ž', 31)" ],
    regclass => [ 0, 4711, (map { "'$_'" } qw(pg_class pg_class_oid_index pg_views pg_toast.pg_toast_1255 pg_roles rewards.points_events rewards.coupons
        rewards.points_events_pkey rewards.ledger_discrepancies rewards.data_version notes notes_pkey information_schema.tables)) ],
    regrole => [ "'-'", 4711, map { "'$_'" } qw(postgres shop back_end staff tenant auditor pg_read_all_data) ],
    text => [ "''", "' '", q(E'\t\n\x01'), "repeat('x', 256)", "repeat('x', 1000000)", "repeat('ž', 500000)", q(U&'\FEFF\200B\FFFF\+10FFFF'),
        q(repeat(U&'\0301', 1000)), "'%s%n%d%1\$s'", q('''; DROP TABLE rewards.points_events; --'), "'null'", "'{\"a\": 1}'", "'NaN'", q('\x00'), "repeat('(', 20000)",
        "'0000-0000-0000-0000-0000'", "'OOOO OOOO oooo llll'", "'pgr_' || repeat('A', 200)", "'pg_rewards:1:::'", "'2020-02-30'", "'99999999999999999999999999'",
        map { "'$_'" } qw(user service admin validated approve reject high low device phone visit waiting flash points_events a ledger audit) ],
);

my %element = (record => 1, 'rewards.isolation_subject' => 1, jsonb => 1, uuid => 1, %edge);

sub edge ($self, $type) {
    return "NULL::$type" if rand(10) < 1;
    return $self->array($1) if $type =~ /^(.*)\[\]$/;
    return $self->record if $type eq 'record';
    return $self->composite($type) if $type eq 'rewards.isolation_subject';
    return $self->json . '::jsonb' if $type eq 'jsonb';
    return $self->uuid if $type eq 'uuid';
    return pick(@{ $self->{texts} }) . '::text' if $type eq 'text' && rand(5) < 1;
    my $edges = $edge{$type} // die "there are no values of type $type\n";
    return '(' . pick(@$edges) . ")::$type";
}

sub knows ($type) { return $element{ $type =~ s/\[\]$//r } }

sub uuid ($self) {
    return pick("'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'", 'gen_random_uuid()', (pick(@{ $self->{ids} })) x 5) . '::uuid';
}

sub array ($self, $type) {
    my ($one, $other) = map { $self->edge($type) } 1, 2;
    return pick("'{}'::$type\[]", "ARRAY[$one]", "ARRAY[$one, $other]", "ARRAY[NULL, $one]::$type\[]", "ARRAY[ARRAY[$one, $other], ARRAY[$other, $one]]",
        "array_fill($one, ARRAY[3], ARRAY[-5])", "array_fill(NULL::$type, ARRAY[10])", "array_fill($one, ARRAY[2, 2, 2])",
        length $one < 60 && $one !~ /repeat/ ? "array_fill($one, ARRAY[1000])" : "ARRAY[$one]");
}

sub record ($self) {
    my $row = pick(qw(points_events ledger_entries audit_log));
    return pick('ROW()', 'ROW(1, NULL)', "NULL::rewards.$row", $self->composite("rewards.$row"), "(SELECT c FROM pg_class AS c WHERE oid = 'notes'::regclass)",
        "(SELECT r FROM rewards.$row AS r LIMIT 1)");
}

sub composite ($self, $type) {
    my %members = map { $_ => pick('null', '""', '1', '"x"', '"2020-02-02"') } pick(qw(kind nonce event_id place)), pick(qw(target company_column samples user_id));
    my $json = join ', ', map { "\"$_\": $members{$_}" } sort keys %members;
    return pick("jsonb_populate_record(NULL::$type, '{}')", "jsonb_populate_record(NULL::$type, '{$json}')");
}

# JSON

my @members = qw(user_id event_type event_time nonce points proof_type proof_payload device_id attestation verdict keyId counter template_name points_cost coupon_value_type
    coupon_value total_stock max_redemptions_per_user expires_after_days metadata is_active vendor_codes company_id id requestDetails deviceIntegrity a);

sub json ($self) {
    return pick('to_jsonb(' . $self->edge('text') . ')', (map { "(repeat('$_->[0]', $_->[2]) || '1' || repeat('$_->[1]', $_->[2]))" } [ '[', ']', 5000 ], [ '{"a":', '}', 2000 ]),
        "(SELECT jsonb_object_agg('m' || n, n) FROM generate_series(1, 10000) AS n)", "(SELECT jsonb_agg('{}'::jsonb) FROM generate_series(1, 1500))", 'jsonb_build_array(' . $self->event . ')')
        if rand(4) < 1;
    return $self->event if rand(3) < 1;
    return "'" . ($self->json_text(3) =~ s/'/''/gr) . "'";
}

# An event, as submit_points_events() takes it, some of whose members are odd.
sub event ($self) {
    my %member = (user_id => pick(@{ $self->{world}{user_id} }), event_type => "'visit'", event_time => 'now()', nonce => $self->nonce);
    $member{ pick(@members) } = pick($self->edge('text'), $self->edge('bigint'), $self->uuid, $self->edge('timestamp with time zone')) for 0 .. rand 3;
    return 'jsonb_build_object(' . join(', ', map { "'$_', $member{$_}" } sort keys %member) . ')';
}

sub json_text ($self, $depth) {
    my $id = pick(@{ $self->{texts} }) =~ tr/'//dr;
    return pick('null', 'true', 0, -1, '1e400', '-1e-400', '9223372036854775807', '9223372036854775808', '0.5', '""', '"x"', '"visit"', '"\u0001\u20ac"', '"2020-02-02T00:00:00Z"', "\"$id\"")
        if !$depth || rand(3) < 1;
    my @inner = map { $self->json_text($depth - 1) } 1 .. rand 5;
    return '[' . join(', ', @inner) . ']' if rand(3) < 1;
    return '{' . join(', ', map { '"' . pick(@members) . "\": $_" } @inner) . '}';
}

# What fits

my %fitting = (
    points => [ 1, 5 ], reason => ["'because'"], event_type => [ map { "'$_'" } qw(visit waiting flash award) ], event_time => [ 'now()', "now() - interval '1 day'" ],
    claimed_by => ["'till'"], held_by => ["'till'"], actor => ["'till'"], role => ["'service'"], device_id => ["'phone'"], note => ["'looked at'"],
    decision => [ "'approve'", "'reject'" ], insight_type => ["'manual_flag'"], severity => [ "'low'", "'high'" ], label => [ "'leaflets'", "'more'" ],
    quantity => [ 5, 100 ], max_codes => [10], max_coupons => [10], max_events => [10], max_accounts => [10], max_rows => [10], after_number => [0], hold_for => ["'15 minutes'"],
    template => [ q('{"template_name": "tea", "points_cost": 1, "coupon_value_type": "product", "coupon_value": 1, "total_stock": 5}') ],
    changes => [ q('{"points_cost": 2}') ], target => [ "'notes'" ], company_column => ["'company_id'"], column_name => ["'company_id'"], acting_role => [ map { "'$_'" } qw(staff tenant) ],
    slot => [ 0, 1 ], codes => [ "ARRAY['ONE' || random(), 'TWO']" ], book => [ "'ledger'", "'audit'" ], expires_at => ["'2999-12-31'"], ttl => ["'1 minute'"],
    request_hash => ["repeat('0', 64)"], payload_hash => ['md5(random()::text)'], claim_ref => ["'order 1'"], insight_ids => [], rules_version => [ 1, 'NULL' ],
);

sub nonce ($self) { return rand(3) < 1 ? pick(@{ $self->{world}{nonce} }) : "'edge " . int(rand 500) . "'" }

# Null where nothing is known that fits.
sub fitting ($self, $argument, $type) {
    return $self->event . '::jsonb' if $argument eq 'events';
    return "ARRAY[" . pick(@{ $self->{world}{template_id} }) . "]::uuid[]" if $argument eq 'template_ids';
    my $name = { target_user_id => 'user_id', only_user => 'user_id', idempotency_key => 'nonce', company => 'company_id', company_a => 'company_id', company_b => 'company_id' }->{$argument} // $argument;
    my $value = $name eq 'nonce' ? $self->nonce : pick(@{ $self->{world}{$name} // $fitting{$name} // [] }) // return;
    return "($value)::$type";
}

1;
