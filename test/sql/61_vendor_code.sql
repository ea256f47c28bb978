-- Codes that a vendor has made: imported, handed out once each, shown to who has the coupon, and taken back.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000067a
\set company_b c0000000-0000-4000-8000-00000000067b
\set member_1 a0000000-0000-4000-8000-000000000671
\set member_2 a0000000-0000-4000-8000-000000000672
\set cinema b0000000-0000-4000-8000-0000000067a1
\set museum b0000000-0000-4000-8000-0000000067a2
\set ours b0000000-0000-4000-8000-0000000067a3
\set cinema_of_b b0000000-0000-4000-8000-0000000067b1
INSERT INTO rewards.coupon_templates (id, company_id, template_name, points_cost, coupon_value_type, coupon_value,
    vendor_codes, low_stock_at, expires_after_days, total_stock)
    VALUES
    (:'cinema',      :'company_a', 'cinema', 10, 'product', 1, true,  2,    30,   NULL),
    (:'museum',      :'company_a', 'museum', 10, 'product', 1, true,  NULL, NULL, 2),
    (:'ours',        :'company_a', 'ours',   10, 'product', 1, false, NULL, NULL, NULL),
    (:'cinema_of_b', :'company_b', 'cinema', 10, 'product', 1, true,  NULL, NULL, NULL);
BEGIN;
SELECT rewards.set_company_context(:'company_a') \gset
SELECT balance FROM rewards.award_points(:'member_1', 1000);
SELECT balance FROM rewards.award_points(:'member_2', 1000);
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_b') \gset
SELECT balance FROM rewards.award_points(:'member_1', 1000);
COMMIT;

-- The state of the codes, by what they were when they were imported.
CREATE VIEW codes AS
    SELECT t.template_name, b.number, c.ordinal, c.status, c.coupon_id IS NOT NULL AS has_coupon, c.revealed_by
      FROM rewards.vendor_codes c JOIN rewards.vendor_batches b ON b.id = c.batch_id
      JOIN rewards.coupon_templates t ON t.id = c.template_id
     WHERE c.company_id IN (company('67a'), company('67b')) ORDER BY t.template_name, b.number, c.ordinal;

-- Import

-- Each row hears what became of it; a code is what is between the blanks.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'clerk', 'admin') \gset
SELECT ordinal, outcome, batch_id IS NOT NULL AS in_batch
  FROM rewards.import_vendor_codes(:'cinema', ARRAY['KINO-1', E' KINO-2\r\n', 'KINO-1', '', NULL, ' ', repeat('x', 256), 'kino-1', repeat('ž', 127)],
                                   'June', now() + interval '20 days');
COMMIT;
SELECT number, label, codes, key_slot, octet_length(wrapped_key) AS wrapped, imported_by, shredded_at FROM rewards.vendor_batches
 WHERE company_id = :'company_a';
SELECT action, actor, new - 'batch_id' - 'template_id' AS new FROM rewards.audit_log
 WHERE company_id = :'company_a' AND action = 'import_vendor_codes';

-- What is there already is a duplicate, in whatever template of the company, and without a new code there is no batch.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'clerk', 'admin') \gset
SELECT ordinal, outcome, batch_id FROM rewards.import_vendor_codes(:'museum', ARRAY['KINO-2', 'KINO-1']);
SELECT ordinal, outcome, batch_id IS NOT NULL AS in_batch
  FROM rewards.import_vendor_codes(:'museum', ARRAY['KINO-2', 'ART-1', 'ART-2', 'ART-3'], expires_at => 'infinity');
COMMIT;
-- Not in another company.
BEGIN;
SELECT rewards.set_company_context(:'company_b', 'clerk', 'admin') \gset
SELECT outcome FROM rewards.import_vendor_codes(:'cinema_of_b', ARRAY['KINO-1']);
COMMIT;
SELECT number, label, codes FROM rewards.vendor_batches WHERE company_id IN (:'company_a', :'company_b') ORDER BY company_id, number;

