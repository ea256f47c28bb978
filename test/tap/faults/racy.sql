-- A redemption as it must not be: it reads what is left, thinks, and then writes, and nothing holds what it has read.
CREATE FUNCTION racy_redeem(user_id uuid, template uuid, nonce text, OUT outcome text, OUT coupon_id uuid, OUT coupon_code text, OUT replayed boolean)
LANGUAGE plpgsql AS $$
DECLARE
    company CONSTANT uuid := rewards.get_current_company_id();
    taken bigint;
BEGIN
    SELECT true, n.coupon_id INTO replayed, coupon_id FROM rewards.used_nonces n WHERE (n.user_id, n.nonce) = (racy_redeem.user_id, racy_redeem.nonce);
    IF FOUND THEN
        outcome := 'redeemed';
        RETURN;
    END IF;
    SELECT count(*) INTO taken FROM rewards.coupons WHERE template_id = template;
    IF taken >= (SELECT total_stock FROM rewards.coupon_templates WHERE id = template) THEN
        outcome := 'out_of_stock';
        RETURN;
    END IF;
    PERFORM pg_sleep(0.02);
    replayed := false;
    outcome := 'redeemed';
    INSERT INTO rewards.coupons AS c (company_id, code_hash, key_slot, code_route, code_symbols, template_id, issued_to, issued_points_cost, coupon_value_type, coupon_value)
        VALUES (company, sha256(convert_to(nonce, 'UTF8')), 0, 0, 16, template, user_id, 1, 'fixed_amount', 1) RETURNING c.coupon_id INTO coupon_id;
    INSERT INTO rewards.points_events (company_id, user_id, event_type, event_time, points_delta, validation_status, nonce, related_entity_id)
        VALUES (company, user_id, 'coupon_redemption', now(), -1, 'validated', nonce, coupon_id);
    INSERT INTO rewards.used_nonces (company_id, user_id, nonce, event_type, expires_at, fingerprint, coupon_id, balance)
        VALUES (company, user_id, nonce, 'coupon_redemption', now() + interval '8 days', sha256(''), coupon_id, 0);
END $$;
