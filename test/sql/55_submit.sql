-- The client proposes, the server decides: what an event earns, whether it is believed, and what is refused.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000055a
\set company_b c0000000-0000-4000-8000-00000000055b
\set member_1 a0000000-0000-4000-8000-000000000551

-- Times are told by how long they were ago when this file began.
SELECT set_config('test.began', now()::text, false) \gset
CREATE FUNCTION moment(ago interval) RETURNS timestamptz LANGUAGE sql STABLE
    RETURN current_setting('test.began')::timestamptz - ago;
CREATE FUNCTION submit(who text, type text, ago interval, nonce text, device text DEFAULT NULL,
    OUT outcome text, OUT status text, OUT points bigint, OUT trust_score integer, OUT reasons text[], OUT replayed boolean,
    OUT balance bigint, OUT retry_after bigint)
LANGUAGE sql AS $$
SELECT outcome, status, points, trust_score, reasons, replayed, balance, retry_after
  FROM rewards.submit_points_event(member(who), type, moment(ago), nonce, device)
$$;
CREATE VIEW insights AS
SELECT right(user_id::text, 3) AS member, insight_type, severity, score, occurrences, details,
       cardinality(related_event_ids) AS events
  FROM rewards.fraud_insights WHERE company_id = company('55a') AND NOT resolved ORDER BY user_id, insight_type;

-- Lets time pass for an account: everything in it happened so much earlier. Its chain does not verify afterwards.
CREATE FUNCTION id_made_at(moment timestamptz, random uuid) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
SELECT (lpad(to_hex(((us / 1000) << 16) | (7 << 12) | (us % 1000 * 4096 / 1000)), 16, '0')
        || right(replace(random::text, '-', ''), 16))::uuid
  FROM (SELECT (extract(epoch FROM moment) * 1000000)::bigint) AS t (us)
$$;
CREATE FUNCTION pass_time(who text, by interval) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    disable text := 'ALTER TABLE rewards.%I %s TRIGGER USER';
BEGIN
    EXECUTE format(disable, 'points_events', 'DISABLE');
    EXECUTE format(disable, 'user_points_cache', 'DISABLE');
    EXECUTE format(disable, 'used_nonces', 'DISABLE');
    UPDATE rewards.used_nonces AS n
       SET created_at = n.created_at - by, expires_at = n.expires_at - by, event_id = id_made_at(e.created_at - by, e.id)
      FROM rewards.points_events AS e
     WHERE n.user_id = member(who) AND e.user_id = member(who) AND e.id = n.event_id;
    UPDATE rewards.points_events
       SET id = id_made_at(created_at - by, id), event_time = event_time - by, created_at = created_at - by
     WHERE user_id = member(who);
    UPDATE rewards.user_points_cache
       SET updated_at = updated_at - by, opened_at = opened_at - by, last_submitted_at = last_submitted_at - by,
           last_event_time = last_event_time - by, hour_started = hour_started - by, day_started = day_started - by
     WHERE user_id = member(who);
    EXECUTE format(disable, 'points_events', 'ENABLE');
    EXECUTE format(disable, 'user_points_cache', 'ENABLE');
    EXECUTE format(disable, 'used_nonces', 'ENABLE');
    ALTER TABLE rewards.used_nonces ENABLE ALWAYS TRIGGER refuse_update, ENABLE ALWAYS TRIGGER keep_unexpired,
        ENABLE ALWAYS TRIGGER refuse_truncate;
    ALTER TABLE rewards.points_events ENABLE ALWAYS TRIGGER guard_update, ENABLE ALWAYS TRIGGER refuse_removal,
        ENABLE ALWAYS TRIGGER refuse_row_removal;
    ALTER TABLE rewards.user_points_cache ENABLE ALWAYS TRIGGER refuse_removal,
        ENABLE ALWAYS TRIGGER refuse_row_removal, ENABLE ALWAYS TRIGGER refuse_update;
END $$;

-- What an event earns

INSERT INTO rewards.point_rules (company_id, event_type, base_points, streak_days, streak_permille) VALUES
    ('00000000-0000-0000-0000-000000000000', 'visit', 5, NULL, NULL),
    ('00000000-0000-0000-0000-000000000000', 'survey', 20, NULL, NULL), (:'company_a', 'visit', 10, NULL, NULL);

