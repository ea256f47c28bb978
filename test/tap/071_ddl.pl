# Are the tables really the owner's? While members redeem, claim, earn and submit, he adds columns, constraints, triggers and
# indexes, rebuilds, moves and drops them: every call goes by what holds at that moment, in backends that have long known the
# tables, too, and no index lacks a row.
use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::RealBin/stress", "$FindBin::RealBin/ddl";
use Changes qw(tables changes);
use Clients qw(start_pgbench);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
log_statement = none
deadlock_timeout = 100ms
log_line_prefix = '%a %e '
CONF
$node->start;
$node->safe_psql('postgres', slurp_file("$FindBin::RealBin/ddl/shop.sql"));

sub sql { return $node->safe_psql('postgres', $_[0]) }

sql('CREATE EXTENSION pg_rewards; SELECT open_shop()');

my $owner = $node->background_psql('postgres');
# In a deadlock it is not the owner who gives up.
$owner->query_safe("SET deadlock_timeout = '1min'");

# The statements give nothing, in a backend that knows the tables.
sub owner {
    my ($what, @statements) = @_;
    my $found = eval { $owner->query_safe(join '', map { /\\gset\z/ ? "$_\n" : "$_;\n" } @statements) } // $@;
    is($found, '', $what) or die "the owner's session is not what it should be";
}

# One backend: calls before, during and after a change that stays, and one that does not.

