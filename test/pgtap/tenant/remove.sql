DROP SCHEMA attack CASCADE;
DROP OWNED BY attack_app, attack_admin;
DROP ROLE attack_app, attack_admin;
