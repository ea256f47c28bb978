-- The sealed company context. STABLE and used bare in policies: IMMUTABLE would leak a company into
-- cached plans, VOLATILE would lose the index.

CREATE FUNCTION rewards.set_company_context(company_id uuid, actor text DEFAULT NULL, role text DEFAULT 'service')
    RETURNS void
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_set_company_context';
COMMENT ON FUNCTION rewards.set_company_context(uuid, text, text) IS
    'Seals the company, the actor and the role (user: one member, whose id the actor is; service: the back end; admin: staff) until the end of the transaction. Errors: object_not_in_prerequisite_state when another context is sealed, invalid_parameter_value for a bad role or actor';

CREATE FUNCTION rewards.get_current_company_id() RETURNS uuid
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_get_current_company_id';
COMMENT ON FUNCTION rewards.get_current_company_id() IS
    'The company this transaction is sealed for; null when there is none. Use it bare in policies: USING (company_id = rewards.get_current_company_id())';

CREATE FUNCTION rewards.get_current_user_id() RETURNS uuid
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_get_current_user_id';
COMMENT ON FUNCTION rewards.get_current_user_id() IS
    'The member this transaction acts for; null outside of the role user';
