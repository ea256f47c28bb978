# Does what one version of the server has written hold under the next? pg_upgrade takes a programme from each version to
# the one after it, where the books are what they were, what was promised is kept, and business goes on.
use strict;
use warnings FATAL => 'all';

use File::Copy qw(copy);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my @versions = split / /, $ENV{PG_UPGRADE_VERSIONS} or die 'PG_UPGRADE_VERSIONS says from which version to which';
my $company = 'c0000000-0000-4000-8000-000000000001';
my $five_off = '70000000-0000-4000-8000-000000000001';
my $cinema = '70000000-0000-4000-8000-000000000002';
my $buyer = 'a0000000-0000-4000-8000-000000000001';

sub server_of {
    my ($version) = @_;
    my $server = PostgreSQL::Test::Cluster->new("server_$version", install_path => "/usr/lib/postgresql/$version");
    # Said outright, because only 18 turns them on by itself, and pg_upgrade wants both alike.
    $server->init(extra => ['--data-checksums']);
    return $server;
}

sub in_company {
    my ($server, $sql) = @_;
    return $server->safe_psql('postgres',
        "BEGIN; SELECT FROM rewards.set_company_context('$company', 'anna', 'admin'); $sql; COMMIT;");
}

# What happens

sub found_programme {
    my ($server) = @_;
    $server->safe_psql('postgres', <<'SQL');
CREATE ROLE shop;
CREATE EXTENSION pg_rewards;
SELECT rewards.install(owner => 'shop');
CREATE TABLE orders (id integer PRIMARY KEY, company_id uuid, total integer);
SELECT rewards.enable_tenant_rls('orders', audit => true);
SQL
    in_company($server, <<"SQL");
INSERT INTO rewards.coupon_templates (id, template_name, points_cost, coupon_value_type, coupon_value, total_stock, vendor_codes)
    VALUES ('$five_off', 'five off', 100, 'fixed_amount', 5, 1000, false), ('$cinema', 'cinema', 50, 'product', 1, NULL, true);
INSERT INTO rewards.point_rules (event_type, base_points, expires_after) VALUES ('habit', 10, '1 year');
SELECT FROM rewards.import_vendor_codes('$cinema', ARRAY(SELECT 'KINO-' || n FROM generate_series(1, 20) n))
SQL
}

sub do_business {
    my ($server, $version) = @_;
    my $members = "generate_series(1, 40) n, uuid(format('a0000000-0000-4000-8000-%s', lpad(n::text, 12, '0'))) member";
    is(in_company($server, <<"SQL"), "40\n40\n20", "$version: points are awarded, submitted and deducted");
SELECT count(*) FROM $members, rewards.award_points(member, 500, 'on $version', '$version award ' || n) WHERE outcome = 'awarded';
SELECT count(*) FROM $members, rewards.submit_points_event(member, 'habit', now(), '$version habit ' || n) WHERE outcome = 'recorded';
SELECT count(*) FROM $members, rewards.deduct_points(member, 30) WHERE n % 2 = 0 AND outcome = 'deducted'
SQL
    in_company($server, <<"SQL");
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status)
    VALUES ('$buyer', 'receipt on $version', now(), 30, 'pending_review'), ('$buyer', 'parcel', now(), 5, 'pending_review');
SELECT FROM rewards.review_points_event((SELECT id FROM rewards.points_events WHERE event_type = 'receipt on $version'), 'approve');
INSERT INTO orders (id, total) VALUES ($version, 100);
UPDATE orders SET total = total + 1;
SQL
}

sub redeem {
    my ($server, $template, $nonce) = @_;
    return in_company($server, "SELECT outcome, coupon_code, replayed FROM rewards.redeem_coupon('$buyer', '$template', '$nonce')");
}

# What is there

