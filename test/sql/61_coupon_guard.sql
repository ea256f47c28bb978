-- Whoever writes to coupons, by whatever way, a coupon takes the steps that coupons take, and what was promised stays.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000069a
INSERT INTO rewards.coupon_templates (id, company_id, template_name, points_cost, coupon_value_type, coupon_value)
    VALUES (offer('69a1'), :'company_a', 'welcome', 0, 'product', 1);
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT coupon_id AS one FROM rewards.redeem_coupon(member('691'), offer('69a1'), 'n1') \gset
COMMIT;

-- The statuses, with the least that an UPDATE has to say about each.
CREATE TABLE statuses (status text, assignment text);
INSERT INTO statuses VALUES
    ('issued', $$status = 'issued'$$), ('redeemed', $$status = 'redeemed'$$),
    ('revoked', $$status = 'revoked'$$), ('expired', $$status = 'expired'$$),
    ('held', $$status = 'held', held_by = 'till 1', held_until = now() + '1 hour'$$);
-- The coupon, brought from issued to a status, and then changed: the state of the error, if it is one; it is undone.
CREATE FUNCTION after_change(first text, then_change text, OUT state text, OUT message text, OUT coupon rewards.coupons)
    LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'UPDATE rewards.coupons SET ' || first || ' WHERE issued_to = member(''691'')';
    EXECUTE 'UPDATE rewards.coupons SET ' || then_change || ' WHERE issued_to = member(''691'') RETURNING *' INTO coupon;
    RAISE SQLSTATE 'UNDOX';
EXCEPTION WHEN OTHERS THEN
    IF SQLSTATE = 'UNDOX' THEN state := '00000'; ELSE state := SQLSTATE; message := SQLERRM; END IF;
END $$;

-- From every status to every other: what is possible, and nothing else.
SELECT f.status AS "from", string_agg(t.status, ', ' ORDER BY t.status) FILTER (WHERE state = '00000') AS may_become,
       array_agg(DISTINCT state) FILTER (WHERE state <> '00000') AS otherwise
  FROM statuses AS f, statuses AS t, after_change(f.assignment, t.assignment)
 WHERE f.status <> t.status
 GROUP BY f.status
 ORDER BY f.status;
SELECT message FROM after_change($$status = 'redeemed'$$, $$status = 'issued'$$);

-- Who and when: what the UPDATE does not say. A hold ends with its status.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'staff') \gset
SELECT f.status, t.status, (coupon).redeemed_by, (coupon).redeemed_at >= (coupon).issued_at AS redeemed_later, (coupon).revoked_by,
       (coupon).revoked_at >= (coupon).issued_at AS revoked_later, (coupon).held_by, (coupon).held_until,
       (coupon).updated_at > (coupon).created_at AS updated
  FROM statuses AS f, statuses AS t, after_change(f.assignment, t.assignment)
 WHERE (f.status, t.status) IN (('issued', 'redeemed'), ('held', 'redeemed'), ('issued', 'revoked'), ('held', 'revoked'),
                                ('expired', 'revoked'), ('held', 'issued'), ('held', 'expired'), ('issued', 'expired'))
 ORDER BY 1, 2;
SELECT (coupon).redeemed_by, (coupon).redeemed_at = (coupon).issued_at AS as_said, (coupon).revoke_reason
  FROM after_change('metadata = NULL', $$status = 'redeemed', redeemed_by = 'the old till', redeemed_at = issued_at$$);
SELECT (coupon).revoked_by, (coupon).revoked_at = (coupon).issued_at AS as_said, (coupon).revoke_reason
  FROM after_change('metadata = NULL', $$status = 'revoked', revoked_by = 'me', revoked_at = issued_at, revoke_reason = 'lost'$$);
COMMIT;

-- In which status each column can be changed: by an UPDATE of that column alone, to another value, if there may be one.
CREATE TABLE changes (place serial, assignment text);
INSERT INTO changes (assignment)
    SELECT format('%1$I = %2$s', attname, CASE format_type(atttypid, NULL)
               WHEN 'uuid' THEN 'gen_random_uuid()' WHEN 'bytea' THEN $$sha256('other')$$ WHEN 'jsonb' THEN $$'{"a": 1}'$$
               WHEN 'timestamp with time zone' THEN $$now() + '2 hours'$$ WHEN 'text' THEN $$'other'$$ ELSE '77' END)
      FROM pg_attribute
     WHERE attrelid = 'rewards.coupons'::regclass AND attnum > 0 AND NOT attisdropped AND attname NOT IN ('status', 'plaintext_code')
     ORDER BY attnum;