-- As the rule of the company says, or else the default rule; a type without a rule is refused, and so is another
-- company's.
INSERT INTO rewards.point_rules (company_id, event_type, base_points) VALUES (:'company_b', 'of b', 99);
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SELECT * FROM submit('551', 'visit', '1 hour', 'first');
SELECT * FROM submit('551', 'survey', '50 minutes', 'second');
SELECT * FROM submit('551', 'unknown', '40 minutes', 'third');
SELECT * FROM submit('551', 'of b', '40 minutes', 'third');
COMMIT;

-- Everything that was said is in the event, with what was observed, and whoever decided it.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SELECT event_id AS event, outcome, status, balance
  FROM rewards.submit_points_event(:'member_1', 'visit', moment('30 minutes'), 'third', 'phone', NULL, 'receipt',
           '{"lines": [1, 2.50, {"a": null}]}', 'sha256:1', 'shop', '7', '{"os": "x"}', '192.0.2.1') \gset first_
SELECT :'first_outcome' AS outcome, :'first_status' AS status, :first_balance AS balance;
COMMIT;
SELECT event_type, event_time = moment('30 minutes') AS event_time, points_delta, proof_type, proof_payload, payload_hash,
       nonce, trust_score, validation_status, validated_by, validated_at = created_at AS validated_at, validation_notes
  FROM rewards.points_events WHERE user_id = :'member_1' AND id = :'first_event';
SELECT device_id, device_info, ip_address, related_entity_type, related_entity_id, expires_at, trust_version, shadow_score,
       version, balance_after, created_at BETWEEN moment('0') AND clock_timestamp() AS created_at
  FROM rewards.points_events WHERE user_id = :'member_1' AND id = :'first_event';
SELECT feature, CASE WHEN feature IN ('event_age_s', 'account_age_s') THEN trust_features[ord] / 600 ELSE trust_features[ord] END
           AS observed
  FROM rewards.points_events, rewards.trust_features()
 WHERE user_id = :'member_1' AND id = :'first_event' AND trust_features[ord] IS NOT NULL
 ORDER BY ord;
SELECT available_points, pending_points, lifetime_earned, submitted_events, rejected_events, hour_events, hour_points,
       day_events, day_points, past_hour_events, last_event_time = moment('30 minutes') AS last_event_time, spacing_mean,
       version
  FROM rewards.user_points_cache WHERE user_id = :'member_1';

-- The entries are chained.
SELECT version, entry_hash = rewards.event_entry_hash(lag(entry_hash) OVER (ORDER BY version), version, created_at,
           balance_after, e) AS verifies
  FROM rewards.points_events AS e WHERE user_id = :'member_1' ORDER BY version;

-- A client that names its points is not understood.
SELECT state FROM attempt($$SELECT rewards.submit_points_event(member('551'), 'visit', now(), 'n', points => 1000)$$);

-- Bounds, the day's cap and streaks are those of the rule. A cap is one for each type and each UTC day of event_time;
-- what is above it is recorded with what is left. Rejected events do not count.
INSERT INTO rewards.point_rules (company_id, event_type, base_points, daily_cap, streak_days, streak_permille) VALUES
    (:'company_a', 'capped', 40, 100, NULL, NULL), (:'company_a', 'other', 40, 90, NULL, NULL),
    (:'company_a', 'streak', 10, NULL, '{2,7}', '{1000,1200}'), (:'company_a', 'standard', 10, NULL, DEFAULT, DEFAULT);
CREATE FUNCTION day_before(days integer, at interval) RETURNS timestamptz LANGUAGE sql STABLE
    RETURN date_trunc('day', moment('0'), 'UTC') - make_interval(days => days) + at;
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SELECT type, time, outcome, status, points, balance
  FROM (VALUES (1, 'capped', 2, '01:00'::interval), (2, 'capped', 2, '02:00'), (3, 'other', 2, '03:00'),
               (4, 'capped', 2, '02:00:00.5'), (5, 'capped', 2, '04:00'), (6, 'capped', 2, '23:59:59'),
               (7, 'other', 2, '22:00'), (8, 'capped', 1, '00:00'), (9, 'capped', 3, '23:59:58')) AS e (n, type, day, time),
       rewards.submit_points_event(member('552'), type, day_before(day, time), 'cap ' || n)
 ORDER BY n;

