-- What redeem_coupon() is measured against: the same work as competent people write it by hand, in PL/pgSQL with pgcrypto. It is
-- fair: whatever is checked is checked under the lock of the account's row, every statement has its index, the same rows are
-- written, constraints guard the same, and a replay gives the same coupon (but not its code: a hash is all that is stored). It is
-- lean: names are qualified, so that the function needs no search_path of its own, and there are no chain, no index of what is due,
-- no foreign keys and no triggers.
-- Variables: company, template, accounts (their number).
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
    event_type text NOT NULL, event_time timestamptz NOT NULL, points_delta bigint NOT NULL, nonce text COLLATE "C",
    validation_status text NOT NULL CHECK (validation_status IN ('pending', 'validated', 'rejected')),
    validated_by text, validated_at timestamptz, related_entity_type text, related_entity_id text,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, id)
);
CREATE INDEX ON baseline.events (user_id, company_id, event_time);

CREATE TABLE baseline.nonces (
    user_id uuid NOT NULL, company_id uuid NOT NULL, nonce text COLLATE "C" NOT NULL, template_id uuid NOT NULL, coupon_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(), expires_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, company_id, nonce)
);

CREATE TABLE baseline.templates (
    id uuid PRIMARY KEY, company_id uuid NOT NULL, points_cost bigint NOT NULL, coupon_value numeric NOT NULL,
    starts_at timestamptz, ends_at timestamptz, expires_after_days integer, max_redemptions_per_user integer,
    is_active boolean NOT NULL DEFAULT true
);

CREATE TABLE baseline.coupons (
    coupon_id uuid NOT NULL DEFAULT gen_random_uuid(), company_id uuid NOT NULL, code_hash bytea NOT NULL,
    template_id uuid NOT NULL, issued_to uuid NOT NULL, issued_points_cost bigint NOT NULL, coupon_value numeric NOT NULL,
    status text NOT NULL DEFAULT 'issued' CHECK (status IN ('issued', 'redeemed', 'revoked', 'expired')),
    issued_at timestamptz NOT NULL DEFAULT now(), expires_at timestamptz,
    redeemed_at timestamptz, redeemed_by text, updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (coupon_id, issued_to)
) WITH (fillfactor = 85);
CREATE UNIQUE INDEX ON baseline.coupons (code_hash);
CREATE INDEX ON baseline.coupons (issued_to, template_id);

CREATE FUNCTION baseline.redeem_coupon(
    p_company uuid, p_user uuid, p_template uuid, p_nonce text,
    OUT outcome text, OUT coupon_id uuid, OUT coupon_code text, OUT expires_at timestamptz, OUT points_remaining bigint)
LANGUAGE plpgsql AS $function$
DECLARE
    earlier_template uuid;
    cost bigint;
    value numeric;
    starts_at timestamptz;
    ends_at timestamptz;
    days integer;
    most_per_user integer;
    is_active boolean;
    new_event uuid;
BEGIN
    SELECT a.available_points INTO points_remaining
      FROM baseline.accounts a WHERE a.user_id = p_user AND a.company_id = p_company FOR UPDATE;
    IF NOT FOUND THEN outcome := 'insufficient_points'; RETURN; END IF;
    SELECT n.template_id, n.coupon_id INTO earlier_template, coupon_id
      FROM baseline.nonces n WHERE n.user_id = p_user AND n.company_id = p_company AND n.nonce = p_nonce;
    IF FOUND THEN
        outcome := CASE WHEN earlier_template = p_template THEN 'redeemed' ELSE 'nonce_conflict' END;
        RETURN;
    END IF;
    SELECT t.points_cost, t.coupon_value, t.starts_at, t.ends_at, t.expires_after_days, t.max_redemptions_per_user, t.is_active
      INTO cost, value, starts_at, ends_at, days, most_per_user, is_active
      FROM baseline.templates t WHERE t.id = p_template AND t.company_id = p_company;
    IF NOT FOUND THEN outcome := 'template_not_found'; RETURN; END IF;
    IF NOT is_active THEN outcome := 'template_inactive'; RETURN; END IF;
    IF ends_at <= now() THEN outcome := 'ended'; RETURN; END IF;
    IF starts_at > now() THEN outcome := 'not_started'; RETURN; END IF;
    IF most_per_user IS NOT NULL THEN
        PERFORM FROM baseline.coupons c WHERE c.issued_to = p_user AND c.template_id = p_template AND c.status <> 'revoked'
          HAVING count(*) >= most_per_user;
        IF FOUND THEN outcome := 'limit_reached'; RETURN; END IF;
    END IF;
    IF points_remaining < cost THEN outcome := 'insufficient_points'; RETURN; END IF;

    coupon_code := encode(gen_random_bytes(8), 'hex');
    expires_at := now() + make_interval(days => days);
    INSERT INTO baseline.coupons AS c (company_id, code_hash, template_id, issued_to, issued_points_cost, coupon_value, expires_at)
         VALUES (p_company, hmac(coupon_code, 'a secret of the programme', 'sha256'), p_template, p_user, cost, value,
                 expires_at)
      RETURNING c.coupon_id INTO coupon_id;
    INSERT INTO baseline.events (user_id, company_id, event_type, event_time, points_delta, nonce, validation_status,
                                 validated_by, validated_at, related_entity_type, related_entity_id)
         VALUES (p_user, p_company, 'coupon_redemption', now(), -cost, p_nonce, 'validated', 'app', now(), 'coupon', coupon_id::text)
      RETURNING id INTO new_event;
    UPDATE baseline.accounts a
       SET available_points = a.available_points - cost, lifetime_spent = a.lifetime_spent + cost, last_event_id = new_event,
           updated_at = now()
     WHERE a.user_id = p_user AND a.company_id = p_company
 RETURNING a.available_points INTO points_remaining;
    INSERT INTO baseline.nonces (user_id, company_id, nonce, template_id, coupon_id, expires_at)
         VALUES (p_user, p_company, p_nonce, p_template, coupon_id, now() + interval '7 days');
    outcome := 'redeemed';
END
$function$;

-- Rows first, statistics then: of empty tables the planner would keep plans that read all of them.
INSERT INTO baseline.templates (id, company_id, points_cost, coupon_value, expires_after_days)
     VALUES (:'template', :'company', 1, 5, 90);
INSERT INTO baseline.accounts (user_id, company_id, available_points)
     SELECT md5(n::text)::uuid, :'company', 1000000000 FROM generate_series(1, :accounts) AS n;
SELECT count((baseline.redeem_coupon(:'company', md5((1 + n % :accounts)::text)::uuid, :'template', 'earlier ' || n)).coupon_id)
  FROM generate_series(1, 20000) AS n;
VACUUM ANALYZE baseline.accounts, baseline.events, baseline.nonces, baseline.templates, baseline.coupons;
