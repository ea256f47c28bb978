-- The claims that PostgREST has verified become the context of its request, once; where they do not fit, or anybody could
-- have written them, there is none.
\set SHOW_CONTEXT never
\set company_a c0000000-0000-4000-8000-00000000111a
\set company_b c0000000-0000-4000-8000-00000000111b
\set member_1 a0000000-0000-4000-8000-000000001111

-- A role that PostgREST switches to, and that cannot log in. It is granted nothing else.
GRANT USAGE ON SCHEMA rewards TO regress_rewards_nobody;
GRANT EXECUTE ON FUNCTION rewards.adopt_request_claims() TO regress_rewards_nobody;
SELECT rolcanlogin FROM pg_roles WHERE rolname = 'regress_rewards_nobody';

-- One request: what PostgREST does, and what came of it.
CREATE FUNCTION request(claims text, OUT adopted text, OUT context text, OUT company uuid, OUT member uuid)
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('request.jwt.claims', claims, true);
    SELECT CASE state WHEN '00000' THEN 'yes' ELSE state END INTO adopted
      FROM attempt('SELECT rewards.adopt_request_claims()');
    context := current_setting('rewards.context', true);
    company := rewards.get_current_company_id();
    member := rewards.get_current_user_id();
END $$;

-- The usual claims are a member's.
BEGIN;
SET LOCAL ROLE regress_rewards_nobody;
SET LOCAL request.jwt.claims = '{"role": "web_user", "company_id": "c0000000-0000-4000-8000-00000000111a", "sub": "a0000000-0000-4000-8000-000000001111", "exp": 1}';
SELECT rewards.adopt_request_claims() = :'company_a' AS company_a;
SELECT rewards.get_current_company_id() = :'company_a' AS company_a, rewards.get_current_user_id() = :'member_1' AS member_1;

-- The same claims again are nothing new; others come too late.
SELECT rewards.adopt_request_claims() = :'company_a' AS company_a;
SET LOCAL request.jwt.claims = '{"company_id": "c0000000-0000-4000-8000-00000000111b", "sub": "a0000000-0000-4000-8000-000000001111"}';
SELECT state, message FROM attempt('SELECT rewards.adopt_request_claims()');
SELECT rewards.get_current_company_id() = :'company_a' AS company_a;
COMMIT;
SELECT rewards.get_current_company_id() AS none;

-- Claims that fit; those of a service and of staff, too.
CREATE TABLE requests (what text, claims text);
GRANT SELECT ON requests TO PUBLIC;
INSERT INTO requests VALUES
    ('member', '{"company_id": "c0000000-0000-4000-8000-00000000111a", "sub": "a0000000-0000-4000-8000-000000001111"}'),
    ('capitals', '{"company_id": "C0000000-0000-4000-8000-00000000111A", "sub": "A0000000-0000-4000-8000-000000001111"}'),
    ('role user', '{"company_id": "c0000000-0000-4000-8000-00000000111a", "sub": "a0000000-0000-4000-8000-000000001111", "rewards_role": "user"}'),
    ('role null', '{"company_id": "c0000000-0000-4000-8000-00000000111a", "sub": "a0000000-0000-4000-8000-000000001111", "rewards_role": null}'),
    ('service', '{"company_id": "c0000000-0000-4000-8000-00000000111a", "sub": "shop \u017e \"1\"", "rewards_role": "service"}'),
    ('service without a name', '{"company_id": "c0000000-0000-4000-8000-00000000111a", "rewards_role": "service"}'),
    ('staff', '{"company_id": "c0000000-0000-4000-8000-00000000111a", "sub": "auth0|7", "rewards_role": "admin"}'),
    ('two companies', '{"company_id": "c0000000-0000-4000-8000-00000000111b", "company_id": "c0000000-0000-4000-8000-00000000111a", "sub": "x", "rewards_role": "service"}');
CREATE PROCEDURE try_requests() LANGUAGE plpgsql AS $$
DECLARE
    one requests;
    answer record;
BEGIN
    FOR one IN SELECT * FROM requests LOOP
        SET LOCAL ROLE regress_rewards_nobody;
        answer := request(one.claims);
        RAISE NOTICE '%: adopted %, context %, company %, member %', one.what, answer.adopted,
            replace(answer.context, session_user, 'session_user'), answer.company, answer.member;
        COMMIT;
    END LOOP;
