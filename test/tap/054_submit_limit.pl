# Is a limit exact when many submit for one account at once? And does a session that keeps rules and settings in memory
# hear of what another one changes?
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $tenant = '11111111-1111-4111-8111-111111111111';
my $enter = "SELECT FROM rewards.set_company_context('$tenant');";

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', <<"SQL");
CREATE ROLE shop;
CREATE EXTENSION pg_rewards;
SELECT rewards.install(owner => 'shop');
CREATE UNLOGGED TABLE answer (race text, outcome text, retry_after bigint);
INSERT INTO rewards.company_settings (company_id, trust_validate_at, trust_review_at) VALUES ('$tenant', 0, 0);
INSERT INTO rewards.point_rules (company_id, event_type, base_points, streak_days, streak_permille)
    VALUES ('$tenant', 'visit', 1, NULL, NULL), ('$tenant', 'purchase', 30, NULL, NULL);
SQL

sub submit { return "rewards.submit_points_event('$_[0]', '$_[1]', clock_timestamp(), gen_random_uuid()::text)" }

# Twenty clients, ten events each: the hour has room for a hundred, or for 33 of 30 points.
sub submit_at_once {
    my ($level, $type, $fit) = @_;
    my $race = "$type, $level";
    my $member = $node->safe_psql('postgres', 'SELECT gen_random_uuid()');
    my $submit = submit($member, $type);
    $node->pgbench('-n -c 20 -t 10 -M prepared', 0, [ qr{processed: 200/200} ], [ qr{^$} ], "$race: every client comes to its end",
        { "057_$type\_$level" =~ s/ /_/r => "BEGIN ISOLATION LEVEL $level; $enter INSERT INTO answer SELECT '$race', outcome, retry_after FROM $submit; COMMIT;" });
    is($node->safe_psql('postgres', "SELECT outcome, count(*) FROM answer WHERE race = '$race' GROUP BY 1 ORDER BY 1"),
        'rate_limited|' . (200 - $fit) . "\nrecorded|$fit", "$race: as many as fit, and not one more");
    is($node->safe_psql('postgres', "SELECT count(*), sum(points_delta) FROM rewards.points_events WHERE user_id = '$member'"),
        "$fit|" . $fit * ($type eq 'visit' ? 1 : 30), "$race: so the books say, too");
    is($node->safe_psql('postgres', "SELECT hour_events + past_hour_events, day_points + past_day_points FROM rewards.user_points_cache WHERE user_id = '$member'"),
        "$fit|" . $fit * ($type eq 'visit' ? 1 : 30), "$race: and the counters");
    is($node->safe_psql('postgres', "SELECT bool_and(retry_after BETWEEN 3000 AND 3600) FROM answer WHERE race = '$race' AND outcome <> 'recorded'"),
        't', "$race: the others know when to come back");
}

for my $level ('READ COMMITTED', 'REPEATABLE READ') {
    submit_at_once($level, 'visit', 100);
    submit_at_once($level, 'purchase', 33);
}

# A session that is kept, as a pooler keeps them.
my $session = $node->background_psql('postgres');
my $member = $node->safe_psql('postgres', 'SELECT gen_random_uuid()');

sub answer {
    my ($columns, $type) = @_;
    return (split /\n/, $session->query_safe("BEGIN; $enter SELECT $columns FROM " . submit($member, $type // 'visit') . '; COMMIT;'))[-1];
}

is(answer('outcome, points'), 'recorded|1', 'a session reads a rule');
$node->safe_psql('postgres', "UPDATE rewards.point_rules SET base_points = 2 WHERE event_type = 'visit'");
is(answer('outcome, points'), 'recorded|2', 'another one changes it');
$node->safe_psql('postgres', "UPDATE rewards.company_settings SET events_per_hour = 2 WHERE company_id = '$tenant'");
is(answer('outcome'), 'rate_limited', 'and the settings');
$node->safe_psql('postgres', "DELETE FROM rewards.company_settings WHERE company_id = '$tenant'");
is(answer('outcome', 'purchase'), 'recorded', 'and takes them back');
$node->safe_psql('postgres', 'DELETE FROM rewards.point_rules');
is(answer('outcome'), 'unknown_event_type', 'and the rules');
$session->quit;

done_testing();