-- On one of the last days, at a time that has room for some seconds before midnight.
CREATE FUNCTION same_time(days integer, later interval) RETURNS timestamptz LANGUAGE sql STABLE
    RETURN least(moment('0'), day_before(0, '23:50')) - make_interval(days => days) + later;

-- From the seventh day in a row on, it is a fifth more; about the same shop, and whatever the order in which they come.
SELECT n, shop, outcome, status, points
  FROM (SELECT n, 6 - n AS day, 'a' AS shop FROM generate_series(0, 5) AS n
        UNION ALL VALUES (6, 0, 'b'), (7, 0, 'a')) AS e,
       rewards.submit_points_event(member('553'), 'streak', same_time(day, n * interval '4 seconds'),
           'streak ' || n, related_entity_type => 'shop', related_entity_id => shop)
 ORDER BY n;
SELECT day, outcome, points
  FROM unnest('{6,5,4,2,1,0,3}'::integer[]) WITH ORDINALITY AS d (day, n),
       rewards.submit_points_event(member('554'), 'standard', same_time(day, n * interval '4 seconds'),
           'gap ' || n)
 ORDER BY n;
SELECT points FROM rewards.submit_points_event(member('554'), 'standard', same_time(0, '40 seconds'), 'gap 8');
COMMIT;

-- Points that expire are a lot, with the date by the calendar of UTC, once they are validated.
INSERT INTO rewards.point_rules (company_id, event_type, base_points, expires_after, streak_days, streak_permille)
    VALUES (:'company_a', 'for a month', 30, '1 month', NULL, NULL);
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SET LOCAL timezone = 'America/New_York';
SELECT status, points, balance FROM submit('551', 'for a month', '20 minutes', 'lot');
SELECT status, points FROM submit('551', 'for a month', '20 minutes 0.5 seconds', 'no lot');
COMMIT;
SELECT remaining, l.expires_at AT TIME ZONE 'UTC' = moment('20 minutes') AT TIME ZONE 'UTC' + interval '1 month' AS in_a_month,
       l.expires_at = e.expires_at AS as_the_event, a.expiring_points, a.next_expiry = l.expires_at AS next
  FROM rewards.point_lots AS l JOIN rewards.points_events AS e ON e.user_id = l.user_id AND e.id = l.event_id
  JOIN rewards.user_points_cache AS a ON a.user_id = l.user_id
 WHERE l.user_id = :'member_1';

-- Whether it is believed

-- validated, pending_review, rejected: the company's thresholds decide, 60 and 30 unless it has its own.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SELECT status, points, trust_score, reasons, balance FROM submit('555', 'visit', '1 hour', 'a');
SELECT status, points, trust_score, reasons, balance FROM submit('555', 'visit', '59 minutes 59.001 seconds', 'b');
SELECT status, points, trust_score, reasons, balance FROM submit('555', 'visit', '59 minutes 58.001 seconds', 'c');
INSERT INTO rewards.company_settings (trust_validate_at, trust_review_at) VALUES (66, 65);
SELECT status, points, trust_score, reasons, balance FROM submit('556', 'visit', '1 hour', 'a');
UPDATE rewards.company_settings SET trust_validate_at = 65 WHERE company_id = :'company_a';
SELECT status, trust_score, reasons, balance FROM submit('556', 'visit', '50 minutes', 'b');
UPDATE rewards.company_settings SET trust_validate_at = 95, trust_review_at = 61 WHERE company_id = :'company_a';
SELECT status, trust_score, reasons, balance FROM submit('556', 'visit', '40 minutes', 'c');
UPDATE rewards.company_settings SET trust_review_at = 60 WHERE company_id = :'company_a';
SELECT status, trust_score, reasons, balance FROM submit('556', 'visit', '30 minutes', 'd');
SELECT right(user_id::text, 3) AS member, available_points, pending_points, lifetime_earned, submitted_events,
       rejected_events, hour_points
  FROM rewards.user_points_cache WHERE user_id IN (member('555'), member('556')) ORDER BY user_id;
SELECT * FROM insights WHERE member IN ('555', '556');
ROLLBACK;

-- A second is the line: what comes within less is rejected, whatever speaks for it, before and after.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SELECT ago, status, trust_score < 30 AS below_30, reasons
  FROM unnest('{600 s,599.001 s,598.001 s,597.002 s,594.002 s,591.002 s,591.5 s,590.4 s}'::interval[]) WITH ORDINALITY AS e (ago, n),
       submit('557', 'visit', ago, 'second ' || n)
 ORDER BY n;

