# Codes of a vendor are nowhere to be read: not in the log, not in the WAL, not in a data file, not in a dump. They are
# known again under a new key, and back with the key file.
use strict;
use warnings FATAL => 'all';

use File::Copy qw(move);
use File::Find;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $tenant = '11111111-1111-4111-8111-111111111111';
my $template = '33333333-3333-4333-8333-333333333333';
my $member = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
my @codes = map { sprintf 'CINEMA-%06d-%s', $_, join '', map { chr(65 + int rand 26) } 1 .. 12 } 1 .. 30;

my $node = PostgreSQL::Test::Cluster->new('vendor');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
log_statement = all
log_min_messages = debug1
log_error_verbosity = verbose
wal_keep_size = 256MB
autovacuum = off
CONF
$node->start;
# Not in the data directory, which is searched.
my $list = PostgreSQL::Test::Utils::tempdir() . '/codes';
append_to_file($list, join "\n", @codes);

# One transaction of the company: its output, or its error.
sub in_company {
    my ($sql) = @_;
    my ($status, $output, $error) = $node->psql('postgres',
        "\\set VERBOSITY verbose\nBEGIN; SELECT FROM rewards.set_company_context('$tenant'); $sql; COMMIT;");
    return $status ? $error : $output;
}

sub import_list {
    return in_company("SELECT outcome, count(*) FROM rewards.import_vendor_codes('$template', string_to_array(pg_read_file('$list'), E'\\n')) GROUP BY 1");
}

# Which of the words are in a file below the folders?
sub found_in {
    my ($words, @folders) = @_;
    # Letters as they are: without regard to their case, Perl tries one word after the other.
    my $words_or_hex = join '|', map { (quotemeta, unpack 'H*', $_) } @$words;
    my $pattern = qr/$words_or_hex/;
    my @found;
    find({ no_chdir => 1, wanted => sub {
        return unless -f;
        open my $file, '<:raw', $_ or return;
        local $/;
        my $content = <$file>;
        push @found, $_ if defined $content && $content =~ $pattern;
    } }, @folders);
    return @found;
}

$node->safe_psql('postgres', <<"SQL");
CREATE ROLE shop;
CREATE EXTENSION pg_rewards;
SELECT rewards.install(owner => 'shop');
BEGIN;
SELECT rewards.set_company_context('$tenant');
INSERT INTO rewards.coupon_templates (id, template_name, points_cost, coupon_value_type, coupon_value, vendor_codes)
    VALUES ('$template', 'cinema', 10, 'product', 1, true);
SELECT FROM rewards.award_points('$member', 1000);
COMMIT;
SQL

# Nothing leaks

is(import_list(), 'imported|30', 'the codes are imported');
is(in_company("SELECT count(*) FROM generate_series(1, 20) n, rewards.redeem_coupon('$member', '$template', 'n' || n) WHERE outcome = 'redeemed'"),
    '20', 'and handed out');
my @shown = split /\n/, in_company("SELECT code FROM rewards.coupons c, rewards.reveal_vendor_code(c.coupon_id)");
my %imported = map { $_ => 1 } @codes;
is(scalar(grep { delete $imported{$_} } @shown), 20, 'each coupon shows a code of its own that was imported');
in_company("SELECT FROM rewards.import_vendor_codes('$template', ARRAY[NULL], repeat('x', 1000))");
$node->safe_psql('postgres', 'CHECKPOINT');
$node->command_ok(['pg_dump', '--file', $node->basedir . '/dump.sql', $node->connstr('postgres')], 'a dump is taken');
my @places = ($node->data_dir, $node->basedir . '/dump.sql', $node->logfile);
is_deeply([found_in(\@codes, @places)], [], 'no code is in a data file, the WAL, the dump or the log, as text or in hex');

$node->safe_psql('postgres', "CREATE TABLE planted AS SELECT substr('x$codes[7]', 2) AS code; CHECKPOINT");
my @found = found_in(\@codes, @places);
cmp_ok(scalar(@found), '>=', 3,
    'a code that is planted is found in the table, the WAL and the log');

# Keys

my $key_file = $node->data_dir . '/pg_rewards.keys';
if ($node->safe_psql('postgres', q(SELECT to_regprocedure('rewards.rotate_coupon_key(integer)') IS NOT NULL)) eq 't') {
    $node->safe_psql('postgres', 'SELECT rewards.rotate_coupon_key()');
} else {
    append_to_file($key_file, 'slot 1 ' . ('5a' x 32) . "\n");
}
append_to_file($list, "\nAFTER-THE-ROTATION");
is(import_list(), "imported|1\nduplicate|30", 'a code that came in under an older key is known again');
is($node->safe_psql('postgres', 'SELECT number, key_slot, codes FROM rewards.vendor_batches ORDER BY number'), "1|0|30\n2|1|1",
    'new ones are under the new key');
is(in_company("SELECT outcome FROM rewards.coupons c, rewards.reveal_vendor_code(c.coupon_id) WHERE status = 'issued' GROUP BY 1"), 'revealed',
    'the old ones are shown as before');

move($key_file, "$key_file.lost");
like(in_company("SELECT rewards.reveal_vendor_code(coupon_id) FROM rewards.coupons LIMIT 1"), qr/55000: the key file does not exist/,
    'without the key file no code can be read');
move("$key_file.lost", $key_file);
is(in_company("SELECT count(DISTINCT code) FROM rewards.coupons c, rewards.reveal_vendor_code(c.coupon_id)"), '20', 'with it all can be read again');

$node->stop;
done_testing();
