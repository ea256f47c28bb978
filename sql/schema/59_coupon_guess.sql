-- Who has tried codes that do not exist? Used where the library is not preloaded; otherwise they are counted in the server's memory.
CREATE TABLE rewards.coupon_guesses (
    company_id   uuid        NOT NULL DEFAULT rewards.get_current_company_id(),
    kind         text        COLLATE "C" NOT NULL CHECK (kind IN ('claimer', 'device', 'company')),
    name         text        COLLATE "C" NOT NULL,
    forgotten_at timestamptz NOT NULL,
    PRIMARY KEY (company_id, kind, name),
    CHECK ((kind = 'company') = (name = ''))
);
COMMENT ON TABLE rewards.coupon_guesses IS 'Claimers and devices that have tried well-formed codes which do not exist, and the company as a whole; empty where shared_preload_libraries has pg_rewards. rewards.coupon_guessers() reads it, or the server''s memory';
COMMENT ON COLUMN rewards.coupon_guesses.company_id IS 'Company whose codes were tried';
COMMENT ON COLUMN rewards.coupon_guesses.kind IS 'claimer, device, or company for all together';
COMMENT ON COLUMN rewards.coupon_guesses.name IS 'Which claimer or device, as the till says';
COMMENT ON COLUMN rewards.coupon_guesses.forgotten_at IS 'When the last guess is forgotten: each weighs an hour divided by the limit, one after the other';

CREATE INDEX coupon_guesses_forgotten ON rewards.coupon_guesses (company_id, forgotten_at);

ALTER TABLE rewards.coupon_guesses ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rewards.coupon_guesses
    USING (company_id = rewards.get_back_end_company_id());
