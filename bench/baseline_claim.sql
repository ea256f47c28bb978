-- What claim_coupon() is measured against: one UPDATE that only one caller wins, and a limit for those who guess. To be run after
-- baseline_redeem.sql, whose coupons it claims.
CREATE TABLE baseline.guesses (
    company_id uuid NOT NULL, claimed_by text COLLATE "C" NOT NULL, started_at timestamptz NOT NULL DEFAULT now(), guesses integer NOT NULL,
    PRIMARY KEY (company_id, claimed_by)
);

CREATE FUNCTION baseline.claim_coupon(p_company uuid, p_code text, p_claimed_by text, OUT outcome text, OUT coupon_id uuid, OUT value numeric)
LANGUAGE plpgsql AS $function$
BEGIN
    PERFORM FROM baseline.guesses g
      WHERE g.company_id = p_company AND g.claimed_by = p_claimed_by AND g.guesses >= 10 AND g.started_at > now() - interval '1 hour';
    IF FOUND THEN outcome := 'try_later'; RETURN; END IF;
    UPDATE baseline.coupons c
       SET status = 'redeemed', redeemed_at = now(), redeemed_by = p_claimed_by, updated_at = now()
     WHERE c.code_hash = hmac(lower(translate(p_code, '- ', '')), 'a secret of the programme', 'sha256') AND c.company_id = p_company
       AND c.status = 'issued' AND (c.expires_at IS NULL OR c.expires_at > now())
 RETURNING c.coupon_id, c.coupon_value INTO coupon_id, value;
    IF FOUND THEN outcome := 'claimed'; RETURN; END IF;
    INSERT INTO baseline.guesses AS g (company_id, claimed_by, guesses) VALUES (p_company, p_claimed_by, 1)
        ON CONFLICT (company_id, claimed_by) DO UPDATE
           SET guesses = CASE WHEN g.started_at > now() - interval '1 hour' THEN g.guesses + 1 ELSE 1 END,
               started_at = CASE WHEN g.started_at > now() - interval '1 hour' THEN g.started_at ELSE now() END;
    outcome := 'not_redeemable';
END
$function$;

-- As many as guess in a day: of an empty table the planner would keep a plan that reads all of it.
INSERT INTO baseline.guesses (company_id, claimed_by, guesses) SELECT :'company', 'guesser ' || n, 1 FROM generate_series(1, 1000) AS n;
VACUUM ANALYZE baseline.guesses;
