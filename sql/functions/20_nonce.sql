CREATE FUNCTION rewards.uuidv7() RETURNS uuid
    LANGUAGE c VOLATILE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_uuidv7';
COMMENT ON FUNCTION rewards.uuidv7() IS
    'A new time-ordered UUID (RFC 9562, version 7, with the fraction of the millisecond)';

CREATE FUNCTION rewards.uuidv5(namespace uuid, name text) RETURNS uuid
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_uuidv5';
COMMENT ON FUNCTION rewards.uuidv5(uuid, text) IS
    'The stable UUID of a name in a namespace (RFC 9562, version 5): turns member numbers or e-mail addresses of a company into user ids';