END $$;
CALL try_requests();

-- No claims, none of a company, or such as are no object: the request goes on without a context.
TRUNCATE requests;
INSERT INTO requests VALUES ('not set', NULL), ('empty', ''), ('nobody', '{}'), ('null', 'null'), ('anonymous', '{"role": "anon"}'),
    ('company null', '{"company_id": null, "sub": "x"}'), ('array', '["company_id"]'), ('text', '"company_id"'), ('number', '1'),
    ('other case', '{"Company_id": "c0000000-0000-4000-8000-00000000111a"}'),
    ('not at the top', '{"app": {"company_id": "c0000000-0000-4000-8000-00000000111a"}}');
CALL try_requests();

-- Then it stays without one, whatever SQL it brings: other claims come too late, and the default of the database, which is
-- for those who know of no company, does not stand in.
BEGIN;
SET LOCAL rewards.default_company_id = 'c0000000-0000-4000-8000-00000000111a';
SELECT rewards.get_current_company_id() = :'company_a' AS default_company;
SET LOCAL ROLE regress_rewards_nobody;
SELECT rewards.adopt_request_claims() AS none;
SELECT rewards.get_current_company_id() AS none;
SELECT request('{"company_id": "c0000000-0000-4000-8000-00000000111b", "sub": "a0000000-0000-4000-8000-000000001111"}');
SELECT rewards.adopt_request_claims() AS none FROM set_config('request.jwt.claims', '', true);
COMMIT;

-- Claims that do not fit are an error that names the claim, and does not repeat it.
TRUNCATE requests;
INSERT INTO requests VALUES
    ('not JSON', '{secret'), ('half', '{"company_id": "secret'), ('trailing', '{} secret'), ('single quotes', '{''secret'': 1}'),
    ('no text', '{"company_id": "secret \u0000"}'), ('half a pair', '{"company_id": "secret \ud800"}'),
    ('no uuid', '{"company_id": "secret"}'), ('a number', '{"company_id": 4711}'), ('an object', '{"company_id": {"secret": 1}}'),
    ('an array', '{"company_id": ["c0000000-0000-4000-8000-00000000111a"]}'), ('empty', '{"company_id": ""}'),
    ('almost', '{"company_id": "c0000000-0000-4000-8000-00000000111a "}'),
    ('no hyphens', '{"company_id": "c000000000004000800000000000111a", "sub": "secret"}'),
    ('unknown role', '{"company_id": "c0000000-0000-4000-8000-00000000111a", "sub": "x", "rewards_role": "secret"}'),
    ('all companies', '{"company_id": "c0000000-0000-4000-8000-00000000111a", "sub": "x", "rewards_role": "cross_company"}'),
    ('roles', '{"company_id": "c0000000-0000-4000-8000-00000000111a", "sub": "x", "rewards_role": ["admin"]}'),
    ('no member', '{"company_id": "c0000000-0000-4000-8000-00000000111a"}'),
    ('member null', '{"company_id": "c0000000-0000-4000-8000-00000000111a", "sub": null}'),
    ('member no uuid', '{"company_id": "c0000000-0000-4000-8000-00000000111a", "sub": "secret"}'),
    ('no name', '{"company_id": "c0000000-0000-4000-8000-00000000111a", "sub": "", "rewards_role": "service"}'),
    ('long name', '{"company_id": "c0000000-0000-4000-8000-00000000111a", "sub": "' || repeat('secret', 50) || '", "rewards_role": "service"}'),
    ('control character', '{"company_id": "c0000000-0000-4000-8000-00000000111a", "sub": "secret\n", "rewards_role": "service"}'),
    ('huge number', '{"company_id": 1e1000000000000, "sub": "secret"}');
