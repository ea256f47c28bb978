# Does everything survive a dump? The tables are the user's: what he added to them, the rows, owner, grants and
# row-level security come back, the codes work again with the same key file, and no dump holds a code.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $acme = '11111111-1111-4111-8111-111111111111';
my $other = '22222222-2222-4222-8222-222222222222';
my $ann = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
my $cleo = 'cccccccc-cccc-4ccc-8ccc-cccccccccccc';
my $bob = 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb';

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
my $dumps = $node->basedir;

# One transaction of a company, as the role of an application; other settings may be given.
sub in_company {
    my ($database, $company, $sql, $role) = @_;
    $role //= 'shop_app';
    return $node->safe_psql($database,
        "SET ROLE $role; BEGIN; SELECT FROM rewards.set_company_context('$company', 'pos 7'); $sql; COMMIT;");
}

# How our tables look to the catalogue, a line for each thing that a dump could lose.
sub definition {
    my ($database) = @_;
    return $node->safe_psql($database, <<'SQL');
WITH ours AS (SELECT c.* FROM pg_class c WHERE c.relnamespace = 'rewards'::regnamespace AND c.relkind IN ('r', 'v'))
SELECT line FROM (
    SELECT format('table %s owner %s rls %s forced %s options %s grants %s comment %s', relname, relowner::regrole,
                  relrowsecurity, relforcerowsecurity, reloptions,
                  (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(relacl) a), obj_description(oid, 'pg_class'))
      FROM ours
    UNION ALL
    SELECT format('column %s.%s %s %s default %s generated %s not null %s collation %s comment %s', relname, attnum, attname,
                  format_type(atttypid, atttypmod), pg_get_expr(adbin, adrelid), attgenerated, attnotnull,
                  attcollation::regcollation, col_description(ours.oid, attnum))
      FROM ours JOIN pg_attribute a ON attrelid = ours.oid AND attnum > 0 AND NOT attisdropped
      LEFT JOIN pg_attrdef d ON adrelid = attrelid AND adnum = attnum
    UNION ALL SELECT 'index ' || pg_get_indexdef(indexrelid) FROM ours JOIN pg_index ON indrelid = ours.oid
    UNION ALL SELECT format('trigger %s %s', tgenabled, pg_get_triggerdef(t.oid))
                FROM ours JOIN pg_trigger t ON tgrelid = ours.oid AND NOT tgisinternal
    UNION ALL SELECT format('constraint %s %s %s', relname, conname, pg_get_constraintdef(k.oid))
                FROM ours JOIN pg_constraint k ON conrelid = ours.oid
    UNION ALL SELECT format('policy %s %s %s %s %s %s', relname, polname, polpermissive, polcmd,
                            pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
                FROM ours JOIN pg_policy ON polrelid = ours.oid
    UNION ALL SELECT format('function %s grants %s', p.oid::regprocedure,
                            (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(proacl) a))
                FROM pg_proc p WHERE pronamespace = 'rewards'::regnamespace
    UNION ALL SELECT format('schema grants %s', (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(nspacl) a))
                FROM pg_namespace WHERE nspname = 'rewards'
    UNION ALL SELECT format('extension %s %s', extname, extversion) FROM pg_extension
    UNION ALL SELECT format('member %s', pg_describe_object(classid, objid, 0))
                FROM pg_depend WHERE deptype = 'e' AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_rewards')
) AS lines (line) ORDER BY line COLLATE "C"
SQL
}

# The rows of all tables, a line for each table.
sub content {
    my ($database) = @_;
    my @tables = split /\n/, $node->safe_psql($database,
        "SELECT oid::regclass::text FROM pg_class
          WHERE relkind = 'r' AND relnamespace IN ('rewards'::regnamespace, 'public'::regnamespace) ORDER BY 1");
    return join "\n", map {
        $node->safe_psql($database, "SELECT '$_', count(*), md5(string_agg(r::text, ';' ORDER BY r::text)) FROM $_ r") } @tables;
}

my $discrepancies = <<'SQL';
SELECT coalesce(a.user_id, e.user_id) FROM rewards.user_points_cache a
  FULL JOIN (SELECT user_id, company_id, coalesce(sum(points_delta) FILTER (WHERE validation_status = 'validated'), 0) AS available,
                    coalesce(sum(points_delta) FILTER (WHERE validation_status NOT IN ('validated', 'rejected')), 0) AS pending
               FROM rewards.points_events GROUP BY user_id, company_id) e USING (user_id, company_id)
 WHERE (a.available_points, a.pending_points) IS DISTINCT FROM (e.available, e.pending)
SQL

my $broken_entries = <<'SQL';
SELECT count(*) FILTER (WHERE l.entry_hash IS DISTINCT FROM CASE l.kind
           WHEN 'event' THEN rewards.event_entry_hash(l.previous, l.version, l.recorded_at, l.balance_after, e,
                f.old_status, f.old_validated_by, f.old_validated_at, f.old_notes)
           ELSE rewards.status_entry_hash(l.previous, (SELECT x FROM rewards.ledger_entries x
                WHERE x.user_id = l.user_id AND x.company_id = l.company_id AND x.version = l.version)) END) || ' of ' || count(*)
  FROM (SELECT *, lag(entry_hash) OVER (PARTITION BY user_id, company_id ORDER BY version) AS previous FROM rewards.ledger) l
  JOIN rewards.points_events e ON e.user_id = l.user_id AND e.id = l.event_id
  LEFT JOIN LATERAL (SELECT * FROM rewards.ledger_entries f WHERE f.user_id = l.user_id AND f.event_id = l.event_id
       AND f.kind = 'status' ORDER BY f.version LIMIT 1) f ON true
SQL

# A database as its user leaves it

$node->safe_psql('postgres', <<'SQL');
CREATE ROLE shop_owner;
CREATE ROLE shop_app;
CREATE ROLE shop_staff;
CREATE ROLE shop_backup LOGIN;
CREATE ROLE shop_on_call;
CREATE DATABASE shop;
SQL
$node->safe_psql('shop', <<'SQL');
CREATE EXTENSION pg_rewards;
SELECT rewards.install(owner => 'shop_owner');
SELECT rewards.grant_access(app => 'shop_app', admin => 'shop_staff', cross_company => 'shop_on_call');
CREATE TABLE public.outbox (position bigint GENERATED ALWAYS AS IDENTITY, coupon_id uuid, cost bigint);
GRANT INSERT ON public.outbox TO shop_owner, shop_app;
SET ROLE shop_owner;
CREATE INDEX my_events_by_till ON rewards.points_events ((proof_payload ->> 'till')) WHERE proof_payload IS NOT NULL;
ALTER TABLE rewards.points_events ADD COLUMN my_source text NOT NULL DEFAULT 'till ' || 7;
ALTER TABLE rewards.user_points_cache ADD COLUMN my_tier text
    GENERATED ALWAYS AS (CASE WHEN lifetime_earned >= 1000 THEN 'gold' ELSE 'white' END) STORED;
ALTER TABLE rewards.coupons ADD CONSTRAINT my_limit CHECK (issued_points_cost < 1000000);
RESET ROLE;
CREATE FUNCTION public.my_outbox() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN INSERT INTO public.outbox (coupon_id, cost) VALUES (NEW.coupon_id, NEW.issued_points_cost); RETURN NULL; END';
CREATE TRIGGER my_outbox AFTER INSERT ON rewards.coupons FOR EACH ROW EXECUTE FUNCTION public.my_outbox();
CREATE POLICY my_policy ON rewards.coupons AS RESTRICTIVE FOR SELECT TO shop_app USING (issued_points_cost < 500);
SQL

in_company('shop', $acme, <<"SQL", 'shop_owner');
INSERT INTO rewards.coupon_templates (id, template_name, points_cost, coupon_value_type, coupon_value, high_value) VALUES
    ('$ann', 'ten off', 100, 'fixed_amount', 10, false), ('$bob', 'a weekend', 700, 'product', 1, true);
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, proof_payload, validation_status) VALUES
    ('$bob', 'receipt', '2024-02-29 12:00+00', 30, '{"till": "3"}', 'pending_review');
SQL
# Points that expire, spent and refunded, a status that changed, an approval that waits for another.
in_company('shop', $acme, <<"SQL", 'shop_owner');
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status, expires_at)
    VALUES ('$cleo', 'gift', now(), 20, 'validated', now() + '1 day'), ('$cleo', 'gift', now(), 20, 'validated', now() + '2 days'),
           ('$cleo', 'big', now(), 500, 'pending_review', NULL), ('$cleo', 'small', now(), 5, 'pending', now() + '3 days');
