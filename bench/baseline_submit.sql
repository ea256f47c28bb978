-- What submit_points_event() is measured against: the same checks as competent people write them by hand, in PL/pgSQL. It is fair:
-- whatever is checked is checked under the lock of the account's row, every statement has its index, and limits are exact: the events
-- of the last hour and day are counted. It is lean: names are qualified, so that the function needs no search_path of its own, and
-- there are no devices, attestations, streaks, reasons or chain, no foreign keys and no triggers.
-- Variables: company, accounts (their number).
CREATE SCHEMA submission;

CREATE TABLE submission.accounts (
    user_id uuid NOT NULL, company_id uuid NOT NULL,
    available_points bigint NOT NULL DEFAULT 0 CHECK (available_points >= 0),
    pending_points bigint NOT NULL DEFAULT 0, lifetime_earned bigint NOT NULL DEFAULT 0,
    last_event_id uuid, last_event_time timestamptz,
    opened_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, company_id)
) WITH (fillfactor = 70);

CREATE TABLE submission.rules (
    company_id uuid NOT NULL, event_type text COLLATE "C" NOT NULL,
    base_points bigint NOT NULL, min_interval interval, daily_cap bigint, is_active boolean NOT NULL DEFAULT true,
    PRIMARY KEY (company_id, event_type)
);

CREATE TABLE submission.events (
    id uuid NOT NULL DEFAULT gen_random_uuid(), user_id uuid NOT NULL, company_id uuid NOT NULL,
    event_type text COLLATE "C" NOT NULL, event_time timestamptz NOT NULL, points_delta bigint NOT NULL, nonce text COLLATE "C",
    trust_score integer CHECK (trust_score BETWEEN 0 AND 100),
    validation_status text NOT NULL CHECK (validation_status IN ('pending', 'validated', 'pending_review', 'rejected')),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, id)
);
CREATE INDEX ON submission.events (user_id, company_id, created_at);
CREATE INDEX ON submission.events (user_id, company_id, event_time);

CREATE TABLE submission.nonces (
    user_id uuid NOT NULL, company_id uuid NOT NULL, nonce text COLLATE "C" NOT NULL, fingerprint bytea NOT NULL, event_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(), expires_at timestamptz NOT NULL,
    PRIMARY KEY (user_id, company_id, nonce)
);

CREATE TABLE submission.insights (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), user_id uuid NOT NULL, company_id uuid NOT NULL, insight_type text COLLATE "C" NOT NULL,
    score integer, occurrences bigint NOT NULL DEFAULT 1, resolved boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX ON submission.insights (user_id, company_id, insight_type) WHERE NOT resolved;

CREATE PROCEDURE submission.note_insight(p_company uuid, p_user uuid, p_type text, p_score integer)
LANGUAGE sql AS $procedure$
    INSERT INTO submission.insights AS i (user_id, company_id, insight_type, score) VALUES (p_user, p_company, p_type, p_score)
        ON CONFLICT (user_id, company_id, insight_type) WHERE NOT resolved
        DO UPDATE SET occurrences = i.occurrences + 1, score = excluded.score, updated_at = now()
$procedure$;

CREATE FUNCTION submission.submit_points_event(
    p_company uuid, p_user uuid, p_type text, p_time timestamptz, p_nonce text,
    OUT event_id uuid, OUT outcome text, OUT status text, OUT points bigint, OUT trust_score integer)
LANGUAGE plpgsql AS $function$
DECLARE
    fingerprint CONSTANT bytea := sha256(timestamptz_send(p_time) || convert_to(p_type, 'UTF8'));
    last_time timestamptz;
    opened_at timestamptz;
    written_at timestamptz;
    earlier bytea;
    min_interval interval;
    daily_cap bigint;
    is_active boolean;
    hour_events bigint;
    hour_points bigint;
    day_events bigint;
    day_points bigint;
    open_insights bigint;
    nonce_conflicts bigint;
    spacing interval;
    age interval;
