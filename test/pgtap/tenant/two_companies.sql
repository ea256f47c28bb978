-- Two companies, acme and other, with two members each, ann and bob being members of both, and rows in every table; the
-- roles of a back end, of staff and of the SQL of tenants. Attackers' names are in schema attack.
\set QUIET on
\pset format unaligned
\pset tuples_only on
SET client_min_messages = error;
SET search_path = public;
SET synchronous_commit = off;
SELECT rewards.install() WHERE to_regclass('rewards.data_version') IS NULL \g /dev/null
-- What a test that was stopped has left.
DROP SCHEMA IF EXISTS attack CASCADE;
SELECT format('DROP OWNED BY %I; DROP ROLE %I', rolname, rolname) FROM pg_roles WHERE rolname IN ('attack_app', 'attack_admin', 'attack_tenant') \gexec
CREATE ROLE attack_app;
CREATE ROLE attack_admin;
CREATE ROLE attack_tenant;
SELECT rewards.grant_access(app => 'attack_app', admin => 'attack_admin', tenant => 'attack_tenant') \g /dev/null
SELECT gen_random_uuid() AS acme, gen_random_uuid() AS other, gen_random_uuid() AS ann, gen_random_uuid() AS bob \gset

CREATE SCHEMA attack;
GRANT USAGE ON SCHEMA attack TO PUBLIC;
CREATE TABLE attack.company (name text PRIMARY KEY, id uuid);
INSERT INTO attack.company VALUES ('acme', :'acme'), ('other', :'other'), ('ann', :'ann'), ('bob', :'bob');
GRANT SELECT ON attack.company TO PUBLIC;
CREATE FUNCTION attack.id(text) RETURNS uuid LANGUAGE sql STABLE RETURN (SELECT id FROM attack.company WHERE name = $1);

-- pgTAP keeps its counts in temporary tables of the superuser.
CREATE FUNCTION attack.is(anyelement, anyelement, text) RETURNS text LANGUAGE sql SECURITY DEFINER
    AS 'SELECT public.is($1, $2, $3)';

-- What the statement ends with; what it did is undone.
CREATE FUNCTION attack.state_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    RAISE SQLSTATE 'UNDOX';
EXCEPTION WHEN OTHERS THEN
    RETURN CASE SQLSTATE WHEN 'UNDOX' THEN '00000' ELSE SQLSTATE END;
END $$;

-- What happens to a member's row is in the audit log under the member's id.
CREATE TABLE attack.visit (company_id uuid, user_id uuid);
CREATE TRIGGER audit_insert AFTER INSERT ON attack.visit REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION rewards.audit_changes('company_id');

DO $$
DECLARE
    company uuid;
    member uuid;
    offer uuid;
    cinema uuid;
    leaflets uuid;
BEGIN
    FOREACH company IN ARRAY ARRAY[attack.id('acme'), attack.id('other')] LOOP
        PERFORM rewards.set_company_context(company, 'fixture', 'service');
        INSERT INTO rewards.company_settings (review_four_eyes_points) VALUES (100);
        INSERT INTO rewards.point_rules (event_type, base_points, is_active) VALUES ('visit', 10, true), ('past', 10, false);
        INSERT INTO rewards.trust_rules (version, rule, feature, comparison, threshold, weight, sentence)
            VALUES (1000, 'base', 'always', '=', 1, 70, 'Everybody is trusted.');
        INSERT INTO rewards.coupon_templates (template_name, points_cost, coupon_value_type, coupon_value, is_active)
            VALUES ('retired', 10, 'product', 1, false);
        UPDATE rewards.coupon_templates SET total_stock = 5 WHERE company_id = company;
        INSERT INTO rewards.coupon_templates (template_name, points_cost, coupon_value_type, coupon_value)
            VALUES ('coffee', 10, 'product', 1) RETURNING id INTO offer;
        INSERT INTO rewards.coupon_templates (template_name, points_cost, coupon_value_type, coupon_value, is_active, vendor_codes)
            VALUES ('cinema', 10, 'product', 1, false, true) RETURNING id INTO cinema;
        PERFORM rewards.import_vendor_codes(cinema, '{first,second}');
        INSERT INTO rewards.coupon_guesses (kind, name, forgotten_at) VALUES ('claimer', 'guesser', now() + '1 hour');
        SELECT batch_id INTO leaflets FROM rewards.begin_coupon_batch(offer, 3, 'leaflets');
        PERFORM rewards.issue_coupon_batch(leaflets, 2);
        FOREACH member IN ARRAY ARRAY[attack.id('ann'), attack.id('bob')] LOOP
            INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status, expires_at)
                VALUES (member, 'gift', now(), 500, 'validated', now() + '9 days'),
                       (member, 'big', now(), 500, 'pending_review', NULL);
            PERFORM rewards.award_points(member, 100, 'hello', 'first');
            PERFORM rewards.deduct_points(member, 5, 'goodbye', 'second');
            PERFORM rewards.submit_points_event(member, 'visit', now(), 'third', 'phone',
                                                '{"keyId": "key", "counter": 1}', payload_hash => 'hash');
            PERFORM rewards.redeem_coupon(member, offer, 'fourth');
            PERFORM rewards.flag_account(member);
            PERFORM rewards.review_points_event(id, 'approve', 'clerk') FROM rewards.points_events
              WHERE user_id = member AND company_id = company AND event_type = 'big';
            INSERT INTO attack.visit VALUES (company, member);
        END LOOP;
        INSERT INTO rewards.used_nonces (user_id, nonce, event_type, created_at, expires_at)
            VALUES (member, 'old', 'visit', now() - interval '9 days', now() - interval '1 day');
        PERFORM rewards.cleanup_expired_nonces();
        COMMIT;
        PERFORM rewards.set_company_context(company, 'fixture', 'service');
        PERFORM rewards.seal_ledger();
        COMMIT;
    END LOOP;
END $$;
