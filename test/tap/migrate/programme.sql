-- A hand-written programme: 400 members with their events, coupons, nonces and the rest; and then what accumulates in such tables over the years.
CREATE SCHEMA "old shop";
SET search_path = "old shop", public;
CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA public;
CREATE TABLE points_events (
    id uuid, user_id uuid, event_type text, event_time timestamptz, points_delta integer, proof_type text, proof_payload jsonb, payload_hash text,
    nonce text, trust_score numeric, validation_status text DEFAULT 'pending', validated_by text, validated_at timestamptz, validation_notes text,
    device_id text, device_info jsonb, ip_address inet, related_entity_type text, related_entity_id text, created_at timestamptz DEFAULT now());
CREATE TABLE user_points_cache (
    user_id uuid PRIMARY KEY, available_points integer, pending_points integer, lifetime_earned integer, lifetime_spent integer, last_event_id uuid,
    updated_at timestamptz DEFAULT now(), nickname text);
CREATE TABLE coupon_templates (
    id uuid PRIMARY KEY, template_name text, description text, points_cost integer, coupon_value_type text, coupon_value numeric(10, 2), partner_name text,
    partner_id uuid, terms_and_conditions text, expires_after_days integer, is_active boolean, max_redemptions_per_user integer, metadata jsonb);
CREATE TABLE coupons (
    coupon_id uuid PRIMARY KEY, code_hash text, template_id uuid, issued_to uuid, issued_points_cost integer, issued_at timestamptz, status text,
    redeemed_at timestamptz, redeemed_by text, redemption_proof jsonb, expires_at timestamptz, metadata jsonb, refunded_at timestamptz,
    refund_points_event_id uuid, created_at timestamptz, updated_at timestamptz);
CREATE TABLE used_nonces (user_id uuid, nonce text, event_type text, created_at timestamptz, expires_at timestamptz);
CREATE TABLE fraud_insights (
    id uuid PRIMARY KEY, user_id uuid, insight_type text, severity text, score numeric, details jsonb, related_event_ids uuid[], resolved boolean,
    resolved_at timestamptz, resolved_by text, resolution_notes text, created_at timestamptz);
CREATE TABLE attestation_cache (
    user_id uuid, device_id text, platform text, attestation_token_hash text, is_valid boolean, integrity_verdict jsonb, verified_at timestamptz,
    expires_at timestamptz, device_info jsonb);
CREATE INDEX ON points_events (user_id);
CREATE INDEX ON coupons (issued_to);
CREATE INDEX ON used_nonces (user_id);