INSERT INTO rewards.company_settings (company_id, review_four_eyes_points) VALUES ('$acme', 100);
SQL
in_company('shop', $acme, "SELECT FROM rewards.deduct_points('$cleo', 25)", 'none');
in_company('shop', $acme, "SELECT FROM rewards.refund_points('$cleo', (SELECT id FROM rewards.points_events WHERE points_delta = -25))", 'none');
in_company('shop', $acme, "SELECT FROM rewards.deduct_points('$cleo', 10)", 'none');
in_company('shop', $acme, "SELECT FROM rewards.review_points_event((SELECT id FROM rewards.points_events WHERE event_type = '$_'), 'approve', 'anna')", 'none')
    for 'big', 'small';
in_company('shop', $acme, "SELECT FROM rewards.award_points('$ann', 1500, 'welcome', 'first visit')");
in_company('shop', $acme, "SELECT FROM rewards.award_points('$bob', 50)");
in_company('shop', $other, "SELECT FROM rewards.award_points('$ann', 5, 'elsewhere')");
my %code;
for my $nonce ('to use', 'to keep', 'big') {
    my $template = $nonce eq 'big' ? $bob : $ann;
    $code{$nonce} = in_company('shop', $acme, "SELECT coupon_code FROM rewards.redeem_coupon('$ann', '$template', '$nonce')");
}
like($code{big}, qr/^(?:[0-9A-HJKMNP-TV-Z]{4}-){4}[0-9A-HJKMNP-TV-Z]{4}$/, 'the codes are codes');
is(in_company('shop', $acme, "SELECT outcome FROM rewards.claim_coupon('$code{'to use'}', 'till 3')"), 'claimed', 'one is used');
is(in_company('shop', $acme, 'SELECT count(*) FROM rewards.coupons'), '2', 'and the policy of the user hides another');