-- What cannot be imported.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'clerk', 'admin') \gset
SELECT state, message, hint FROM attempt(format('SELECT rewards.import_vendor_codes(%L, $${a}$$)', :'cinema_of_b'));
SELECT state, message, hint FROM attempt(format('SELECT rewards.import_vendor_codes(%L, $${a}$$, expires_at => now())', :'cinema'));
SELECT state, message, hint FROM attempt(format('SELECT rewards.import_vendor_codes(%L, $${}$$)', :'cinema'));
SELECT state, message, hint FROM attempt(format('SELECT rewards.import_vendor_codes(%L, $${{a,b}}$$)', :'cinema'));
SELECT state, message, hint FROM attempt(format('SELECT rewards.import_vendor_codes(%L, array_fill($$a$$::text, ARRAY[1000001]))', :'cinema'));
COMMIT;

-- Nobody reads a code in the tables, in any column, as text or as bytes.
SELECT count(*) AS readable
  FROM (SELECT c::text FROM rewards.vendor_codes c UNION ALL SELECT b::text FROM rewards.vendor_batches b
        UNION ALL SELECT a::text FROM rewards.audit_log a) AS line (content),
       unnest(ARRAY['KINO-1', 'KINO-2', 'kino-1', 'ART-1']) AS code
 WHERE position(code IN content) > 0 OR position(encode(convert_to(code, 'UTF8'), 'hex') IN content) > 0
    OR position(encode(sha256(convert_to(code, 'UTF8')), 'hex') IN content) > 0;

-- Redeem

-- A code that expires sooner goes first, whenever it was imported; the coupon does not outlive it. There is no code in
-- the answer, nor in that of a replay.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'clerk', 'admin') \gset
SELECT outcome FROM rewards.import_vendor_codes(:'cinema', ARRAY['SOON-1'], expires_at => now() + interval '2 days');
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'app', 'service') \gset
SELECT * FROM rewards.redeem_coupon(:'member_1', :'cinema', 'soon') \gset soon_
SELECT * FROM rewards.redeem_coupon(:'member_1', :'cinema', 'later') \gset later_
COMMIT;
SELECT :'soon_outcome' AS soon, :'soon_expires_at'::timestamptz < now() + interval '2 days' AS of_the_vendor,
       :'later_outcome' AS later, :'later_expires_at'::timestamptz BETWEEN now() + interval '19 days' AND now() + interval '20 days' AS before_30_days;
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'app', 'service') \gset
SELECT outcome, coupon_id = :'soon_coupon_id' AS same_coupon, coupon_code, points_remaining, replayed
  FROM rewards.redeem_coupon(:'member_1', :'cinema', 'soon');
COMMIT;
SELECT code_symbols, code_generation, octet_length(code_hash) AS hash, status FROM rewards.coupons WHERE coupon_id = :'soon_coupon_id';

-- Reveal

-- The holder sees the code; others find no such coupon.
BEGIN;
SELECT rewards.set_company_context(:'company_a', :'member_2', 'user') \gset
SELECT outcome, code FROM rewards.reveal_vendor_code(:'soon_coupon_id');
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_b', 'app', 'service') \gset
SELECT outcome, code FROM rewards.reveal_vendor_code(:'soon_coupon_id');
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_a', :'member_1', 'user') \gset
SELECT outcome, code, revealed_at AS first_time FROM rewards.reveal_vendor_code(:'soon_coupon_id') \gset
SELECT :'outcome' AS outcome, :'code' AS code;
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'app', 'service') \gset
SELECT outcome, code, revealed_at = :'first_time' AS first_time FROM rewards.reveal_vendor_code(:'soon_coupon_id');
SELECT outcome, code FROM rewards.reveal_vendor_code(:'later_coupon_id') \gset later_code_
SELECT :'later_code_outcome' AS outcome, :'later_code_code' IN ('KINO-1', 'KINO-2', 'kino-1', repeat('ž', 127)) AS imported;
ROLLBACK;
SELECT actor = :'member_1' AS holder, user_id = :'member_1' AS of_holder, new ->> 'coupon_id' = :'soon_coupon_id' AS of_coupon
  FROM rewards.audit_log WHERE company_id = :'company_a' AND action = 'reveal_vendor_code' ORDER BY id;
SELECT number, status, count(*) FROM codes WHERE template_name = 'cinema' AND number IN (1, 3) GROUP BY 1, 2 ORDER BY 1, 2;

