# What a checker that finds nothing has to find, when it was done on purpose: what it says, and the harm.
package Harms;
use v5.36;

my $other = q('{"event_id": "99999999-0000-4000-8000-000000000000", "coupon_id": "99999999-0000-4000-8000-000000000000"}'::jsonb);

my @harms = (
    'the balance is not the sum of the events' => 'UPDATE rewards.user_points_cache SET pending_points = pending_points + 1',
    'ledger_discrepancies has a row' => 'UPDATE rewards.user_points_cache SET lifetime_earned = lifetime_earned + 1',
    'a nonce was used for two events' => <<'SQL',
INSERT INTO rewards.points_events SELECT copy.* FROM rewards.points_events e, jsonb_populate_record(e, jsonb_build_object('id', gen_random_uuid())) AS copy WHERE e.event_type = 'award'
SQL
    'a nonce without its event, or an event without its nonce' => 'DELETE FROM rewards.points_events WHERE nonce IS NOT NULL',
    'a coupon without its price, or a price without its coupon' => 'UPDATE rewards.points_events SET points_delta = points_delta - 1',
    'a nonce without its coupon, or a coupon without its nonce' => 'DELETE FROM rewards.coupons',
    'a refund without its coupon, or a refunded coupon without its refund' => q(DELETE FROM rewards.points_events WHERE payload_hash LIKE 'refund:%'),
    'there are more coupons than the stock had' => 'UPDATE rewards.coupon_templates SET total_stock = 1',
    'a member has more coupons than he may' => 'UPDATE rewards.coupon_templates SET max_redemptions_per_user = 1',
    'coupon_stock_discrepancies has a row' => 'UPDATE rewards.coupon_stock SET allotted = allotted + 1',
    'a batch has numbers left out, or twice' => 'DELETE FROM rewards.coupons WHERE batch_number = 2',
    'a code was claimed twice' => q(UPDATE told SET coupon_id = (SELECT min(coupon_id) FROM told) WHERE kind = 'claim'),
    'the same request had two answers' => "INSERT INTO attempt SELECT copy.* FROM attempt AS a, jsonb_populate_record(a, jsonb_build_object('answer', a.answer || $other)) AS copy",
    'a nonce was used for another request' => q(UPDATE attempt SET kind = 'conflict' WHERE kind = 'award'),
    'rows were seen without the context of their company' => q(UPDATE told SET answer = answer || '{"rows": 1}'),
    'a refusal was not noticed as often as it was answered' => 'UPDATE rewards.fraud_insights SET occurrences = occurrences + 1000',
    (map { ("acknowledged and lost: $_->[0]" => $_->[1]) }
        [ award => q(DELETE FROM rewards.points_events WHERE event_type = 'award') ],
        [ submit => q(UPDATE rewards.points_events SET points_delta = points_delta + 1 WHERE event_type = 'visit') ],
        [ redeem => 'DELETE FROM rewards.coupons' ],
        [ claim => 'UPDATE rewards.coupons SET claim_ref = NULL' ],
        [ revoke => 'UPDATE rewards.coupons SET refund_points_event_id = gen_random_uuid() WHERE refunded_at IS NOT NULL' ],
        [ release => q(UPDATE rewards.coupons SET status = 'held', held_by = 'somebody', held_until = now() WHERE status = 'issued') ],
        [ batch => q(UPDATE rewards.coupon_batches SET label = label || ', or another') ]),
    'a batch has not issued what was acknowledged' => q(UPDATE attempt SET answer = answer || '{"issued": 0}' WHERE kind = 'issue'),
    (map { ("refused and done: $_->[0]" => "UPDATE told SET fate = 'refused' WHERE kind = '$_->[1]'") } [ qw(submit submit) ], [ qw(claim claim) ], [ qw(batch begin) ]),
    'done, and acknowledged to nobody' => q(DELETE FROM told WHERE kind = 'claim'),
    'never known' => q(UPDATE told SET fate = 'unknown'),
    'refused without a reason' => q(UPDATE told SET fate = 'refused' WHERE kind = 'award'),
);

sub all { return map { [ @harms[ 2 * $_, 2 * $_ + 1 ] ] } 0 .. $#harms / 2 }

# Done and undone, in the session of the checker.
sub try ($harm) {
    my ($what, $do) = @$harm;
    my $tables = join ' ', map { "ALTER TABLE rewards.$_ DISABLE TRIGGER USER;" }
        qw(points_events user_points_cache used_nonces coupons coupon_templates coupon_stock coupon_batches fraud_insights);
    my $finding = $what =~ s/'/''/gr;
    return "BEGIN; $tables $do; SELECT '$finding' WHERE NOT EXISTS (SELECT FROM wrong WHERE what || ': ' || which LIKE '$finding%'); ROLLBACK;\n";
}

1;