in_company('shop', $acme, 'SELECT FROM rewards.seal_ledger()');
my $audit_verdict = 'SELECT string_agg(concat_ws($$ $$, "check", status, checked), $$, $$) FROM rewards.verify_audit()';
like(in_company('shop', $acme, $audit_verdict, 'shop_staff'), qr/^entry hash ok [3-9], .*, block entries ok 1, /, 'what was audited is in a block');

# A role for backups has to see all rows, or pg_dump stops: grant_access() says so at once.
{
    my $grant = "SELECT FROM rewards.grant_access(backup => 'shop_backup')";
    my ($status, undef, $error) = $node->psql('shop', $grant);
    like($error, qr/role shop_backup cannot read whole tables.*ALTER ROLE shop_backup BYPASSRLS/s, 'a role that row-level security holds cannot back up');
    $node->safe_psql('shop', "ALTER ROLE shop_backup BYPASSRLS; $grant; GRANT SELECT ON public.outbox, public.outbox_position_seq TO shop_backup");
}

my $definition = definition('shop');
my $content = content('shop');
for my $thing ('index CREATE INDEX my_events_by_till', 'my_source text default', 'my_tier text default',
    'constraint coupons my_limit', 'trigger O CREATE TRIGGER my_outbox', 'policy coupons my_policy', 'policy coupons cross_company', 'shop_app=X/',
    'table points_events owner shop_owner rls t forced t') {
    like($definition, qr/\Q$thing\E/, "what is compared below has: $thing");
}
unlike($definition, qr/^member table/m, 'no table is a member of the extension');

# Dump it, and restore it into empty databases

sub dump_file { return "$dumps/shop.$_[0]" }
my $connection = $node->connstr('shop');
command_ok([ 'pg_dump', '-d', $connection, '-f', dump_file('sql') ], 'pg_dump, plain');
command_ok([ 'pg_dump', '-d', $connection, '-Fc', '-f', dump_file('custom') ], 'pg_dump, custom format');
command_ok([ 'pg_dump', '-d', $connection, '-Fd', '-j', '2', '-f', dump_file('folder') ], 'pg_dump, folder format');
command_ok([ 'pg_dump', '-d', $connection, '--inserts', '--rows-per-insert=3', '-f', dump_file('inserts') ], 'pg_dump, as INSERT');
command_ok([ 'pg_dump', '-d', $connection, '-U', 'shop_backup', '-Fc', '-f', dump_file('backup') ], 'pg_dump, by the role for backups');
command_ok([ 'pg_dump', '-d', $connection, '--data-only', '--disable-triggers', '--schema', 'rewards', '-f', dump_file('data') ],
    'pg_dump, the rows only');