-- What waits for proof is pending, unless it is rejected; what is held waits for review, too.
INSERT INTO rewards.point_rules (event_type, base_points, pending_for) VALUES ('slow', 10, '1 day'), ('at once', 10, '0');
SELECT status, trust_score, balance FROM submit('558', 'slow', '1 hour', 'a');
SELECT status, trust_score, balance FROM submit('558', 'at once', '50 minutes', 'b');
SELECT status, trust_score, balance FROM submit('558', 'slow', '50 minutes', 'c');
INSERT INTO rewards.company_settings (hold_all) VALUES (true);
SELECT status, trust_score, balance FROM submit('558', 'visit', '40 minutes', 'd');
SELECT status, trust_score, balance FROM submit('558', 'slow', '30 minutes', 'e');
SELECT status, trust_score, balance FROM submit('558', 'visit', '30 minutes', 'f');
SELECT validation_status, validated_by, validated_at IS NOT NULL AS validated_at FROM rewards.points_events
 WHERE user_id = member('558') ORDER BY created_at;
SELECT available_points, pending_points FROM rewards.user_points_cache WHERE user_id = member('558');

-- The score of a shadow version is stored, and decides nothing.
INSERT INTO rewards.trust_rules (company_id, version, rule, feature, comparison, threshold, weight, sentence)
    VALUES (:'company_a', 1000, 'base', 'always', '=', 1, 13, 'Nobody.');
UPDATE rewards.company_settings SET hold_all = NULL, trust_version = 1, shadow_version = 1000 WHERE company_id = :'company_a';
SELECT status, trust_score FROM submit('559', 'visit', '1 hour', 'a');
SELECT trust_version, trust_score, shadow_score FROM rewards.points_events WHERE user_id = member('559');
UPDATE rewards.company_settings SET trust_version = NULL, shadow_version = NULL WHERE company_id = :'company_a';
SELECT status, trust_score FROM submit('559', 'visit', '50 minutes', 'b');
SELECT trust_version, trust_score, shadow_score FROM rewards.points_events WHERE user_id = member('559') AND nonce = 'b';
ROLLBACK;

-- Each event is explained by what was seen of it.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SELECT rule, observed / 600 AS observed, weight
  FROM rewards.explain_event(:'first_event', :'member_1') WHERE applies AND rule <> 'base';
COMMIT;

-- Who uses the device

-- Families share; where more accounts come from one device than a family has, it counts, and from ten on it is noted.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
SELECT n, status, trust_score, reasons
  FROM generate_series(10, 22) AS n, submit('55a' || n, 'visit', '1 hour', 'n', 'tablet') WHERE n NOT IN (12, 13)
 ORDER BY n;
SELECT status, trust_score, reasons FROM submit('55a10', 'visit', '50 minutes', 'm', 'tablet');
SELECT status, trust_score, reasons FROM submit('55a10', 'visit', '40 minutes', 'o', 'phone');
SELECT member, insight_type, severity, score, occurrences FROM insights WHERE member IN ('a17', 'a20', 'a21', 'a22', 'a10');
SELECT device_id, count(*) FROM rewards.account_devices WHERE company_id = :'company_a' GROUP BY 1 ORDER BY 1;
ROLLBACK;

-- What the attestation says: it has to be made for this very event, and to be new.
BEGIN;
SELECT rewards.set_company_context(:'company_a', 'back end') \gset
-- A verdict for the event of the account that is submitted so long ago under this nonce.
CREATE FUNCTION play(who text, ago interval, nonce text, labels text, app text DEFAULT 'PLAY_RECOGNIZED') RETURNS jsonb
LANGUAGE sql RETURN jsonb_build_object('requestDetails', jsonb_build_object('requestPackageName', 'com.example',
    'requestHash', rewards.event_request_hash(member(who), 'visit', moment(ago), nonce),
    'timestampMillis', floor(extract(epoch FROM now()) * 1000)::text),
    'appIntegrity', jsonb_build_object('appRecognitionVerdict', app),
    'deviceIntegrity', jsonb_build_object('deviceRecognitionVerdict', labels::jsonb));