CREATE FUNCTION answer(claims text, OUT state text, OUT message text, OUT detail text, OUT hint text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('request.jwt.claims', claims, true);
    SELECT a.state, a.message, a.detail, a.hint INTO state, message, detail, hint
      FROM attempt('SELECT rewards.adopt_request_claims()') AS a;
END $$;
BEGIN;
SET LOCAL ROLE regress_rewards_nobody;
SELECT what, a.state, a.detail, concat(a.message, a.detail, a.hint) ~ 'secret|4711' AS telling FROM requests, answer(claims) AS a;
SELECT DISTINCT a.message, a.hint FROM requests, answer(claims) AS a;

-- After them there are no others to try.
SELECT a.state, a.message FROM answer('{"company_id": "c0000000-0000-4000-8000-00000000111a", "sub": "a0000000-0000-4000-8000-000000001111"}') AS a;
SELECT rewards.get_current_company_id() AS none;
ROLLBACK;

-- Deep nesting is an error of the server's, which stays up.
BEGIN;
SET LOCAL ROLE regress_rewards_nobody;
SELECT a.state FROM answer(repeat('[', 100000)) AS a;
ROLLBACK;

-- Which claims: the names are settings, and a superuser's.
BEGIN;
SET LOCAL rewards.company_claim = 'app_metadata.company';
SET LOCAL rewards.actor_claim = 'https://example.org/member';
SET LOCAL rewards.role_claim = 'roles.0';
SET LOCAL ROLE regress_rewards_nobody;
SELECT context FROM request('{"company_id": "c0000000-0000-4000-8000-00000000111b", "app_metadata": {"company": "c0000000-0000-4000-8000-00000000111a"}, "https://example.org/member": "till 7", "sub": "x", "roles": ["service"]}');
SELECT state FROM unnest('{company_claim,actor_claim,role_claim}'::text[]) AS name,
    attempt(format('SET LOCAL rewards.%s = ''role''', name));
COMMIT;

-- A name that is there as it stands comes before a path; without a name there is no claim.
BEGIN;
SET LOCAL rewards.company_claim = 'a.b';
SET LOCAL rewards.role_claim = '';
SET LOCAL ROLE regress_rewards_nobody;
SELECT context FROM request('{"a": {"b": "c0000000-0000-4000-8000-00000000111b"}, "a.b": "c0000000-0000-4000-8000-00000000111a", "sub": "a0000000-0000-4000-8000-000000001111", "": "admin"}');
COMMIT;
BEGIN;
SET LOCAL rewards.company_claim = '';
SET LOCAL ROLE regress_rewards_nobody;
SELECT adopted, context FROM request('{"": "c0000000-0000-4000-8000-00000000111a"}');
COMMIT;

-- Claims that anybody could have written are not believed: the role has to have been switched, whatever a function on the
-- way borrows.
CREATE FUNCTION borrow(OUT state text, OUT message text, OUT hint text) LANGUAGE sql SECURITY DEFINER
    AS $$ SELECT state, message, hint FROM attempt('SELECT rewards.adopt_request_claims()') $$;
ALTER FUNCTION borrow() OWNER TO regress_rewards_nobody;
BEGIN;
SET LOCAL request.jwt.claims = '{"company_id": "c0000000-0000-4000-8000-00000000111a", "sub": "a0000000-0000-4000-8000-000000001111"}';
SELECT state, message, hint FROM attempt('SELECT rewards.adopt_request_claims()');
SELECT state FROM borrow();
SELECT rewards.get_current_company_id() AS none;
COMMIT;
SET SESSION AUTHORIZATION regress_rewards_nobody;
SET request.jwt.claims = '{"company_id": "c0000000-0000-4000-8000-00000000111a", "sub": "a0000000-0000-4000-8000-000000001111"}';
SELECT state FROM attempt('SELECT rewards.adopt_request_claims()');
SET ROLE regress_rewards_nobody;
SELECT state FROM attempt('SELECT rewards.adopt_request_claims()');
RESET SESSION AUTHORIZATION;
RESET request.jwt.claims;

-- grant_access() gives it to nobody.
BEGIN;
SET LOCAL request.jwt.claims = '{"company_id": "c0000000-0000-4000-8000-00000000111a", "sub": "a0000000-0000-4000-8000-000000001111"}';
SET LOCAL ROLE regress_rewards_app;
SELECT state FROM attempt('SELECT rewards.adopt_request_claims()');
SET LOCAL ROLE regress_rewards_admin;
SELECT state FROM attempt('SELECT rewards.adopt_request_claims()');
ROLLBACK;
DROP PROCEDURE try_requests();
DROP FUNCTION request(text), answer(text), borrow();
DROP TABLE requests;
REVOKE EXECUTE ON FUNCTION rewards.adopt_request_claims() FROM regress_rewards_nobody;
REVOKE USAGE ON SCHEMA rewards FROM regress_rewards_nobody;
