-- The sealed company context. STABLE and used bare in policies: IMMUTABLE would leak a company into
-- cached plans, VOLATILE would lose the index.

CREATE FUNCTION rewards.set_company_context(company_id uuid, actor text DEFAULT NULL, role text DEFAULT 'service')
    RETURNS void
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'rewards_set_company_context';
COMMENT ON FUNCTION rewards.set_company_context(uuid, text, text) IS
    'Seals the company, the actor and the role (user: one member, whose id the actor is; service: the back end; admin: staff) until the end of the transaction. Errors: object_not_in_prerequisite_state when another context is sealed, invalid_parameter_value for a bad role or actor';

-- Read by policies and defaults, in the name of whoever queries a table.

CREATE FUNCTION rewards.get_current_company_id() RETURNS uuid
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_get_current_company_id';
COMMENT ON FUNCTION rewards.get_current_company_id() IS
    'The company this transaction is sealed for, or else rewards.default_company_id; null when there is none. Use it bare in policies: USING (company_id = rewards.get_current_company_id())';

CREATE FUNCTION rewards.get_back_end_company_id() RETURNS uuid
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_get_back_end_company_id';
COMMENT ON FUNCTION rewards.get_back_end_company_id() IS
    'The same in the roles service and admin, and null in the role user: for the policies of tables that are no business of members';

CREATE FUNCTION rewards.get_current_user_id() RETURNS uuid
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_get_current_user_id';
COMMENT ON FUNCTION rewards.get_current_user_id() IS
    'The member this transaction acts for; null outside of the role user';

-- "user_id is the member, or there is none" as a range: it has an index, and the planner sees how much it lets through.
CREATE FUNCTION rewards.get_first_user_id() RETURNS uuid
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_get_first_user_id';
COMMENT ON FUNCTION rewards.get_first_user_id() IS
    'The least user id that this transaction may see: that of its member in the role user, otherwise the least of all. For policies: USING (user_id BETWEEN rewards.get_first_user_id() AND rewards.get_last_user_id())';

CREATE FUNCTION rewards.get_last_user_id() RETURNS uuid
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_get_last_user_id';
COMMENT ON FUNCTION rewards.get_last_user_id() IS
    'The greatest user id that this transaction may see: that of its member in the role user, otherwise the greatest of all';

CREATE FUNCTION rewards.crosses_companies() RETURNS boolean
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_crosses_companies';
COMMENT ON FUNCTION rewards.crosses_companies() IS
    'Has this transaction begun cross-company access? For policies of the roles that may: USING (rewards.crosses_companies())';

-- For functions, which should say what is missing.

CREATE FUNCTION rewards.require_company_id() RETURNS uuid
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_require_company_id';
COMMENT ON FUNCTION rewards.require_company_id() IS
    'The company this transaction is sealed for. Errors: invalid_authorization_specification when there is none, insufficient_privilege in cross-company access';

CREATE FUNCTION rewards.require_user_id(user_id uuid) RETURNS uuid
    LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rewards_require_user_id';
COMMENT ON FUNCTION rewards.require_user_id(uuid) IS
    'The same id, if this transaction may act for this user. Errors: insufficient_privilege in the role user for another user, invalid_authorization_specification without a context';
