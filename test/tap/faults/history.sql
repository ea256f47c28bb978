-- What clients asked and heard, and what has become of each call.
CREATE TEMP TABLE attempt (
    client   text,
    number   integer,
    attempt  integer,
    kind     text,
    key      text COLLATE "C",
    company  uuid,
    member   uuid,
    subject  text,
    points   bigint,
    fate     text CHECK (fate IN ('ok', 'refused', 'unknown')),
    sqlstate text,
    answer   jsonb
);
\set files 'SELECT format(''COPY attempt FROM %L'', :''folder'' || ''/'' || name) FROM pg_ls_dir(:''folder'') AS name WHERE name LIKE ''history.%'''
:files \gexec

CREATE TEMP TABLE told AS
SELECT DISTINCT ON (key) *, answer ->> 'outcome' AS outcome, answer ->> 'event_id' AS event_id,
       coalesce(answer ->> 'coupon_id', CASE WHEN kind IN ('revoke', 'release', 'hold', 'claim') THEN subject END) AS coupon_id,
       (answer ->> 'replayed')::boolean IS TRUE AS replayed,
       count(*) OVER (PARTITION BY key) AS attempts, count(*) FILTER (WHERE fate = 'unknown') OVER (PARTITION BY key) AS unheard
  FROM attempt ORDER BY key, fate = 'ok' DESC, attempt DESC;
CREATE INDEX ON told (key);
CREATE INDEX ON told (coupon_id);
ANALYZE attempt, told;
