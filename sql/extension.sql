-- A plain CREATE SCHEMA on purpose: it fails when a schema of this name exists, which somebody else
-- might own and shadow our functions in. IF NOT EXISTS, or a schema line in the control file, would adopt it.
CREATE SCHEMA rewards;
COMMENT ON SCHEMA rewards IS 'pg_rewards: points ledger, coupons and tenant isolation. Functions belong to the extension; tables belong to you and are created by rewards.install().';