SELECT split_part(c.assignment, ' ', 1) AS "column",
       string_agg(s.status, ', ' ORDER BY s.status) FILTER (WHERE state = '00000') AS changes_while,
       array_agg(DISTINCT state) FILTER (WHERE state <> '00000') AS otherwise
  FROM changes AS c, statuses AS s, after_change(s.assignment, c.assignment)
 GROUP BY c.place, c.assignment
 ORDER BY c.place;
SELECT state, message FROM after_change('metadata = NULL', $$coupon_value = 99$$);

-- What goes together: another code, which is of the next generation; another key over the same one; a refund, once.
SELECT what, state, message FROM (VALUES
    ('reissue', 'metadata = NULL',
        $$code_generation = code_generation + 1, code_hash = sha256('new'), key_slot = 1, layer_slot = NULL, code_route = 1, code_symbols = 20$$),
    ('a generation without its code', 'metadata = NULL', 'code_generation = code_generation + 1'),
    ('back to an old code', $$code_generation = code_generation + 2, code_hash = sha256('new')$$, $$code_generation = code_generation - 1, code_hash = sha256('old')$$),
    ('another code of the same generation', 'metadata = NULL', $$code_hash = sha256('new'), key_slot = 1$$),
    ('no generation', 'metadata = NULL', $$code_generation = NULL$$),
    ('reissue of what is held', $$status = 'held', held_by = 'till 1', held_until = now() + '1 hour'$$,
        $$code_generation = code_generation + 1, code_hash = sha256('new')$$),
    ('reissue of what is used', $$status = 'redeemed'$$, $$code_generation = code_generation + 1, code_hash = sha256('new')$$),
    ('reissue as the hold ends', $$status = 'held', held_by = 'till 1', held_until = now() + '1 hour'$$,
        $$status = 'issued', code_generation = code_generation + 1, code_hash = sha256('new')$$),
    ('layer', 'metadata = NULL', $$layer_slot = 1, code_hash = sha256('layered')$$),
    ('layer of what is held', $$status = 'held', held_by = 'till 1', held_until = now() + '1 hour'$$,
        $$layer_slot = 1, code_hash = sha256('layered')$$),
    ('layer over a layer', $$layer_slot = 1, code_hash = sha256('layered')$$, $$layer_slot = 2, code_hash = sha256('again')$$),
    ('layer taken off', $$layer_slot = 1, code_hash = sha256('layered')$$, $$layer_slot = NULL, code_hash = sha256('bare')$$),
    ('layer of another slot', 'metadata = NULL', $$layer_slot = 1, code_hash = sha256('layered'), key_slot = 2$$),
    ('refund', $$status = 'revoked'$$, 'refunded_at = now(), refund_points_event_id = gen_random_uuid()'),
    ('refund with the revocation', 'metadata = NULL',
        $$status = 'revoked', refunded_at = now(), refund_points_event_id = gen_random_uuid()$$),
    ('half a refund', $$status = 'revoked'$$, 'refunded_at = now()'),
    ('the other half', $$status = 'revoked'$$, 'refund_points_event_id = gen_random_uuid()'),
    ('refund of what is not revoked', $$status = 'expired'$$, 'refunded_at = now(), refund_points_event_id = gen_random_uuid()'),
    ('another refund', $$status = 'revoked', refunded_at = now(), refund_points_event_id = gen_random_uuid()$$,
        'refunded_at = now(), refund_points_event_id = gen_random_uuid()'),
    ('refund taken back', $$status = 'revoked', refunded_at = now(), refund_points_event_id = gen_random_uuid()$$,
        'refunded_at = NULL, refund_points_event_id = NULL'),
    ('another claim', $$status = 'redeemed', claim_ref = '1'$$, $$claim_ref = '2'$$),
    ('longer', $$expires_at = now() + '1 day'$$, $$expires_at = expires_at + '30 days'$$),
    ('for ever', $$expires_at = now() + '1 day'$$, $$expires_at = NULL$$),
    ('after its time', $$expires_at = now() + '1 day'$$, $$status = 'expired', expires_at = now()$$),
    ('hold without a holder', 'metadata = NULL', $$status = 'held', held_until = now()$$),
    ('hold without an end', 'metadata = NULL', $$status = 'held', held_by = 'till 1'$$),
    ('hold longer', $$status = 'held', held_by = 'till 1', held_until = now()$$, $$held_until = now() + '1 day'$$),
    ('no status', 'metadata = NULL', 'status = NULL'), ('no such status', 'metadata = NULL', $$status = 'used'$$),
    ('short hash', 'metadata = NULL', $$code_generation = code_generation + 1, code_hash = '\x00'$$),
    ('in the clear', 'metadata = NULL', $$plaintext_code = '0000-0000-0000-0000'$$)) AS c (what, first, then_change),
    after_change(first, then_change);