CREATE FUNCTION apple(who text, ago interval, nonce text, counter integer) RETURNS jsonb
LANGUAGE sql RETURN jsonb_build_object('keyId', 'k ' || who, 'counter', counter,
    'clientDataHash', rewards.event_request_hash(member(who), 'visit', moment(ago), nonce));
\set strong '["MEETS_STRONG_INTEGRITY", "MEETS_DEVICE_INTEGRITY", "MEETS_BASIC_INTEGRITY"]'
CREATE TABLE cases (number integer, what text, who text, ago interval, nonce text, attestation jsonb);
INSERT INTO cases VALUES
    (1, 'no attestation', '55b1', '1 hour', 'n', NULL),
    (2, 'strong, for this event', '55b2', '1 hour', 'n', play('55b2', '1 hour', 'n', :'strong')),
    (3, 'device, for this event', '55b3', '1 hour', 'n', play('55b3', '1 hour', 'n', '["MEETS_DEVICE_INTEGRITY"]')),
    (4, 'rooted', '55b4', '1 hour', 'n', play('55b4', '1 hour', 'n', '["MEETS_BASIC_INTEGRITY"]')),
    (5, 'no label', '55b5', '1 hour', 'n', play('55b5', '1 hour', 'n', '[]')),
    (6, 'for another nonce', '55b6', '1 hour', 'n', play('55b6', '1 hour', 'another', :'strong')),
    (7, 'for another time', '55b7', '1 hour', 'n', play('55b7', '1 hour 1 ms', 'n', :'strong')),
    (8, 'for another member', '55b8', '1 hour', 'n', play('55b9', '1 hour', 'n', :'strong')),
    (9, 'for the same millisecond', '55b9', '1 hour', 'n', play('55b9', '1 hour', 'n', :'strong')),
    (10, 'token replayed', '55b9', '50 minutes', 'm', play('55b9', '1 hour', 'n', :'strong')),
    (11, 'app is not ours', '55ba', '1 hour', 'n', play('55ba', '1 hour', 'n', :'strong', 'UNRECOGNIZED_VERSION')),
    (12, 'App Attest', '55bb', '1 hour', 'n', apple('55bb', '1 hour', 'n', 7)),
    (13, 'App Attest, next', '55bb', '50 minutes', 'm', apple('55bb', '50 minutes', 'm', 8)),
    (14, 'App Attest, counter replayed', '55bb', '40 minutes', 'o', apple('55bb', '40 minutes', 'o', 8)),
    (15, 'strong, half a second later', '55b2', '59 minutes 59.5 seconds', 'm',
        play('55b2', '59 minutes 59.5 seconds', 'm', :'strong')),
    (16, 'not a verdict', '55bc', '1 hour', 'n', '[1]'), (17, 'null', '55bd', '1 hour', 'n', 'null'),
    (18, 'verifier says no', '55be', '1 hour', 'n', play('55be', '1 hour', 'n', :'strong') || '{"isValid": false}');
CREATE TABLE judged AS
SELECT c.number, c.what, s.*
  FROM (SELECT * FROM cases ORDER BY number) AS c,
       rewards.submit_points_event(member(who), 'visit', moment(ago), nonce, 'phone of ' || who, attestation) AS s;
SELECT what, status, trust_score AS score, reasons FROM judged ORDER BY number;
SELECT member, insight_type, severity, score, occurrences FROM insights WHERE member ~ '^5b' AND insight_type <> 'low_trust_score';

-- The same event again gives the same answer and looks at no attestation; a refusal looks at none either.
SELECT count(*) AS cached FROM rewards.attestation_cache WHERE company_id = :'company_a';
SELECT s.status, s.trust_score, s.reasons, s.replayed, s.event_id = j.event_id AS same
  FROM judged AS j, rewards.submit_points_event(member('55bb'), 'visit', moment('1 hour'), 'n', 'phone of 55bb', '{"keyId": "k 55bb"}') AS s
 WHERE number = 12;
SELECT outcome FROM rewards.submit_points_event(member('55bb'), 'unknown', moment('30 minutes'), 'p', NULL, '{"keyId": "k 55bb", "counter": 9}');
SELECT counter FROM rewards.attestation_cache WHERE user_id = member('55bb');
SELECT count(*) AS cached FROM rewards.attestation_cache WHERE company_id = :'company_a';
ROLLBACK;