command_fails_like([ 'pg_dump', '-d', $connection, '--role', 'shop_owner', '--schema', 'rewards', '-f', "$dumps/nothing" ],
    qr/affected by row-level security/, 'the owner of the tables gets an error, and not a part of them');

my @unpacked = map { slurp_file(dump_file($_)) } 'sql', 'inserts', 'data';
command_ok([ 'pg_restore', '-f', "$dumps/custom.sql", dump_file('custom') ], 'pg_restore shows the custom format');
push @unpacked, slurp_file("$dumps/custom.sql");
for my $nonce (sort keys %code) {
    (my $symbols = $code{$nonce}) =~ tr/-//d;
    ok(!grep({ /\Q$nonce\E/ && (/\Q$code{$nonce}\E/i || /\Q$symbols\E/i) } @unpacked), "no dump holds the code of nonce: $nonce");
    is(scalar(grep { /\Q$nonce\E/ } @unpacked), 4, '... and each dump has its nonce, so it was looked for in the right place');
}

sub new_database {
    my ($name) = @_;
    $node->safe_psql('postgres', "CREATE DATABASE $name TEMPLATE template0");
    return ('-d', $node->connstr($name));
}
my @psql = ('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1');
my @pg_restore = ('pg_restore', '--exit-on-error');
command_ok([ @psql, new_database('plain'), '-f', dump_file('sql') ], 'plain: restored');
command_ok([ @pg_restore, new_database('custom'), dump_file('custom') ], 'custom: restored');
command_ok([ @pg_restore, new_database('backup'), dump_file('backup') ], 'backup: restored');
command_ok([ @pg_restore, '-j', '2', new_database('folder'), dump_file('folder') ], 'folder: restored by two jobs');
command_ok([ @psql, '-1', new_database('inserts'), '-f', dump_file('inserts') ], 'inserts: restored in one transaction');

for my $database ('plain', 'custom', 'backup', 'folder', 'inserts') {
    is(definition($database), $definition, "$database: everything is defined as it was");
    is(content($database), $content, "$database: every row is as it was");
}

# Once more over itself, as people do who restore in place.
command_ok([ @pg_restore, '--clean', '--if-exists', '-d', $node->connstr('custom'), dump_file('custom') ],
    'custom: restored with --clean over what is there');
is(definition('custom'), $definition, 'custom: everything is defined as it was');
is(content('custom'), $content, 'custom: every row is as it was');

# The rows alone, into tables that install() made. The rows bring balances, so no trigger may count them again.
{
    my @data = new_database('data');
    $node->safe_psql('data', <<'SQL');
CREATE EXTENSION pg_rewards;
SELECT rewards.install(owner => 'shop_owner');
-- What install() wrote itself, the dump brings.
ALTER TABLE rewards.company_settings DISABLE TRIGGER USER;
ALTER TABLE rewards.trust_rules DISABLE TRIGGER USER;
TRUNCATE rewards.data_version, rewards.company_settings, rewards.trust_rules;
ALTER TABLE rewards.points_events ADD COLUMN my_source text;
SQL
    command_ok([ @psql, @data, '-f', dump_file('data') ], 'data: the rows alone are restored into new tables');
    is($node->safe_psql('data', $discrepancies), '', 'data: the balances are right');
    is(in_company('data', $acme, "SELECT coupon_code FROM rewards.redeem_coupon('$ann', '$ann', 'to keep')", 'none'),
        $code{'to keep'}, 'data: and the codes are there');
}

# What was restored works