-- A coupon with a code of ours has none of a vendor; one that nobody issued is not there.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'app', 'service') \gset
SELECT r.outcome, v.outcome AS vendor, v.code FROM rewards.redeem_coupon(:'member_1', :'ours', 'ours') r, rewards.reveal_vendor_code(r.coupon_id) v;
SELECT outcome FROM rewards.reveal_vendor_code(event('67ff'));
ROLLBACK;

-- Revoke

-- A code that nobody has seen goes back, and may go to the same member again; one that somebody has seen never does.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'clerk', 'admin') \gset
UPDATE rewards.coupons SET status = 'revoked' WHERE coupon_id IN (:'soon_coupon_id', :'later_coupon_id');
SELECT number, status, has_coupon, count(*) FROM codes WHERE template_name = 'cinema' AND number IN (1, 3) GROUP BY 1, 2, 3 ORDER BY 1, 2;
SELECT outcome, code FROM rewards.reveal_vendor_code(:'soon_coupon_id');
SELECT outcome, code FROM rewards.reveal_vendor_code(:'later_coupon_id');
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'app', 'service') \gset
SELECT outcome, count(*) FROM generate_series(1, 5) AS n, rewards.redeem_coupon(:'member_1', :'cinema', 'again ' || n) GROUP BY 1 ORDER BY 1;
SELECT count(DISTINCT code) AS codes, bool_and(code <> 'SOON-1') AS not_the_seen_one
  FROM rewards.coupons c, rewards.reveal_vendor_code(c.coupon_id)
 WHERE c.company_id = :'company_a' AND c.template_id = :'cinema' AND c.status = 'issued';
COMMIT;

-- Stock

-- Those who redeemed have left none: staff hear of it, once for few and once for none, whatever happens after.
SELECT severity, occurrences, details = jsonb_build_object(:'cinema', 0) AS of_the_cinema FROM rewards.fraud_insights
 WHERE company_id = :'company_a' AND insight_type = 'low_stock';
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'app', 'service') \gset
SELECT outcome, points_remaining FROM rewards.redeem_coupon(:'member_2', :'cinema', 'none left');
SELECT occurrences FROM rewards.fraud_insights WHERE company_id = :'company_a' AND insight_type = 'low_stock';
COMMIT;
SELECT template_name, vendor_codes, low_stock_at, available, expired, assigned, revealed, withdrawn, next_expiry, is_low
  FROM rewards.vendor_stock WHERE company_id = :'company_a' ORDER BY template_name;
SELECT number, label, codes, available, assigned, revealed, withdrawn FROM rewards.vendor_batch_stock WHERE company_id = :'company_a' ORDER BY number;

-- Codes and total_stock both limit: three codes, two in stock. What a refused request took is there again, and several
-- are redeemed together or not at all.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'app', 'service') \gset
SELECT ordinal, outcome, coupon_id, points_remaining FROM rewards.redeem_coupons(:'member_2', ARRAY[:'museum', :'cinema', :'museum']::uuid[], 'both');
SELECT available, assigned FROM rewards.vendor_stock WHERE template_id = :'museum';
SELECT ordinal, outcome, coupon_code, points_remaining FROM rewards.redeem_coupons(:'member_2', ARRAY[:'museum', :'museum']::uuid[], 'two');
SELECT outcome FROM rewards.redeem_coupon(:'member_2', :'museum', 'third');
SELECT available, assigned FROM rewards.vendor_stock WHERE template_id = :'museum';
SELECT sum(taken) AS taken FROM rewards.coupon_stock WHERE template_id = :'museum';
SELECT ordinal, outcome, coupon_code, points_remaining, replayed FROM rewards.redeem_coupons(:'member_2', ARRAY[:'museum', :'museum']::uuid[], 'two');
COMMIT;

-- A code that has expired is not handed out.
BEGIN;
SELECT rewards.set_company_context(:'company_b', 'app', 'service') \gset
SELECT outcome FROM rewards.import_vendor_codes(:'cinema_of_b', ARRAY['BRIEF'], expires_at => clock_timestamp() + interval '30 milliseconds');
SELECT pg_sleep(0.05);
SELECT outcome FROM generate_series(1, 2) AS n, rewards.redeem_coupon(:'member_1', :'cinema_of_b', 'n' || n);
SELECT available, expired, assigned FROM rewards.vendor_stock WHERE template_id = :'cinema_of_b';
ROLLBACK;

