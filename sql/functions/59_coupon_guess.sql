CREATE FUNCTION rewards.coupon_guessers(
    OUT kind text, OUT name text, OUT guesses bigint, OUT most_guesses bigint, OUT blocked_until timestamptz,
    OUT forgotten_at timestamptz) RETURNS SETOF record
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_coupon_guessers';
COMMENT ON FUNCTION rewards.coupon_guessers() IS
    'Who has tried codes of the context''s company that do not exist: claimers, devices, and the company as a whole (name null). guesses: those not forgotten yet, of most_guesses, which is a tenth for claimers and devices while the company has as many as it may. blocked_until: when the outcome stops being try_later; null: it is not. Where the library is preloaded, names are cut after 63 bytes. Errors: insufficient_privilege for role user, invalid_authorization_specification without a context';

CREATE FUNCTION rewards.forget_guesses(claimed_by text, device_id text DEFAULT NULL) RETURNS text
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_forget_guesses';
COMMENT ON FUNCTION rewards.forget_guesses(text, text) IS
    'Lets a claimer, a device or both, of which one may be null, try codes again, as if they had not guessed. Outcome: forgotten, not_found. Where the library is preloaded it is done at once, whatever becomes of the transaction. It is audited. Errors: null_value_not_allowed, insufficient_privilege for role user, invalid_authorization_specification without a context';
