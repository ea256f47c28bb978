-- Keys change hands: rotate to a new one, lay it over tags of one that has leaked, retire what nothing needs.

CREATE FUNCTION rewards.rotate_coupon_key(slot integer DEFAULT NULL) RETURNS integer
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_rotate_coupon_key';
COMMENT ON FUNCTION rewards.rotate_coupon_key(integer) IS
    'From the commit on new codes (and, after rotate_token_key(), new tokens) are made with the key in this slot of the key file, which all servers have to have already, and older ones stay good; returns the slot. Without a slot the server adds a random key to the file, in a slot that was never used, and the file has to be copied to every standby then; a call that is rolled back leaves the line there, of which nothing comes. Not in a company context. Errors: invalid_parameter_value, undefined_object for a slot that the file does not have, object_not_in_prerequisite_state for one that is retired or laid over, object_in_use while another database of the server adds a key, insufficient_privilege in a company context or, as other file errors, when the file cannot be written';

CREATE FUNCTION rewards.retire_coupon_key(slot integer) RETURNS void
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_retire_coupon_key';
COMMENT ON FUNCTION rewards.retire_coupon_key(integer) IS
    'Says that nothing needs the key in this slot any more: its line may go from the key file, and there is no way back. Waits for calls that write coupons, and lets others wait for its commit. Not in a company context. Errors: object_in_use (with numbers) while coupons that can be claimed, token keys, batches of vendor codes or keys that it is laid over need it, object_not_in_prerequisite_state for the one that makes the new codes, undefined_object for a slot that was never used, insufficient_privilege in a company context';

CREATE FUNCTION rewards.relayer_coupon_key(slot integer, max_coupons integer DEFAULT 1000,
    OUT relayered integer, OUT complete boolean)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_relayer_coupon_key';
COMMENT ON FUNCTION rewards.relayer_coupon_key(integer, integer) IS
    'For a key that others may have: lays the issuing key over code_hash of the coupons of this slot that can still be claimed, so that nobody who has the old key and a copy of the table can search for codes; whoever has the key and the ids of coupons can compute their codes, against which only reissue_coupon_code() helps. Looks at max_coupons coupons (at most 100000) and goes on with the next call where this one has ended, or with the coupon that somebody was just changing: call it, each time in a transaction of its own, until complete. Codes stay good all the while. Not in a company context. Errors: object_not_in_prerequisite_state for the slot that makes the new codes or is retired, undefined_object for one that was never used, invalid_parameter_value, insufficient_privilege in a company context';

CREATE FUNCTION rewards.legacy_code_hash(slot integer, code_hmac bytea, OUT code_hash bytea, OUT layer_slot smallint)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_legacy_code_hash';
COMMENT ON FUNCTION rewards.legacy_code_hash(integer, bytea) IS
    'For the import of coupons of another programme into the company: code_hash and layer_slot of a coupon with key_slot = slot and code_symbols = 0, whose code that programme has kept as code_hmac, the HMAC-SHA-256 of its text in capitals under the secret in the "legacy" line of this slot of the key file. Such a coupon can be claimed by its old code, and shown it cannot be; reissue_coupon_code() gives it one of ours. Errors: invalid_parameter_value, undefined_object when the key file has no such line, object_not_in_prerequisite_state for a slot that is retired, insufficient_privilege for role user, invalid_authorization_specification without a context';