my $serve = 'CALL serve()';
my $served = 'redeemed claimed awarded recorded';
for my $change (map { changes($_) } tables()) {
    my ($do, $look, @undo) = ($change->{do}, $change->{look}, $change->{undo} // ());
    owner("$do: in vain", $serve, 'BEGIN', $do, $serve, $look, 'ROLLBACK', $serve,
        'BEGIN', $serve, 'SAVEPOINT before', $do, $serve, 'ROLLBACK TO before', $serve, 'COMMIT', $serve) if !$change->{alone};
    owner($do, $serve, $do, $serve, $look, @undo, $serve);
}

# What a call has to say to a change, and that it is forgotten with it.
sub answers {
    my ($what, $answer, @do) = @_;
    owner($what, $serve, 'BEGIN', @do, "SELECT answer FROM try_visit(member(1)) AS answer WHERE answer NOT LIKE '$answer'", 'ROLLBACK', $serve);
}

answers('a value that comes a second time', '23505 own', 'ALTER TABLE rewards.points_events ADD own integer', 'CREATE UNIQUE INDEX own ON rewards.points_events (own)',
    $serve, 'ALTER TABLE rewards.points_events ALTER own SET DEFAULT 7');
answers('the same, seen at the end', '23505 own', 'ALTER TABLE rewards.points_events ADD own integer, ADD CONSTRAINT own UNIQUE (own) DEFERRABLE INITIALLY DEFERRED',
    $serve, 'ALTER TABLE rewards.points_events ALTER own SET DEFAULT 7');
answers('an index of ours that is gone', '42704 table rewards.coupons lacks an index that starts with column "code_hash"', 'DROP INDEX rewards.coupons_code');
answers('a column of another name', '42703 column "balance" of rewards.used_nonces does not exist', 'ALTER TABLE rewards.used_nonces RENAME balance TO bilance');
answers('a column of another type', '42804 column "version" of rewards.user_points_cache has type numeric instead of bigint',
    'ALTER TABLE rewards.user_points_cache ALTER version TYPE numeric');
answers('a table of another name', '55000 the rewards tables are not installed%', 'ALTER TABLE rewards.points_events RENAME TO points');
answers('another table of the name', $served, 'CREATE SCHEMA aside', 'ALTER TABLE rewards.used_nonces SET SCHEMA aside',
    'CREATE TABLE rewards.used_nonces (LIKE aside.used_nonces INCLUDING ALL)');
answers('DROP EXTENSION', '3F000 schema "rewards" does not exist', 'SET LOCAL client_min_messages = error', 'DROP EXTENSION pg_rewards CASCADE');
# News of a table while a row of it is being written.
for my $table (tables()) {
    answers("a trigger that changes rewards.$table", $served,
        map { "CREATE TRIGGER own_$_ $_ INSERT OR UPDATE ON rewards.$table FOR EACH ROW EXECUTE FUNCTION meddle()" } qw(BEFORE AFTER));
    owner("TRUNCATE rewards.$table", "SELECT state FROM try_truncate('rewards.$table') AS state WHERE state <> '23001'");
}

# Many backends: those who must be served whatever the owner does, and those who tell of every error.

my @clients = (start_pgbench($node, 4, <<'SQL', '-M', 'prepared', '-T', 900), map { start_pgbench($node, 2, <<"SQL", '-T', 900) } 'READ COMMITTED', 'REPEATABLE READ');
\set member random(1, 12)
\set kind random(1, 4)
\if :kind = 1
INSERT INTO answer SELECT :member, outcome FROM rewards.redeem_coupon(member(:member), '33333333-3333-4333-8333-333333333333', 'r ' || nextval('number'));
\elif :kind = 2
INSERT INTO answer SELECT :member, outcome FROM rewards.award_points(member(:member), 10, NULL, 'a ' || nextval('number'));
\elif :kind = 3
INSERT INTO answer SELECT :member, outcome FROM nextval('number') AS n, rewards.submit_points_event(member(:member), 'visit', now() - n % 100000 * interval '5 s', 's ' || n);
\else
INSERT INTO answer SELECT :member, visit(member(:member));
\endif
SQL
\\set member random(0, 3)
\\set end random(1, 5)
BEGIN ISOLATION LEVEL $_;
INSERT INTO answer SELECT :member, try_visit(member(:member));
INSERT INTO answer SELECT :member, try_visit(member(:member));
\\if :end = 1
ROLLBACK;
\\else
COMMIT;
\\endif
SQL
my $present = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'client'";
$node->poll_query_until('postgres', $present, '8');

for my $change (map { changes($_) } tables()) {
    my ($do, $look, @undo) = ($change->{do}, $change->{look}, $change->{undo} // ());
    my $pause = 'DO $$ BEGIN PERFORM pg_sleep(0.03); END $$';
    owner("$do: in vain, under load", 'BEGIN', $do, $pause, 'ROLLBACK', $pause) if !$change->{alone};
    owner("$do: under load", $change->{alone} ? ($do) : ('BEGIN', $do, 'COMMIT'), $pause, $look, @undo);
}
is(sql($present), '8', 'everybody has been served to the end');
sql("SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE application_name = 'client'");
$_->{run}->finish for @clients;
note sql('SELECT member = 0, answer, count(*) FROM answer GROUP BY 1, 2 ORDER BY 3 DESC');
is(sql('SELECT DISTINCT answer FROM answer WHERE member > 0 ORDER BY 1'), "awarded\nrecorded\nredeemed\n$served", 'nobody had another answer');
is(sql('SELECT DISTINCT answer FROM answer WHERE member = 0 ORDER BY 1'), "23514 own\n$served", 'but the one who was shut out');
is(sql($_), '', $_) for (
    "SELECT wrong(indexrelid) FROM pg_index JOIN pg_class ON oid = indexrelid JOIN pg_am ON pg_am.oid = relam WHERE relnamespace = 'rewards'::regnamespace AND amname = 'btree'",
    'TABLE rewards.ledger_discrepancies', 'TABLE rewards.coupon_stock_discrepancies',
    q{SELECT * FROM rewards.verify_ledger() WHERE status <> 'ok'},
    'SELECT user_id, nonce FROM (TABLE rewards.used_nonces OFFSET 0) AS n GROUP BY user_id, company_id, nonce HAVING count(*) > 1');
unlike(slurp_file($node->logfile), qr/^client (?!57P01)\w+ (ERROR|FATAL)/m, 'and nobody had an error, or met a deadlock, that he did not tell of');

# Code and tables go, and come again. Who is there all the time hears what is missing, and is served in the end; who has
# several tables locked just then has to ask again.
@clients = start_pgbench($node, 3, <<'SQL', '-T', 900, '--max-tries', 100);
INSERT INTO answer SELECT -1, try_visit(member(1));
\sleep 2 ms
SQL

my ($no_code, $no_tables) = ('3F000 schema "rewards" does not exist', '55000 the rewards tables are not installed in database "postgres"');

sub hears {
    my ($answer, @do) = @_;
    owner($do[-1], 'TRUNCATE answer', @do);
    ok($node->poll_query_until('postgres', "SELECT EXISTS (SELECT FROM answer WHERE answer = '$answer')"), "$do[-1]: $answer");
    is(sql("SELECT answer FROM answer WHERE answer NOT IN ('$served', '$no_code', '$no_tables')"), '', "$do[-1]: and nothing else");
}
hears($served, $serve);
hears($no_code, 'SET client_min_messages = error', 'DROP EXTENSION pg_rewards CASCADE');
hears($no_tables, 'CREATE EXTENSION pg_rewards');
hears($served, 'DO $$ BEGIN PERFORM open_shop(); END $$');
$owner->quit;
$node->stop;
$_->{run}->finish for @clients;
unlike(slurp_file($node->logfile), qr/PANIC|terminated by signal|TRAP/, 'the server has nothing to complain of');
done_testing();
