DROP SCHEMA attack CASCADE;
DROP OWNED BY attack_app, attack_admin, attack_tenant;
DROP ROLE attack_app, attack_admin, attack_tenant;
