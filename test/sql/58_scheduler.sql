-- What docs/operations.md gives a scheduler to run: every company gets its turn, in a transaction of its own.
\set ON_ERROR_STOP 0
BEGIN;
SELECT rewards.set_company_context(company('58a')) \gset
SELECT outcome FROM rewards.award_points(member('581'), 3);
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status, expires_at)
    VALUES (member('581'), 'gift', now(), 5, 'validated', clock_timestamp());
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, trust_score)
    VALUES (member('582'), 'visit', now(), 7, 90);
COMMIT;
BEGIN;
SELECT rewards.set_company_context(company('58b')) \gset
SELECT outcome FROM rewards.award_points(member('581'), 4);
COMMIT;

DO $$
DECLARE
    company uuid;
BEGIN
    FOR company IN SELECT rewards.companies() LOOP
        PERFORM rewards.set_company_context(company, 'scheduler', 'admin');
        PERFORM rewards.validate_pending_events(1000);
        PERFORM rewards.expire_points(1000);
        PERFORM rewards.cleanup_expired_nonces();
        PERFORM rewards.cleanup_expired_attestations();
        PERFORM rewards.seal_ledger();
        COMMIT;
    END LOOP;
END $$;

SELECT company_id = company('58a') AS company_a, user_id = member('581') AS member_1, available_points, pending_points, version
  FROM rewards.user_points_cache WHERE company_id IN (company('58a'), company('58b')) ORDER BY company_id, user_id;
SELECT company_id = company('58a') AS company_a, block, entries, sealed_by
  FROM rewards.ledger_blocks WHERE company_id IN (company('58a'), company('58b')) ORDER BY company_id, block;
