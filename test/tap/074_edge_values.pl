# Whatever anybody passes to any function: every function is called by every kind of role, in and out of a company, with values
# at the edges of their types, from several connections at once; and nobody meets an internal error, no backend dies,
# nobody gets further than grant_access() says, and the books are what they should be.
#
# EDGE_SECONDS=60 is how long; EDGE_SEED=n asks the same again (what is answered, chance decides).
use FindBin;
use lib map { "$FindBin::RealBin/$_" } qw(edge faults model);
use v5.36;
use Callers;
use Checker qw(wrong);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $seconds = $ENV{EDGE_SECONDS} // 8;
my $seed = $ENV{EDGE_SEED} // int rand 1_000_000;
diag "EDGE_SEED=$seed";

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
restart_after_crash = on
max_connections = 30
shared_buffers = 64MB
deadlock_timeout = 100ms
log_statement = none
log_min_messages = log
log_min_error_statement = panic
CONF
$node->start;
$node->safe_psql('postgres', slurp_file("$FindBin::RealBin/$_")) for qw(faults/shop.sql edge/shop.sql);
my @roles = qw(back_end staff shop tenant auditor);
$node->safe_psql('postgres', "ALTER ROLE $_ SET statement_timeout = '30s'; ALTER ROLE $_ SET lock_timeout = '2s'") for @roles;

# Who was refused what.
sub refusals (@reports) {
    my %denied = map { my $report = $_; map { ("$report->{role} $_" => 1) } keys %{ $report->{denied} } } @reports;
    return join "\n", sort keys %denied;
}

sub forbidden (@of) {
    my $roles = join ', ', map { "'$_'" } @of;
    return join "\n", sort split /\n/, $node->safe_psql('postgres', <<"SQL");
SELECT role || ' ' || signature FROM (SELECT role, signature FROM unnest(ARRAY[$roles]) AS role, callable EXCEPT SELECT role, signature FROM permitted) AS forbidden
SQL
}

sub found_by (@reports) { return join "\n", map { substr $_, 0, 2000 } map { @{ $_->{found} } } @reports }

my $callers = Callers->start(node => $node, name => 'all', seed => $seed, roles => [ @roles, qw(staff staff shop back_end) ]);
my ($failures, @reports) = $callers->finish($seconds);
is($failures, 0, 'every caller came to his end') or diag map { slurp_file($_) } glob $node->basedir . '/errors.*';
is(found_by(@reports), '', 'nobody met an internal error, SQL made wrongly of what he passed, or lost his connection, and nothing took too long');
is(refusals(@reports), forbidden(@roles), 'and everybody could call what grant_access() says, and nothing else');

my (%states, $calls);
for my $report (@reports) {
    $calls += $report->{calls};
    for my $name (keys %{ $report->{states} }) { $states{$name}{$_} += $report->{states}{$name}{$_} for keys %{ $report->{states}{$name} } }
}
note sprintf '%d calls, %d a second: %s', $calls, $calls / $seconds, join ', ', map { "$_->{role} $_->{calls}" } @reports;
note map { my $of = $states{$_}; "$_: " . join(', ', map { "$_ $of->{$_}" } sort keys %$of) . "\n" } sort keys %states;
my @never = grep { !$states{$_}{'00000'} } sort keys %states;
note "never answered: @never";

is(wrong($node, $node->basedir), '', 'the books are what they should be');
is($node->safe_psql('postgres', 'TABLE rewards.vendor_code_discrepancies'), '', 'and so are the codes of vendors');
my @companies = map { $_->[0] } Callers::rows($node, "SELECT DISTINCT company_id FROM rewards.user_points_cache");
is(join('', map { Checker::verify($node, $_) } @companies), '', 'in every company that was entered');
unlike(slurp_file($node->logfile), qr/terminated by signal|PANIC|TRAP/, 'no server process died');

# A test that finds nothing has to show that it would: what is internal, what nobody granted, and what dies.
$node->safe_psql('postgres', <<'SQL');
CREATE FUNCTION rewards.fail(number integer) RETURNS integer LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'planted' USING ERRCODE = 'XX000'; END $$;
SQL
(undef, @reports) = Callers->start(node => $node, name => 'planted', seed => $seed, roles => ['tenant'])->finish(0);
like(found_by(@reports), qr/^XX000 a planted: .*rewards\.fail/m, 'an internal error is found');
unlike(refusals(@reports), qr/^tenant rewards\.fail/m, 'and what somebody may call');
like(forbidden('tenant'), qr/^tenant rewards\.fail/m, 'that nobody granted');
$node->safe_psql('postgres', <<'SQL');
CREATE FUNCTION rewards.die(number integer) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN COPY (SELECT 1) TO PROGRAM 'kill -SEGV $PPID'; END $$;
SQL
(undef, @reports) = Callers->start(node => $node, name => 'mortal', seed => $seed, roles => ['tenant'])->finish(0);
like(found_by(@reports), qr/^the connection was lost: .*rewards\.die/m, 'so is a backend that dies');
like(slurp_file($node->logfile), qr/terminated by signal 11/, 'and the log tells of it');

$node->stop;
done_testing();