-- The same by MERGE, through a view, for the rows of other companies, and in a session of the replication role.
CREATE VIEW coupons_again AS SELECT * FROM rewards.coupons;
SET session_replication_role = replica;
SELECT state, message FROM (VALUES
    ($$UPDATE coupons_again SET issued_to = member('692') WHERE issued_to = member('691')$$),
    ($$UPDATE coupons_again SET status = 'held' WHERE issued_to = member('691')$$),
    ($$MERGE INTO rewards.coupons AS c USING (VALUES (member('691'))) AS v (holder) ON c.issued_to = holder
           WHEN MATCHED THEN UPDATE SET coupon_value = 2$$),
    ($$MERGE INTO rewards.coupons AS c USING (VALUES (member('691'))) AS v (holder) ON c.issued_to = holder
           WHEN MATCHED THEN DELETE$$),
    ($$DELETE FROM rewards.coupons WHERE issued_to = member('691')$$),
    ($$DELETE FROM coupons_again WHERE issued_to = member('691')$$),
    ($$TRUNCATE rewards.coupons$$)) AS statements (statement), attempt(statement);
RESET session_replication_role;

-- A subscriber writes what the publisher has decided, and signs nothing itself.
BEGIN;
SET LOCAL session_replication_role = replica;
UPDATE rewards.coupons SET status = 'revoked', revoked_at = issued_at WHERE issued_to = member('691')
RETURNING revoked_by, revoked_at = issued_at AS as_published, updated_at = created_at AS not_touched;
ROLLBACK;

-- What is brought in by INSERT has to agree with its status as well.
BEGIN;
SELECT state, rest FROM (VALUES
    ($${"status": "redeemed"}$$), ($${"status": "redeemed", "redeemed_at": "2020-02-02"}$$),
    ($${"status": "issued", "redeemed_at": "2020-02-02"}$$), ($${"status": "issued", "redeemed_by": "me"}$$),
    ($${"status": "revoked"}$$), ($${"status": "revoked", "revoked_at": "2020-02-02"}$$), ($${"revoke_reason": "lost"}$$),
    ($${"status": "held", "held_by": "me"}$$), ($${"held_until": "2020-02-02"}$$), ($${"claim_ref": "1"}$$),
    ($${"status": "expired"}$$), ($${"status": "used"}$$), ($${"refunded_at": "2020-02-02"}$$),
    ($${"status": "revoked", "revoked_at": "2020-02-02", "refunded_at": "2020-02-02"}$$)) AS rows (rest),
    attempt(format($$INSERT INTO rewards.coupons
                     SELECT (jsonb_populate_record(c, to_jsonb(c) || jsonb_build_object('coupon_id', rewards.uuidv7(),
                             'code_hash', sha256(random()::text::bytea)) || %L)).*
                       FROM rewards.coupons AS c WHERE coupon_id = %L$$, rest, :'one'));
ROLLBACK;

-- After all of that it is as it was.
SELECT status, updated_at = created_at AS not_touched FROM rewards.coupons WHERE coupon_id = :'one';
DROP TABLE statuses, changes;
DROP VIEW coupons_again;
DROP FUNCTION after_change(text, text);
