-- What redeem_coupon() is measured against: the same work as people write it by hand, in PL/pgSQL with
-- pgcrypto. It is fair: the account's row is locked, everything is indexed, the same rows with the
-- same columns that matter are written, and a replay gives the same coupon (the code, which a
-- hand-written programme cannot show again, aside).
CREATE EXTENSION IF NOT EXISTS pgcrypto;
CREATE SCHEMA baseline;

CREATE TABLE baseline.accounts (
    user_id uuid NOT NULL, company_id uuid NOT NULL,
    available_points bigint NOT NULL DEFAULT 0 CHECK (available_points >= 0),
    lifetime_spent bigint NOT NULL DEFAULT 0, last_event_id uuid, updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, company_id)
) WITH (fillfactor = 70);

CREATE TABLE baseline.events (
    id uuid NOT NULL DEFAULT gen_random_uuid(), user_id uuid NOT NULL, company_id uuid NOT NULL,
    event_type text NOT NULL, event_time timestamptz NOT NULL, points_delta bigint NOT NULL, nonce text,
    validation_status text NOT NULL CHECK (validation_status IN ('pending', 'validated', 'rejected')),
    validated_by text, validated_at timestamptz, related_entity_type text, related_entity_id text,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, id)
);
CREATE INDEX ON baseline.events (user_id, company_id, event_time);

CREATE TABLE baseline.nonces (
    user_id uuid NOT NULL, company_id uuid NOT NULL, nonce text NOT NULL, template_id uuid NOT NULL, coupon_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(), expires_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, company_id, nonce)
);

CREATE TABLE baseline.templates (
    id uuid PRIMARY KEY, company_id uuid NOT NULL, points_cost bigint NOT NULL, coupon_value numeric NOT NULL,
    expires_after_days integer, is_active boolean NOT NULL DEFAULT true
);

CREATE TABLE baseline.coupons (
    coupon_id uuid NOT NULL DEFAULT gen_random_uuid(), company_id uuid NOT NULL, code_hash bytea NOT NULL,
    template_id uuid NOT NULL, issued_to uuid NOT NULL, issued_points_cost bigint NOT NULL, coupon_value numeric NOT NULL,
    status text NOT NULL DEFAULT 'issued' CHECK (status IN ('issued', 'redeemed', 'revoked', 'expired')),
    issued_at timestamptz NOT NULL DEFAULT now(), expires_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (coupon_id, issued_to)
);
CREATE UNIQUE INDEX ON baseline.coupons (code_hash);
CREATE INDEX ON baseline.coupons (issued_to, template_id);

CREATE FUNCTION baseline.redeem_coupon(
    p_company uuid, p_user uuid, p_template uuid, p_nonce text,
    OUT outcome text, OUT coupon_id uuid, OUT coupon_code text, OUT points_remaining bigint)
LANGUAGE plpgsql SET search_path = baseline, public, pg_temp AS $function$
DECLARE
    account accounts;
    offer templates;
    used nonces;
    new_event uuid;
    alphabet CONSTANT text := '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
    entropy CONSTANT bytea := gen_random_bytes(16);
BEGIN
    SELECT * INTO account FROM accounts a WHERE a.user_id = p_user AND a.company_id = p_company FOR UPDATE;
    points_remaining := coalesce(account.available_points, 0);
    SELECT * INTO used FROM nonces n WHERE n.user_id = p_user AND n.company_id = p_company AND n.nonce = p_nonce;
    IF FOUND THEN
        outcome := CASE WHEN used.template_id = p_template THEN 'redeemed' ELSE 'nonce_conflict' END;
        coupon_id := used.coupon_id;
        RETURN;
    END IF;
    SELECT * INTO offer FROM templates t WHERE t.id = p_template AND t.company_id = p_company;
    IF NOT FOUND THEN outcome := 'template_not_found'; RETURN; END IF;
    IF NOT offer.is_active THEN outcome := 'template_inactive'; RETURN; END IF;
    IF points_remaining < offer.points_cost THEN outcome := 'insufficient_points'; RETURN; END IF;

    SELECT string_agg(substr(alphabet, 1 + get_byte(entropy, i) % 32, 1), '') INTO coupon_code FROM generate_series(0, 15) AS i;
    INSERT INTO coupons (company_id, code_hash, template_id, issued_to, issued_points_cost, coupon_value, expires_at)
         VALUES (p_company, hmac(coupon_code, 'a secret of the programme', 'sha256'), p_template, p_user, offer.points_cost,
                 offer.coupon_value, now() + make_interval(days => offer.expires_after_days))
      RETURNING coupons.coupon_id INTO coupon_id;
    INSERT INTO events (user_id, company_id, event_type, event_time, points_delta, nonce, validation_status,
                        validated_by, validated_at, related_entity_type, related_entity_id)
         VALUES (p_user, p_company, 'coupon_redemption', now(), -offer.points_cost, p_nonce, 'validated', 'app', now(),
                 'coupon', coupon_id::text)
      RETURNING id INTO new_event;
    UPDATE accounts a
       SET available_points = a.available_points - offer.points_cost, lifetime_spent = a.lifetime_spent + offer.points_cost,
           last_event_id = new_event, updated_at = now()
     WHERE a.user_id = p_user AND a.company_id = p_company
 RETURNING a.available_points INTO points_remaining;
    INSERT INTO nonces (user_id, company_id, nonce, template_id, coupon_id, expires_at)
         VALUES (p_user, p_company, p_nonce, p_template, coupon_id, now() + interval '7 days');
    outcome := 'redeemed';
END
$function$;
