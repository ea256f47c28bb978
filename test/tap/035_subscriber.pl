# A logical subscriber (for reports, or for an upgrade without a pause) gets the books as they are: no balance is counted
# twice, nobody signs decisions that he did not take, and the guards stand there too.
use strict;
use warnings FATAL => 'all';

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $tenant = '11111111-1111-4111-8111-111111111111';
my $template = '33333333-3333-4333-8333-333333333333';
my $ann = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
my $bob = 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb';
my @tables = map { "rewards.$_" } qw(master_keys coupon_templates coupons points_events ledger_entries point_lots
    point_lot_uses event_approvals used_nonces user_points_cache);

my ($publisher, $subscriber) = map { PostgreSQL::Test::Cluster->new($_) } 'publisher', 'subscriber';
for my $node ($publisher, $subscriber) {
    $node->init(allows_streaming => 'logical');
    $node->append_conf('postgresql.conf', 'shared_buffers = 32MB');
    $node->start;
    $node->safe_psql('postgres', "CREATE ROLE shop; CREATE EXTENSION pg_rewards; SELECT rewards.install(owner => 'shop')");
}

sub in_company {
    my ($node, $sql, $actor) = @_;
    $actor //= 'back end';
    return $node->safe_psql('postgres', "BEGIN; SELECT FROM rewards.set_company_context('$tenant', '$actor'); $sql; COMMIT;");
}

sub books {
    my ($node) = @_;
    return map { split /\n/, $node->safe_psql('postgres', "SELECT '$_', t FROM $_ t ORDER BY t::text") } @tables;
}

# Entries whose hash is not the one that their content and the entry before them make.
sub broken_entries {
    my ($node) = @_;
    return $node->safe_psql('postgres', <<'SQL');
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
}

# The rows that only one of the two has.
sub differences {
    my %count;
    $count{$_}++ for books($publisher);
    $count{$_}-- for books($subscriber);
    return join "\n", map { ($count{$_} > 0 ? 'published: ' : 'subscribed: ') . $_ } grep { $count{$_} } sort keys %count;
}

sub decide {
    my ($event_type, $status, $actor) = @_;
    in_company($publisher, "UPDATE rewards.points_events SET validation_status = '$status' WHERE event_type = '$event_type'", $actor);
}

# Rows that are there when the subscription starts, and rows that come later

in_company($publisher, <<"SQL");
INSERT INTO rewards.coupon_templates (id, template_name, points_cost, coupon_value_type, coupon_value) VALUES ('$template', 'ten off', 10, 'fixed_amount', 10);
SELECT FROM rewards.award_points('$ann', 100, 'early', 'first');
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta) VALUES ('$ann', 'receipt', now(), 7);
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status, expires_at)
    VALUES ('$bob', 'gift', now(), 20, 'validated', now() + '1 day'), ('$bob', 'gift', now(), 20, 'validated', now() + '2 days'),
           ('$bob', 'big', now(), 500, 'pending_review', NULL);
SELECT FROM rewards.deduct_points('$bob', 5);
INSERT INTO rewards.company_settings (company_id, review_four_eyes_points) VALUES ('$tenant', 100);
SELECT FROM rewards.review_points_event((SELECT id FROM rewards.points_events WHERE event_type = 'big'), 'approve', 'clerk')
SQL
my $code = in_company($publisher, "SELECT coupon_code FROM rewards.redeem_coupon('$ann', '$template', 'early')");

$publisher->safe_psql('postgres', 'CREATE PUBLICATION books FOR TABLE ' . join ', ', @tables);
$subscriber->safe_psql('postgres', sprintf q(CREATE SUBSCRIPTION books CONNECTION '%s' PUBLICATION books),
    $publisher->connstr('postgres') =~ s/'/''/gr);
$subscriber->poll_query_until('postgres', "SELECT bool_and(srsubstate IN ('r', 's')) FROM pg_subscription_rel")
    or die 'the subscriber does not get its first copy';
is(differences(), '', 'the first copy is the same');
is(scalar(grep { /^rewards.user_points_cache.*,90,7,100,10,/ } books($subscriber)), 1, '... with the balance');

in_company($publisher, "SELECT FROM rewards.award_points('$bob', 50)");
in_company($publisher, "SELECT FROM rewards.redeem_coupon('$bob', '$template', 'late')");
in_company($publisher, "SELECT FROM rewards.claim_coupon('$code', 'till')");
in_company($publisher, "INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status)
    SELECT '$bob', 'import', now(), n, 'validated' FROM generate_series(1, 10) n");
in_company($publisher, "SELECT FROM rewards.deduct_points('$bob', 20)");
in_company($publisher, "SELECT FROM rewards.review_points_event((SELECT id FROM rewards.points_events WHERE event_type = 'big'), 'approve', 'boss')");
decide('receipt', 'pending_review', 'clerk');
decide('receipt', 'validated', 'chief');
$publisher->wait_for_catchup('books');
is(differences(), '', 'and what came later is, too');
is(scalar(grep { /^rewards\.points_events.*,validated,chief,/ } books($subscriber)), 1, '... with the one who decided');

in_company($publisher, "INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta) VALUES ('$bob', 'visit', now(), 3)");
decide('visit', $_, 'clerk') for 'pending_review', 'validated';
$publisher->wait_for_catchup('books');
is(differences(), '', '... also where one person decides twice');

like(broken_entries($publisher), qr/^0 of [1-9]/, 'every entry has the hash of its content');
is(broken_entries($subscriber), broken_entries($publisher), '... at the subscriber, too');

my ($status, undef, $error) = $subscriber->psql('postgres', 'DELETE FROM rewards.points_events');
like($error, qr/DELETE on table "points_events" is not allowed/, 'the subscriber guards the ledger');
($status, undef, $error) = $subscriber->psql('postgres',
    "SET session_replication_role = replica; UPDATE rewards.points_events SET points_delta = 1000");
like($error, qr/column "points_delta" of an event cannot change/, '... also from the role that replication has');

# It takes over

$subscriber->safe_psql('postgres', 'DROP SUBSCRIPTION books');
PostgreSQL::Test::Utils::append_to_file($subscriber->data_dir . '/pg_rewards.keys', slurp_file($publisher->data_dir . '/pg_rewards.keys'));
chmod 0600, $subscriber->data_dir . '/pg_rewards.keys';
$publisher->stop;
is(in_company($subscriber, "SELECT coupon_code, replayed FROM rewards.redeem_coupon('$ann', '$template', 'early')"), "$code|t",
    'after it took over, with the key file, a nonce gives the same code');
is(in_company($subscriber, "SELECT outcome, balance FROM rewards.award_points('$ann', 1)"), 'awarded|98', '... and points can be awarded');
is(in_company($subscriber, "SELECT available_points FROM rewards.calculate_user_points('$ann')"), '98', '... and the books add up');

like(broken_entries($subscriber), qr/^0 of [1-9]/, '... with entries that follow those of before');
is(in_company($subscriber, "SELECT balance FROM rewards.deduct_points('$bob', 2); SELECT remaining FROM rewards.point_lots WHERE user_id = '$bob'"),
    "611\n3", '... and points that expire are spent first');

$subscriber->stop;
done_testing();
