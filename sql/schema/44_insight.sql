-- What looked like fraud? One open row per account, or company, and kind, which counts: whoever reads them reads no flood.
CREATE TABLE rewards.fraud_insights (
    id                uuid        NOT NULL DEFAULT rewards.uuidv7(),
    user_id           uuid        NOT NULL,
    company_id        uuid        NOT NULL DEFAULT rewards.get_current_company_id(),
    insight_type      text        COLLATE "C" NOT NULL,
    severity          text        NOT NULL DEFAULT 'medium',
    score             integer,
    details           jsonb,
    related_event_ids uuid[]      DEFAULT '{}',
    occurrences       bigint      NOT NULL DEFAULT 1,
    resolved          boolean     NOT NULL DEFAULT false,
    resolved_at       timestamptz,
    resolved_by       text,
    resolution_notes  text,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, id),
    CONSTRAINT fraud_insights_sound CHECK (
        insight_type IN ('velocity_anomaly', 'suspicious_pattern', 'device_mismatch', 'device_sharing', 'replay_attempt',
                         'bulk_submission', 'honeypot_triggered', 'attestation_failure', 'low_trust_score',
                         'clock_skew', 'code_guessing', 'low_stock', 'manual_flag')
        AND severity IN ('low', 'medium', 'high', 'critical')
        AND score BETWEEN 0 AND 100
        AND occurrences > 0)
) WITH (fillfactor = 80);
COMMENT ON TABLE rewards.fraud_insights IS 'Signs of fraud, for staff: one open row per account (or company: user_id) and insight_type, which counts its occurrences until somebody resolves it. Members do not see them';
COMMENT ON COLUMN rewards.fraud_insights.id IS 'Time-ordered identifier (UUID version 7) of the insight';
COMMENT ON COLUMN rewards.fraud_insights.user_id IS 'The account''s; 00000000-0000-0000-0000-000000000000: it is about the company, not an account';
COMMENT ON COLUMN rewards.fraud_insights.company_id IS 'Company that it is about';
COMMENT ON COLUMN rewards.fraud_insights.insight_type IS 'What it looks like: one of the kinds that flag_account() takes';
COMMENT ON COLUMN rewards.fraud_insights.severity IS 'low, medium, high or critical: the highest of all occurrences';
COMMENT ON COLUMN rewards.fraud_insights.score IS 'Trust score (0 to 100) of the newest occurrence that had one';
COMMENT ON COLUMN rewards.fraud_insights.details IS 'What the newest occurrence was like';
COMMENT ON COLUMN rewards.fraud_insights.related_event_ids IS 'The newest 20 events that it was noticed by, oldest first';
COMMENT ON COLUMN rewards.fraud_insights.occurrences IS 'How often it was noticed, from created_at to updated_at';
COMMENT ON COLUMN rewards.fraud_insights.resolved IS 'Whether somebody has dealt with it: see resolve_fraud_insight()';
COMMENT ON COLUMN rewards.fraud_insights.resolved_at IS 'When; null: it is open';
COMMENT ON COLUMN rewards.fraud_insights.resolved_by IS 'Actor of the company context that resolved it';
COMMENT ON COLUMN rewards.fraud_insights.resolution_notes IS 'What came of it, in the words of whoever resolved it';
COMMENT ON COLUMN rewards.fraud_insights.created_at IS 'When it was noticed first';
COMMENT ON COLUMN rewards.fraud_insights.updated_at IS 'When it was noticed last, or resolved';

CREATE UNIQUE INDEX fraud_insights_one_open ON rewards.fraud_insights (user_id, company_id, insight_type)
    WHERE NOT resolved;
CREATE INDEX fraud_insights_id ON rewards.fraud_insights (company_id, id);

CREATE VIEW rewards.open_fraud_insights WITH (security_invoker = true) AS
    SELECT id, company_id, user_id, insight_type, severity, score, occurrences, details, related_event_ids,
           created_at, updated_at
      FROM rewards.fraud_insights
     WHERE NOT resolved
     ORDER BY array_position(ARRAY['critical', 'high', 'medium', 'low'], severity), created_at, id;
COMMENT ON VIEW rewards.open_fraud_insights IS 'Insights that nobody has resolved, the most severe first, and of those the oldest';

ALTER TABLE rewards.fraud_insights ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.fraud_insights
    USING (company_id = rewards.get_back_end_company_id());
