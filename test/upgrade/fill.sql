-- Books of a release, as a shop leaves them: rows in the tables, an owner who has added things of his own, and in
-- shop.kept questions with the answers that the release gave. Calls, for the next release has to understand them.
CREATE ROLE frozen_owner;
CREATE ROLE frozen_app;
CREATE ROLE frozen_staff;
CREATE ROLE frozen_own;
CREATE EXTENSION pg_rewards VERSION :'version';
SELECT rewards.install(owner => 'frozen_owner');
SELECT rewards.grant_access(app => 'frozen_app', admin => 'frozen_staff');

-- What the owner has added

SET ROLE frozen_owner;
ALTER TABLE rewards.points_events ADD COLUMN till text NOT NULL DEFAULT 'till 1';
COMMENT ON COLUMN rewards.points_events.till IS 'Where it was rung up';
CREATE INDEX coupons_by_partner ON rewards.coupons ((metadata ->> 'partner'));
CREATE FUNCTION rewards.note_claim() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER note_claim AFTER UPDATE ON rewards.coupons FOR EACH ROW EXECUTE FUNCTION rewards.note_claim();
CREATE POLICY own_till ON rewards.points_events AS RESTRICTIVE FOR SELECT TO frozen_own USING (till = 'till 1');
ALTER TABLE rewards.coupon_templates ADD CONSTRAINT named_partner CHECK (partner_name <> '');
GRANT SELECT ON rewards.points_events TO frozen_own;
RESET ROLE;
GRANT USAGE ON SCHEMA rewards TO frozen_own;
GRANT EXECUTE ON FUNCTION rewards.calculate_user_points(uuid) TO frozen_own;
-- And one thing that he wants otherwise.
REVOKE EXECUTE ON FUNCTION rewards.uuidv5(uuid, text) FROM frozen_app;

CREATE SCHEMA shop;
CREATE TABLE shop.kept (place integer GENERATED ALWAYS AS IDENTITY, kind text, call text, answer text);
CREATE FUNCTION shop.answer(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE format('SELECT string_agg(r::text, E''\n'') FROM (%s) AS r', call) INTO answer;
    RETURN answer;
END $$;
CREATE FUNCTION shop.id(kind text, name integer) RETURNS uuid LANGUAGE sql IMMUTABLE
    RETURN (kind || '0000000-0000-4000-8000-' || lpad(name::text, 12, '0'))::uuid;
CREATE FUNCTION shop.enter() RETURNS void LANGUAGE sql AS $$ SELECT rewards.set_company_context(shop.id('c', 1), 'mary', 'admin') $$;

-- What the shop has done

BEGIN;
SELECT shop.enter();
INSERT INTO rewards.company_settings DEFAULT VALUES;
INSERT INTO rewards.point_rules (event_type, base_points) VALUES ('visit', 10);
INSERT INTO rewards.coupon_templates (id, template_name, points_cost, coupon_value_type, coupon_value, total_stock, vendor_codes)
VALUES (shop.id('b', 1), 'ten off', 100, 'fixed_amount', 10, NULL, false), (shop.id('b', 2), 'one of a hundred', 50, 'percentage', 5, 100, false),
       (shop.id('b', 3), 'cinema', 20, 'product', 1, NULL, true);
SELECT rewards.import_vendor_codes(shop.id('b', 3), ARRAY['CINEMA-1', 'CINEMA-2', 'CINEMA-3'], 'first');
SELECT rewards.award_points(shop.id('a', member), 1000 * member, 'welcome', 'welcome') FROM generate_series(1, 5) AS member;
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status, expires_at)
SELECT shop.id('a', member), 'import', '2026-01-31 12:00+00', member, 'validated', '2126-01-31' FROM generate_series(1, 50) AS member;
COMMIT;
BEGIN;
SELECT shop.enter();
INSERT INTO shop.kept (kind, call) VALUES
    ('same', $$SELECT outcome, balance, replayed FROM rewards.award_points(shop.id('a', 1), 1000, 'welcome', 'welcome')$$),
    ('same', $$SELECT outcome, coupon_id, coupon_code, replayed FROM rewards.redeem_coupon(shop.id('a', 1), shop.id('b', 1), 'unclaimed')$$),
    ('same', $$SELECT outcome, coupon_id, coupon_code, replayed FROM rewards.redeem_coupon(shop.id('a', 2), shop.id('b', 1), 'claimed')$$),
    ('same', $$SELECT outcome, coupon_id, coupon_code, replayed FROM rewards.redeem_coupon(shop.id('a', 2), shop.id('b', 2), 'of stock')$$),
    ('same', $$SELECT outcome, coupon_id, coupon_code, replayed FROM rewards.redeem_coupon(shop.id('a', 3), shop.id('b', 1), 'revoked')$$),
    ('same', $$SELECT outcome, coupon_id, replayed FROM rewards.redeem_coupon(shop.id('a', 4), shop.id('b', 3), 'cinema')$$),
    ('same', $$SELECT outcome, balance, replayed FROM rewards.deduct_points(shop.id('a', 5), 400, 'mug', 'mug')$$),
    ('same', $$SELECT v.outcome, v.code FROM rewards.redeem_coupon(shop.id('a', 4), shop.id('b', 3), 'cinema') AS r, rewards.reveal_vendor_code(r.coupon_id) AS v$$);