-- Shred

-- What is not handed out yet is withdrawn; nobody reads the others any more; what was seen stays on record.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'clerk', 'admin') \gset
SELECT c.coupon_id AS seen FROM rewards.coupons c, rewards.reveal_vendor_code(c.coupon_id) r
 WHERE c.company_id = :'company_a' AND c.template_id = :'museum' ORDER BY c.coupon_id LIMIT 1 \gset
COMMIT;
SELECT coupon_id AS seen FROM rewards.vendor_codes WHERE company_id = :'company_a' AND template_id = :'museum' AND status = 'revealed' LIMIT 1 \gset
SELECT id AS batch FROM rewards.vendor_batches WHERE company_id = :'company_a' AND template_id = :'museum' \gset
BEGIN;
SELECT rewards.set_company_context(:'company_b', 'clerk', 'admin') \gset
SELECT * FROM rewards.shred_vendor_batch(:'batch', 'not ours');
COMMIT;
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'clerk', 'admin') \gset
SELECT outcome, withdrawn, unseen + revealed AS handed_out FROM rewards.shred_vendor_batch(:'batch', 'the vendor has gone');
SELECT * FROM rewards.shred_vendor_batch(:'batch', 'again');
SELECT outcome, code FROM rewards.reveal_vendor_code(:'seen');
SELECT outcome FROM rewards.redeem_coupon(:'member_1', :'museum', 'shredded');
SELECT outcome FROM rewards.import_vendor_codes(:'museum', ARRAY['ART-1']);
COMMIT;
SELECT wrapped_key, shredded_by, shred_reason FROM rewards.vendor_batches WHERE id = :'batch';
SELECT new ->> 'reason' AS reason FROM rewards.audit_log WHERE company_id = :'company_a' AND action = 'shred_vendor_batch';
-- A coupon of it that is revoked gives nothing back.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'clerk', 'admin') \gset
UPDATE rewards.coupons SET status = 'revoked' WHERE template_id = :'museum' AND status = 'issued';
SELECT status, count(*) FROM codes WHERE template_name = 'museum' GROUP BY 1;
ROLLBACK;
SELECT state, message FROM attempt(format('SELECT rewards.shred_vendor_batch(%L, $$$$)', :'batch'));

-- Guards

-- Nobody writes the tables but the functions, not even who owns them.
SELECT verb, state FROM unnest(ARRAY['INSERT INTO %s DEFAULT VALUES', 'UPDATE %s SET company_id = company_id', 'DELETE FROM %s', 'TRUNCATE %s']) AS verb,
       unnest(ARRAY['rewards.vendor_batches', 'rewards.vendor_codes']) AS relation, attempt(format(verb, relation))
 ORDER BY verb, relation;
SELECT state, hint FROM attempt('UPDATE rewards.vendor_codes SET status = $$available$$');

-- A code that was exchanged for another in the tables is not shown.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'clerk', 'admin') \gset
SELECT outcome FROM rewards.import_vendor_codes(:'cinema', ARRAY['NEW-1', 'NEW-2']);
SELECT coupon_id FROM rewards.redeem_coupon(:'member_1', :'cinema', 'exchanged') \gset
ALTER TABLE rewards.vendor_codes DISABLE TRIGGER refuse_write;
UPDATE rewards.vendor_codes SET sealed_code = (SELECT sealed_code FROM rewards.vendor_codes WHERE status = 'available' AND company_id = :'company_a' LIMIT 1)
 WHERE coupon_id = :'coupon_id';
SELECT rewards.reveal_vendor_code(:'coupon_id');
ROLLBACK;

-- Members

BEGIN;
SELECT rewards.set_company_context(:'company_a', :'member_1', 'user') \gset
SELECT state, message FROM attempt(format('SELECT rewards.import_vendor_codes(%L, $${a}$$)', :'cinema'));
SELECT state, message FROM attempt(format('SELECT rewards.shred_vendor_batch(%L, $$mine$$)', :'batch'));
COMMIT;

-- Whatever happened, each code has one coupon, and each coupon its code.
SELECT * FROM rewards.vendor_code_discrepancies WHERE company_id IN (:'company_a', :'company_b');