for my $database ('plain', 'custom', 'folder', 'inserts') {
    is($node->safe_psql($database, $discrepancies), '', "$database: every balance is the sum of its events");
    is(in_company($database, $acme, "SELECT outcome, coupon_code, points_remaining, replayed FROM rewards.redeem_coupon('$ann', '$ann', 'to keep')"),
        "redeemed|$code{'to keep'}|1300|t", "$database: a nonce gives the same code again");
    is(in_company($database, $acme, "SELECT outcome, balance, replayed FROM rewards.award_points('$ann', 1500, 'welcome', 'first visit')"),
        'awarded|1500|t', "$database: and an idempotency key the same answer");
    is(in_company($database, $acme, "SELECT outcome FROM rewards.claim_coupon('$code{'to use'}', 'till 4')"), 'not_redeemable',
        "$database: a used code stays used");
    is(in_company($database, $acme, "SELECT outcome, value FROM rewards.claim_coupon('$code{'to keep'}', 'till 4')"), 'claimed|10',
        "$database: an open code can be claimed");
    is(in_company($database, $acme, "SELECT outcome, points_remaining FROM rewards.redeem_coupon('$ann', '$ann', 'after')"), 'redeemed|500',
        "$database: and a new one be had");
    is($node->safe_psql($database, 'SELECT max(position), count(*), sum(cost) FROM public.outbox'), '4|4|1000',
        "$database: the user's trigger fires");
    is(in_company($database, $acme, "SELECT balance FROM rewards.award_points('$bob', 2000)"), '2050', "$database: points can be awarded");
    is($node->safe_psql($database, "SELECT available_points, my_tier, (SELECT string_agg(DISTINCT my_source, ',') FROM rewards.points_events)
            FROM rewards.user_points_cache WHERE user_id = '$bob'"),
        '2050|gold|till 7', "$database: the user's columns are filled");
    my ($status, undef, $error) =
        $node->psql($database, "UPDATE rewards.points_events SET points_delta = 1000 WHERE user_id = '$bob'");
    like($error, qr/column "points_delta" of an event cannot change/, "$database: the guards stand");
    in_company($database, $acme, "INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status)
        VALUES ('$bob', 'by hand', now(), -2000, 'validated')", 'shop_owner');
    is($node->safe_psql($database, $discrepancies), '', "$database: the balance follows an INSERT");
    is($node->safe_psql($database, 'SET ROLE shop_app; SELECT count(*) FROM rewards.points_events'), '0',
        "$database: without a company nothing is seen");
    is(in_company($database, $other, 'SELECT count(*) FROM rewards.points_events'), '1', "$database: and another company sees its own");
    is(in_company($database, $acme, 'SELECT count(*) FROM rewards.coupons'), '3', "$database: the user's policy holds");
    is(in_company($database, $acme, <<"SQL", 'none'), "approved|535|f\n532\n535\n2,5,5,20,3", "$database: lots, approvals and statuses go on");
SELECT outcome, balance, replayed FROM rewards.review_points_event((SELECT id FROM rewards.points_events WHERE event_type = 'big'), 'approve', 'ben');
SELECT balance FROM rewards.deduct_points('$cleo', 3);
SELECT balance FROM rewards.refund_points('$cleo', (SELECT id FROM rewards.points_events WHERE points_delta = -3));
SELECT string_agg(remaining::text, ',' ORDER BY expires_at, remaining) FROM rewards.point_lots WHERE user_id = '$cleo'
SQL
    is(in_company($database, $acme, $audit_verdict, 'shop_staff'), in_company('shop', $acme, $audit_verdict, 'shop_staff'), "$database: the audit log verifies");
    is($node->safe_psql($database, "BEGIN; SET LOCAL ROLE shop_on_call; SELECT FROM rewards.begin_cross_company_access('the move'); SELECT count(DISTINCT company_id) FROM rewards.points_events; COMMIT"),
        '2', "$database: who may read all companies still may");
    like($node->safe_psql($database, $broken_entries), qr/^0 of [1-9]/, "$database: every entry has the hash of its content and the one before");
    ($status, undef, $error) =
        $node->psql($database, "SET ROLE shop_app; UPDATE rewards.user_points_cache SET available_points = 1000000");
    like($error, qr/permission denied/, "$database: the application writes nothing by itself");
}

# The extension does not take the money with it

{
    my ($status, undef, $error) = $node->psql('shop', 'DROP EXTENSION pg_rewards');
    isnt($status, 0, 'DROP EXTENSION without CASCADE is refused');
    for my $table ('data_version', 'used_nonces', 'user_points_cache', 'points_events', 'coupon_templates', 'coupons', 'master_keys') {
        like($error, qr/table rewards\.$table /, "... and it names $table");
    }
    is(content('shop'), $content, '... and everything is there');
}

$node->stop;
done_testing();
