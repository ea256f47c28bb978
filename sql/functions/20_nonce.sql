CREATE FUNCTION rewards.uuidv7() RETURNS uuid
    LANGUAGE c VOLATILE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_uuidv7';
COMMENT ON FUNCTION rewards.uuidv7() IS
    'A new time-ordered UUID (RFC 9562, version 7, with the fraction of the millisecond)';

CREATE FUNCTION rewards.uuidv7_floor(moment timestamptz) RETURNS uuid
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_uuidv7_floor';
COMMENT ON FUNCTION rewards.uuidv7_floor(timestamptz) IS
    'The least version-7 UUID of a moment: WHERE id >= uuidv7_floor(a) AND id < uuidv7_floor(b) finds by the index on id what uuidv7() named from a up to b. A moment that no such UUID can tell counts as the nearest that one can';

CREATE FUNCTION rewards.uuidv5(namespace uuid, name text) RETURNS uuid
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_uuidv5';
COMMENT ON FUNCTION rewards.uuidv5(uuid, text) IS
    'The stable UUID of a name in a namespace (RFC 9562, version 5): turns member numbers or e-mail addresses of a company into user ids';

CREATE FUNCTION rewards.cleanup_expired_nonces() RETURNS bigint
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_cleanup_expired_nonces';
COMMENT ON FUNCTION rewards.cleanup_expired_nonces() IS
    'Deletes the company''s used nonces whose expires_at has passed, and returns how many; a nonce is kept at least as long as an event with it would be accepted. For a scheduler. Errors: insufficient_privilege for role user, invalid_authorization_specification without a context';

-- What is known of a nonce that came from elsewhere is when it expired: it was used a retention earlier.
CREATE FUNCTION rewards.note_forgotten_nonces() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    INSERT INTO rewards.forgotten_nonces AS known (company_id, used_until)
    SELECT company_id, max(least(created_at, expires_at - interval '7 days 10 minutes')) FROM forgotten GROUP BY company_id
        ON CONFLICT (company_id) DO UPDATE SET used_until = greatest(known.used_until, EXCLUDED.used_until);
    RETURN NULL;
END
$function$;
COMMENT ON FUNCTION rewards.note_forgotten_nonces() IS
    'Trigger: notes in forgotten_nonces up to when the deleted nonces were used, so that their requests are not accepted again';