SELECT shop.answer(call) FROM shop.kept ORDER BY place;
SELECT rewards.submit_points_event(shop.id('a', 6), 'visit', now() - interval '1 minute', 'visit');
SELECT rewards.flag_account(shop.id('a', 6), 'manual_flag', 'high');
COMMIT;
BEGIN;
SELECT shop.enter();
SELECT rewards.seal_ledger();
COMMIT;
BEGIN;
SELECT shop.enter();
INSERT INTO shop.kept (kind, call)
SELECT 'claim', format('SELECT outcome, value FROM rewards.claim_coupon(%L, ''till'')', coupon_code)
  FROM rewards.redeem_coupon(shop.id('a', 1), shop.id('b', 1), 'unclaimed');
INSERT INTO shop.kept (kind, call)
SELECT 'same', format('SELECT outcome, value, replayed FROM rewards.claim_coupon(%L, ''till'', claim_ref => ''receipt 1'')', coupon_code)
  FROM rewards.redeem_coupon(shop.id('a', 2), shop.id('b', 1), 'claimed');
SELECT shop.answer(call) FROM shop.kept WHERE call ~ 'receipt 1';
SELECT rewards.revoke_coupon(coupon_id, 'by mistake', true) FROM rewards.redeem_coupon(shop.id('a', 3), shop.id('b', 1), 'revoked');
SELECT rewards.refund_points(shop.id('a', 5), e.id) FROM rewards.points_events AS e WHERE nonce = 'mug';
SELECT rewards.begin_coupon_batch(shop.id('b', 2), 10, 'leaflets');
SELECT rewards.issue_coupon_batch(id) FROM rewards.coupon_batches;
INSERT INTO shop.kept (kind, call)
SELECT 'same', format('SELECT rewards.event_receipt(%L)', id) FROM rewards.points_events WHERE nonce IN ('welcome', 'mug');
INSERT INTO shop.kept (kind, call)
SELECT 'same', format('SELECT layer, "check", status, bad FROM rewards.verify_ledger(digest => %L) WHERE layer = ''digest'' OR "check" ~ ''digest''', digest)
  FROM rewards.ledger_digest();
INSERT INTO shop.kept (kind, call) VALUES
    ('same', 'SELECT user_id, available_points, pending_points, lifetime_earned, lifetime_spent FROM rewards.user_points_cache ORDER BY user_id'),
    ('same', $$SELECT * FROM rewards.balance_at(shop.id('a', 5), '2026-06-01')$$),
    ('none', $$SELECT * FROM rewards.verify_ledger() WHERE status = 'bad'$$),
    ('none', $$SELECT * FROM rewards.verify_audit() WHERE status = 'bad'$$),
    ('none', 'SELECT * FROM rewards.reconcile_ledger()'),
    ('none', 'SELECT * FROM rewards.ledger_discrepancies'),
    ('none', 'SELECT * FROM rewards.coupon_stock_discrepancies');
COMMIT;
BEGIN;
SELECT shop.enter();
SELECT rewards.seal_ledger();
COMMIT;
BEGIN;
SELECT shop.enter();
UPDATE shop.kept SET answer = shop.answer(call) WHERE kind <> 'claim';
COMMIT;
-- A shop that is not well is not kept.
DO $$
BEGIN
    IF EXISTS (SELECT FROM shop.kept WHERE (kind = 'none') <> (answer IS NULL) AND kind <> 'claim') THEN
        RAISE EXCEPTION 'not as they should be: %', (SELECT json_agg(k) FROM shop.kept AS k WHERE (kind = 'none') <> (answer IS NULL) AND kind <> 'claim');
    END IF;
END $$;