BEGIN
    SELECT a.last_event_time, a.opened_at INTO last_time, opened_at
      FROM submission.accounts a WHERE a.user_id = p_user AND a.company_id = p_company FOR UPDATE;
    IF NOT FOUND THEN outcome := 'unknown_account'; RETURN; END IF;
    SELECT n.fingerprint, n.event_id INTO earlier, event_id
      FROM submission.nonces n WHERE n.user_id = p_user AND n.company_id = p_company AND n.nonce = p_nonce;
    IF FOUND AND earlier = fingerprint THEN
        outcome := 'recorded';
        SELECT e.validation_status, e.points_delta, e.trust_score INTO status, points, trust_score
          FROM submission.events e WHERE e.user_id = p_user AND e.id = event_id;
        RETURN;
    ELSIF FOUND THEN
        CALL submission.note_insight(p_company, p_user, 'replay_attempt', NULL);
        event_id := NULL;
        outcome := 'nonce_conflict';
        RETURN;
    END IF;
    written_at := clock_timestamp();
    age := written_at - p_time;
    IF age > interval '7 days' OR age < interval '-10 minutes' THEN outcome := 'outside_window'; RETURN; END IF;

    SELECT r.base_points, r.min_interval, r.daily_cap, r.is_active INTO points, min_interval, daily_cap, is_active
      FROM submission.rules r WHERE r.company_id = p_company AND r.event_type = p_type;
    IF NOT FOUND THEN outcome := 'unknown_event_type'; RETURN; END IF;
    IF NOT is_active THEN outcome := 'event_type_inactive'; RETURN; END IF;
    IF min_interval IS NOT NULL THEN
        PERFORM FROM submission.events e
          WHERE e.user_id = p_user AND e.company_id = p_company AND e.event_type = p_type AND e.validation_status <> 'rejected'
            AND e.event_time > p_time - min_interval AND e.event_time < p_time + min_interval;
        IF FOUND THEN outcome := 'too_soon'; RETURN; END IF;
    END IF;
    IF daily_cap IS NOT NULL THEN
        SELECT greatest(least(points, daily_cap - coalesce(sum(e.points_delta), 0)), 0) INTO points
          FROM submission.events e
         WHERE e.user_id = p_user AND e.company_id = p_company AND e.event_type = p_type AND e.validation_status <> 'rejected'
           AND e.event_time >= date_trunc('day', p_time, 'UTC') AND e.event_time < date_trunc('day', p_time, 'UTC') + interval '24 hours';
    END IF;

    SELECT count(*), coalesce(sum(e.points_delta) FILTER (WHERE e.validation_status <> 'rejected'), 0),
           count(*) FILTER (WHERE e.created_at > written_at - interval '1 hour'),
           coalesce(sum(e.points_delta) FILTER (WHERE e.validation_status <> 'rejected'
                                                  AND e.created_at > written_at - interval '1 hour'), 0)
      INTO day_events, day_points, hour_events, hour_points
      FROM submission.events e
     WHERE e.user_id = p_user AND e.company_id = p_company AND e.created_at > written_at - interval '24 hours'
       AND e.trust_score IS NOT NULL;
    IF hour_events >= 100 OR day_events >= 500 OR hour_points + points > 1000 OR day_points + points > 5000 THEN
        CALL submission.note_insight(p_company, p_user, 'bulk_submission', NULL);
        outcome := 'rate_limited';
        RETURN;
    END IF;

    SELECT count(*), coalesce(sum(i.occurrences) FILTER (WHERE i.insight_type = 'replay_attempt'), 0)
      INTO open_insights, nonce_conflicts
      FROM submission.insights i WHERE i.user_id = p_user AND i.company_id = p_company AND NOT i.resolved;
    spacing := greatest(p_time - last_time, last_time - p_time);
    trust_score := greatest(70
        - CASE WHEN spacing < interval '1 second' THEN 90 WHEN spacing < interval '3 seconds' THEN 10 ELSE 0 END
        - CASE WHEN hour_events >= 79 THEN 25 WHEN hour_events >= 39 THEN 5 ELSE 0 END
        - CASE WHEN age <= interval '-5 minutes' THEN 10 WHEN age <= interval '-1 minute' THEN 5
               WHEN age >= interval '3 days' THEN 5 ELSE 0 END
        - CASE WHEN opened_at > written_at - interval '1 day' THEN 5 ELSE 0 END
        - CASE WHEN nonce_conflicts >= 5 THEN 75 WHEN nonce_conflicts >= 3 THEN 30 WHEN nonce_conflicts >= 1 THEN 5 ELSE 0 END
        - CASE WHEN open_insights >= 3 THEN 25 WHEN open_insights >= 1 THEN 5 ELSE 0 END, 0);
    status := CASE WHEN trust_score >= 60 THEN 'validated' WHEN trust_score >= 30 THEN 'pending_review' ELSE 'rejected' END;

    INSERT INTO submission.events AS e (user_id, company_id, event_type, event_time, points_delta, nonce, trust_score,
                                        validation_status, created_at)
         VALUES (p_user, p_company, p_type, p_time, points, p_nonce, trust_score, status, written_at)
      RETURNING e.id INTO event_id;
    UPDATE submission.accounts a
       SET available_points = a.available_points + CASE status WHEN 'validated' THEN points ELSE 0 END,
           pending_points = a.pending_points + CASE status WHEN 'pending_review' THEN points ELSE 0 END,
           lifetime_earned = a.lifetime_earned + CASE status WHEN 'validated' THEN points ELSE 0 END,
           last_event_id = event_id, last_event_time = p_time, updated_at = written_at
     WHERE a.user_id = p_user AND a.company_id = p_company;
    INSERT INTO submission.nonces (user_id, company_id, nonce, fingerprint, event_id, created_at, expires_at)
         VALUES (p_user, p_company, p_nonce, fingerprint, event_id, written_at,
                 written_at + interval '7 days 10 minutes');
    IF trust_score < 60 THEN CALL submission.note_insight(p_company, p_user, 'low_trust_score', trust_score); END IF;
    outcome := 'recorded';
END
$function$;

-- Rows first, statistics then: of empty tables the planner would keep plans that read all of them.
INSERT INTO submission.rules (company_id, event_type, base_points) VALUES (:'company', 'visit', 1);
INSERT INTO submission.accounts (user_id, company_id, opened_at)
     SELECT md5(n::text)::uuid, :'company', now() - interval '1 year' FROM generate_series(1, :accounts) AS n;
SELECT count((submission.submit_points_event(:'company', md5(n::text)::uuid, 'visit', now() - interval '4 days', 'first')).event_id)
  FROM generate_series(1, :accounts) AS n;
VACUUM ANALYZE submission.accounts, submission.rules, submission.events, submission.nonces, submission.insights;