# Every row, a line for each table.
sub content {
    my ($server) = @_;
    my @tables = split /\n/, $server->safe_psql('postgres', "SELECT oid::regclass FROM pg_class
        WHERE relkind = 'r' AND relnamespace IN ('rewards'::regnamespace, 'public'::regnamespace) ORDER BY 1");
    return join "\n", map {
        $server->safe_psql('postgres', "SELECT '$_', count(*), md5(string_agg(r::text, ';' ORDER BY r::text)) FROM $_ r") } @tables;
}

# A line for each check of the books, and of what is outside of them.
sub checks {
    my ($server, $digest) = @_;
    return in_company($server, <<"SQL");
SELECT 'ledger', "check", status, checked, first_bad FROM rewards.verify_ledger(digest => '$digest');
SELECT 'audit', "check", status, checked, first_bad FROM rewards.verify_audit(digest => '$digest');
SELECT 'reconciled', count(*) FROM rewards.reconcile_ledger();
SELECT 'differs', 'account', user_id FROM rewards.ledger_discrepancies;
SELECT 'differs', 'stock', s::text FROM rewards.coupon_stock_discrepancies s;
SELECT 'differs', 'vendor code', c::text FROM rewards.vendor_code_discrepancies c
SQL
}

sub seal {
    my ($server) = @_;
    in_company($server, 'SELECT FROM rewards.seal_ledger()');
    return in_company($server, 'SELECT digest FROM rewards.ledger_digest()');
}

sub receipts {
    my ($server) = @_;
    return in_company($server, 'SELECT rewards.event_receipt(id, user_id) FROM rewards.points_events ORDER BY id LIMIT 40');
}

sub books_are_right {
    my ($server, $digest, $name) = @_;
    my $checks = checks($server, $digest);
    unlike($checks, qr/\|bad\||^differs/m, "$name: ledger and audit log verify, and nothing differs");
    my @checked = $checks =~ /^(?:ledger|audit)\|[^|]*\|ok\|[1-9]/mg;
    is(scalar @checked, 19, '... in nineteen checks that all had something to look at');
    like($checks, qr/^reconciled\|0$/m, '... and every account is reconciled');
}

# From version to version

sub upgrade {
    my ($old, $new) = @_;
    $old->stop;
    my ($from, $to) = map { $_->config_data('--bindir') } $old, $new;
    chdir $PostgreSQL::Test::Utils::tmp_check or die $!;    # where pg_upgrade writes its scripts
    command_ok([ "$to/pg_upgrade", '--no-sync', '-b', $from, '-B', $to, '-d', $old->data_dir, '-D', $new->data_dir,
            '-p', $old->port, '-P', $new->port, '-s', $new->host ], "pg_upgrade to $to");
    copy($old->data_dir . '/pg_rewards.keys', $new->data_dir) or die $!;
    chmod 0600, $new->data_dir . '/pg_rewards.keys';
    $new->start;
}

sub extension_is_the_same {
    my ($server, $version) = @_;
    my ($status, undef, $notice) = $server->psql('postgres', 'ALTER EXTENSION pg_rewards UPDATE');
    like($notice, qr/version "\S+" of extension "pg_rewards" is already installed/, "$version: the extension needs no update");
    is($server->safe_psql('postgres', "SELECT current_setting('server_version_num')::integer / 10000"), $version, '... on this server');
}

my %codes;    # by the version that issued them, and the one that they are to be claimed on
my ($server, $ticket, $digest, $receipts, $content);
for my $version (@versions) {
    my $new = server_of($version);
    if ($server) {
        upgrade($server, $new);
        is(content($new), $content, "$version: every row is as it was");
        books_are_right($new, $digest, $version);
        is(receipts($new), $receipts, '... and so are the receipts of events in sealed blocks');
        is(redeem($new, $cinema, 'film'), $ticket, '... a nonce gives the same answer');
        like(in_company($new, 'SELECT r.outcome, r.code FROM rewards.coupons c, rewards.reveal_vendor_code(c.coupon_id) r
                WHERE c.template_id = ' . "'$cinema'"), qr/^revealed\|KINO-\d+$/, '... and the code of a vendor can be read');
    } else {
        $new->start;
        found_programme($new);
    }
    $server = $new;
    extension_is_the_same($server, $version);
    do_business($server, $version);
    for my $later (grep { $_ >= $version } @versions) {
        my $redeemed = redeem($server, $five_off, "$version for $later");
        like($redeemed, qr/^redeemed\|[0-9A-Z-]{19}\|f$/, "$version: points become a coupon");
        $codes{$version}{$later} = (split /\|/, $redeemed)[1];
    }
    for my $earlier (grep { $_ <= $version } @versions) {
        my $code = $codes{$earlier}{$version};
        is(redeem($server, $five_off, "$earlier for $version"), "redeemed|$code|t", "$version: the code of $earlier is the same again");
        is(in_company($server, "SELECT outcome, value FROM rewards.claim_coupon('$code', 'till')"), 'claimed|5', '... and can be claimed');
        is(in_company($server, "SELECT outcome FROM rewards.claim_coupon('$code', 'till')"), 'not_redeemable', '... once');
    }
    $ticket //= redeem($server, $cinema, 'film') =~ s/f$/t/r;
    $digest = seal($server);
    books_are_right($server, $digest, "$version, sealed");
    $receipts = receipts($server);
    in_company($server, "SELECT FROM rewards.award_points('$buyer', 1)");    # comes along unsealed
    $content = content($server);
}
$server->stop;
done_testing();