CREATE FUNCTION name(kind text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT md5(kind || ' ' || n)::uuid $$;
CREATE FUNCTION code_hash(code text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT encode(hmac(upper(code), 'the old secret', 'sha256'), 'hex') $$;

-- What is in order

INSERT INTO coupon_templates VALUES
    (name('template', 1), 'five off', 'at the till', 50, 'fixed_amount', 5, 'coffee house', gen_random_uuid(), 'once', 90, true, NULL, '{"colour": "red"}'),
    (name('template', 2), 'a tenth', NULL, 80, 'percentage', 10, NULL, NULL, NULL, NULL, false, 3, NULL),
    (name('template', 3), 'mug', NULL, 0, 'product', 1, NULL, NULL, NULL, 30, true, 1, NULL);
INSERT INTO points_events
    SELECT name('event', 100 * m + e), name('member', m), CASE e % 3 WHEN 0 THEN 'receipt' ELSE 'habit_completion' END,
           now() - m * interval '1 hour' - e * interval '5 days', 10 + e, 'photo', jsonb_build_object('receipt', m), md5(m || ' ' || e),
           format('n-%s-%s', m, e), 50 + e, (ARRAY['validated', 'validated', 'validated', 'validated', 'pending', 'rejected', 'pending_review'])[1 + (m + e) % 7],
           'worker', now() - m * interval '1 hour', NULL, 'phone ' || m, '{"os": "x"}', '10.1.2.3', NULL, NULL, now() - m * interval '1 hour' - e * interval '5 days'
      FROM generate_series(1, 400) m, generate_series(1, 10) e;
INSERT INTO points_events (id, user_id, event_type, event_time, points_delta, validation_status, created_at)
    SELECT name('welcome', m), name('member', m), 'welcome', now() - interval '100 days', 100, 'validated', now() - interval '100 days' FROM generate_series(1, 400) m;
INSERT INTO coupons
    SELECT name('coupon', m), code_hash('OLD-' || m), name('template', 1), name('member', m), 50, now() - m * interval '2 hours',
           (ARRAY['issued', 'redeemed', 'revoked', 'expired', 'issued'])[1 + m % 5], CASE WHEN m % 5 = 1 THEN now() - m * interval '1 hour' END,
           CASE WHEN m % 5 = 1 THEN 'till 1' END, CASE WHEN m % 5 = 1 THEN '{"receipt": 1}'::jsonb END,
           CASE WHEN m % 5 = 4 THEN now() - interval '1 day' ELSE now() + interval '50 days' END, '{"lane": 2}', NULL, NULL,
           now() - m * interval '2 hours', now() - m * interval '1 hour'
      FROM generate_series(1, 300) m;
INSERT INTO points_events (id, user_id, event_type, event_time, points_delta, validation_status, related_entity_type, related_entity_id, created_at)
    SELECT name('price', m), name('member', m), 'coupon_redemption', now() - m * interval '2 hours', -50, 'validated', 'coupon', name('coupon', m)::text, now() - m * interval '2 hours'
      FROM generate_series(1, 300) m;
-- As the programme's handbook has it, a refund leaves no trace on the coupon.
INSERT INTO points_events (id, user_id, event_type, event_time, points_delta, validation_status, related_entity_type, related_entity_id, created_at)
    SELECT name('refund', m), name('member', m), 'coupon_refund', now() - m * interval '1 hour', 50, 'validated', 'coupon', name('coupon', m)::text, now() - m * interval '1 hour'
      FROM generate_series(2, 300, 10) m;
INSERT INTO used_nonces SELECT user_id, nonce, event_type, created_at, created_at + interval '1 day' FROM points_events WHERE nonce IS NOT NULL AND created_at > now() - interval '2 days';
INSERT INTO fraud_insights
    SELECT name('insight', m), name('member', m), 'velocity_anomaly', 'high', 20, '{"spacing_ms": 300}', ARRAY[name('event', 100 * m + 1)], m % 2 = 0,
           CASE WHEN m % 2 = 0 THEN now() END, CASE WHEN m % 2 = 0 THEN 'ann' END, CASE WHEN m % 2 = 0 THEN 'a bus' END, now() - interval '3 days'
      FROM generate_series(1, 40) m;
INSERT INTO attestation_cache
    SELECT name('member', m), 'phone ' || m, 'android', md5('token ' || m), true, '{"device": "ok"}', now() - interval '1 hour', now() + interval '1 hour', '{"os": "x"}'
      FROM generate_series(1, 40) m;

-- What is not. Members from 500 on.

\set at 'now() - interval ''30 days'''
INSERT INTO points_events (id, user_id, event_type, event_time, points_delta, validation_status, created_at)
    SELECT name('welcome', m), name('member', m), 'welcome', :at, 100, 'validated', :at FROM generate_series(500, 530) m;
INSERT INTO points_events (id, user_id, event_type, event_time, points_delta, validation_status, trust_score, payload_hash, created_at) VALUES
    (name('odd', 500), name('member', 500), 'approved', :at, 7, 'approved', NULL, NULL, :at),
    (name('odd', 501), name('member', 501), 'no status', :at, 7, NULL, NULL, NULL, :at),
    -- Two redemptions that met, and a third: there were 100 points.
    (name('odd', 502), name('member', 502), 'spent', :at + interval '1 day', -80, 'validated', NULL, NULL, :at),
    (name('odd', 503), name('member', 502), 'spent', :at + interval '2 days', -80, 'validated', NULL, NULL, :at),
    (name('odd', 504), name('member', 502), 'spent', :at + interval '3 days', -20, 'validated', NULL, NULL, :at),
    -- In debt for a while only.
    (name('odd', 505), name('member', 503), 'spent', :at - interval '20 days', -150, 'validated', NULL, NULL, :at - interval '20 days'),
    (name('odd', 506), name('member', 503), 'late', :at, 60, 'validated', NULL, NULL, :at),
    (name('odd', 507), name('member', 504), 'twice', :at, 5, 'validated', NULL, 'same', :at),
    (name('odd', 508), name('member', 504), 'twice', :at + interval '1 day', 6, 'validated', NULL, 'same', :at + interval '1 day'),
    (name('odd', 509), name('member', 505), 'future', now() + interval '1 year', 7, 'validated', NULL, NULL, now() + interval '1 year'),
    (name('odd', 510), name('member', 506), 'trust', :at, 7, 'validated', 150, NULL, :at),
    (name('odd', 511), name('member', 506), 'trust', :at, 7, 'validated', 66.6, NULL, :at),
    (name('odd', 512), NULL, 'nobody', :at, 7, 'validated', NULL, NULL, :at),
    (NULL, name('member', 507), 'no id', :at, 7, 'validated', NULL, NULL, :at),
    (name('odd', 514), name('member', 508), 'same id', :at, 7, 'validated', NULL, NULL, :at),
    (name('odd', 514), name('member', 508), 'same id', :at, 8, 'validated', NULL, NULL, :at + interval '1 hour'),
    (name('odd', 515), name('member', 509), '', :at, 7, 'validated', NULL, NULL, :at),
    (name('odd', 516), name('member', 510), 'no points', :at, NULL, 'validated', NULL, NULL, :at),
    (name('odd', 517), name('member', 511), 'no time', NULL, 7, 'validated', NULL, NULL, :at);
INSERT INTO points_events (id, user_id, event_type, event_time, points_delta, validation_status, nonce, created_at)
    VALUES (name('odd', 518), name('member', 512), 'forgotten nonce', now() - interval '3 days', 7, 'rejected', 'forgotten', now() - interval '3 days'),
           (name('odd', 519), name('member', 512), 'old nonce', now() - interval '30 days', 7, 'rejected', 'old', now() - interval '30 days');
INSERT INTO used_nonces VALUES
    (name('member', 513), 'twice', 'receipt', now() - interval '2 hours', now() + interval '1 hour'),
    (name('member', 513), 'twice', 'receipt', now() - interval '1 hour', now() + interval '20 days'),
    (name('member', 513), NULL, 'receipt', now(), now()),
    (name('member', 513), 'bare', NULL, NULL, NULL),
    (name('member', 513), 'expired', 'receipt', :at, :at + interval '1 day');
INSERT INTO coupon_templates (id, template_name, points_cost, coupon_value_type, coupon_value, is_active) VALUES
    (name('template', 4), 'more than all', 10, 'percentage', 150, true), (name('template', 5), 'of another kind', 10, 'cashback', 1, true);
INSERT INTO coupons (coupon_id, code_hash, template_id, issued_to, issued_points_cost, issued_at, status, created_at, updated_at, refunded_at) VALUES
    (name('odd', 601), code_hash('ODD-601'), name('template', 9), name('member', 514), 0, :at, 'issued', :at, :at, NULL),
    (name('odd', 602), code_hash('ODD-602'), NULL, name('member', 514), 0, :at, 'issued', :at, :at, NULL),
    (name('odd', 603), code_hash('ODD-603'), name('template', 4), name('member', 515), 0, :at, 'issued', :at, :at, NULL),
    (name('odd', 604), 'not a hash', name('template', 1), name('member', 515), 0, :at, 'issued', :at, :at, NULL),
    (name('odd', 605), code_hash('ODD-605'), name('template', 1), name('member', 515), 0, :at, 'archived', :at, :at, NULL),
    (name('odd', 606), code_hash('ODD-606'), name('template', 1), name('member', 515), 0, :at, 'held', :at, :at, NULL),
    (name('odd', 607), code_hash('ODD-607'), name('template', 1), name('member', 516), 0, :at, 'redeemed', :at, :at, NULL),
    (name('odd', 608), code_hash('ODD-607'), name('template', 1), name('member', 516), 0, :at, 'issued', :at, :at, NULL),
    (name('odd', 609), code_hash('OLD-4'), name('template', 1), name('member', 517), 0, :at, 'expired', :at, :at, NULL),
    (name('odd', 610), upper(code_hash('ODD-610')), name('template', 3), name('member', 518), 40, :at, 'issued', :at, :at, NULL),
    (name('odd', 611), code_hash('ODD-611'), name('template', 1), name('member', 518), 0, :at, 'revoked', :at, :at, :at),
    (name('odd', 612), code_hash('ODD-612'), name('template', 1), NULL, 0, :at, 'issued', :at, :at, NULL),
    (name('odd', 613), code_hash('ODD-613'), name('template', 1), name('member', 519), -5, :at, 'issued', :at, :at, NULL),
    (name('odd', 614), code_hash('ODD/614 *#'), name('template', 1), name('member', 519), 0, :at, 'issued', :at, :at, NULL);
-- Refunded, and yet redeemed or live.
INSERT INTO coupons (coupon_id, code_hash, template_id, issued_to, issued_points_cost, issued_at, status, redeemed_at, created_at, updated_at)
    SELECT name('odd', 614 + n), code_hash('ODD-' || 614 + n), name('template', 1), name('member', 527), 0, :at, CASE n WHEN 1 THEN 'redeemed' ELSE 'issued' END,
           CASE n WHEN 1 THEN :at END, :at, :at FROM generate_series(1, 2) n;
INSERT INTO points_events (id, user_id, event_type, event_time, points_delta, validation_status, related_entity_type, related_entity_id, created_at)
    SELECT name('odd', 616 + n), name('member', 527), 'coupon_refund', :at, 10, 'validated', 'coupon', name('odd', 614 + n)::text, :at FROM generate_series(1, 2) n;
INSERT INTO fraud_insights (id, user_id, insight_type, severity, score, resolved, created_at) VALUES
    (name('odd', 701), name('member', 520), 'low_trust_score', 'low', 30, false, :at), (name('odd', 702), name('member', 520), 'low_trust_score', 'low', 31, false, :at + interval '1 day'),
    (name('odd', 703), name('member', 520), 'low_trust_score', NULL, 32, NULL, :at + interval '2 days'), (name('odd', 704), name('member', 521), 'gut_feeling', 'low', 10, false, :at);
INSERT INTO attestation_cache VALUES
    (name('member', 522), 'd', 'ios', 'again', true, NULL, :at, :at + interval '1 day', NULL), (name('member', 522), 'd', 'ios', 'again', false, NULL, :at + interval '1 hour', :at + interval '1 day', NULL),
    (name('member', 523), 'd', 'ios', 'no end', true, NULL, :at, NULL, NULL);

-- The cache, as it should be, but for: one that has forgotten events, one that nobody has corrected, one without events, one that is missing.
INSERT INTO user_points_cache
    SELECT user_id, greatest(0, sum(points_delta) FILTER (WHERE validation_status = 'validated')), coalesce(sum(points_delta) FILTER (WHERE validation_status = 'pending'), 0),
           0, 0, NULL, now(), 'x'
      FROM points_events WHERE user_id IS NOT NULL GROUP BY user_id;
UPDATE user_points_cache SET available_points = available_points + 1000 WHERE user_id = name('member', 524);
UPDATE user_points_cache SET available_points = available_points - 30 WHERE user_id = name('member', 525);
INSERT INTO user_points_cache VALUES (name('member', 600), 0, 0, 0, 0, NULL, now() - interval '1 year', NULL), (name('member', 601), 55, 0, 0, 0, NULL, now(), NULL);
DELETE FROM user_points_cache WHERE user_id = name('member', 526);
