# Does the ledger tell when it was changed behind its back? A superuser switches every trigger off and plays each attack
# on a copy of a database; verify_ledger() has to name it, in the layer that can know. Then the other way round: a ledger
# that nobody touched verifies at every moment, under writers who roll back, use savepoints and take their time.
use strict;
use warnings FATAL => 'all';

use Digest::SHA qw(sha256);
use IPC::Run;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $tenant = '11111111-1111-4111-8111-111111111111';
my $other = '22222222-2222-4222-8222-222222222222';
my $ann = 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa';
my $bob = 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb';

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(allows_streaming => 1);
$node->append_conf('postgresql.conf', "max_prepared_transactions = 5\nmax_connections = 40\nautovacuum = off\n");
$node->start;

sub in_company {
    my ($database, $sql, $server) = @_;
    return ($server // $node)->safe_psql($database,
        "BEGIN; SELECT FROM rewards.set_company_context('$tenant', 'back end'); $sql; COMMIT;");
}

sub award { return "SELECT FROM rewards.award_points('$_[0]', $_[1], 'for the test')" }
sub seal { return in_company($_[0], 'SELECT * FROM rewards.seal_ledger()', $_[1]) }

# The checks that are bad, with their layers, and the first place of each.
sub findings {
    my ($database, $arguments, $server) = @_;
    return in_company($database, qq{SELECT layer || ' ' || "check" || ' (' || first_bad || ')'
        FROM rewards.verify_ledger($arguments) WITH ORDINALITY AS found
       WHERE status <> 'ok' OR bad <> 0 ORDER BY ordinality}, $server);
}
sub checks_named { return join ', ', map { s/ \(.*//r } split /\n/, $_[0] }

# A ledger with everything in it: events by functions and by SQL, decisions, two members, two companies, three blocks

$node->safe_psql('postgres', <<'SQL');
CREATE ROLE shop;
CREATE DATABASE ledger;
SQL
$node->safe_psql('ledger', <<'SQL' =~ s/TENANT/'$tenant'/gr);
CREATE EXTENSION pg_rewards;
SELECT rewards.install(owner => 'shop');

-- What somebody who knows the documentation can do: all hashes of an account anew, with its balances,
CREATE FUNCTION rechain(who uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    entry record;
    event rewards.points_events;
    change rewards.ledger_entries;
    hash bytea;
    balance bigint := 0;
BEGIN
    FOR entry IN SELECT * FROM rewards.ledger WHERE user_id = who AND company_id = TENANT ORDER BY version LOOP
        SELECT * INTO event FROM rewards.points_events WHERE user_id = who AND company_id = TENANT AND id = entry.event_id;
        SELECT * INTO change FROM rewards.ledger_entries WHERE user_id = who AND company_id = TENANT AND event_id = entry.event_id AND kind = 'status'
           AND (entry.kind = 'event' OR version = entry.version) ORDER BY version LIMIT 1;
        IF (CASE entry.kind WHEN 'event' THEN coalesce(change.old_status, event.validation_status) ELSE change.new_status END) = 'validated' THEN
            balance := balance + event.points_delta;
        END IF;
        change.balance_after := balance;
        hash := CASE entry.kind WHEN 'event' THEN rewards.event_entry_hash(hash, entry.version, entry.recorded_at, balance, event,
                    change.old_status, change.old_validated_by, change.old_validated_at, change.old_notes)
                ELSE rewards.status_entry_hash(hash, change) END;
        UPDATE rewards.points_events SET entry_hash = hash, balance_after = balance WHERE user_id = who AND company_id = TENANT AND version = entry.version;
        UPDATE rewards.ledger_entries SET entry_hash = hash, balance_after = balance WHERE user_id = who AND company_id = TENANT AND version = entry.version;
    END LOOP;
    UPDATE rewards.user_points_cache SET chain_head = hash, (version, available_points, pending_points, lifetime_earned, lifetime_spent) =
        (SELECT (SELECT max(version) FROM rewards.ledger WHERE user_id = who AND company_id = TENANT),
                coalesce(sum(points_delta) FILTER (WHERE validation_status = 'validated'), 0),
                coalesce(sum(points_delta) FILTER (WHERE validation_status NOT IN ('validated', 'rejected')), 0),
                coalesce(sum(points_delta) FILTER (WHERE validation_status = 'validated' AND points_delta > 0), 0),
                coalesce(-sum(points_delta) FILTER (WHERE validation_status = 'validated' AND points_delta < 0), 0)
           FROM rewards.points_events WHERE user_id = who AND company_id = TENANT) WHERE user_id = who AND company_id = TENANT;
END $$;
-- and all blocks.
CREATE FUNCTION reblock() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    b rewards.ledger_blocks;
    previous bytea := decode(repeat('00', 32), 'hex');
BEGIN
    FOR b IN SELECT * FROM rewards.ledger_blocks WHERE company_id = TENANT ORDER BY block LOOP
        SELECT count(*), rewards.merkle_root(uuid_send(user_id) || int8send(version) || entry_hash ORDER BY user_id, version)
          INTO b.entries, b.root FROM rewards.ledger
         WHERE company_id = b.company_id AND system_id = b.system_id AND xid >= b.from_xid AND xid < b.to_xid;
        b.previous_hash := previous;
        b.block_hash := rewards.block_hash(b.company_id, b.block, b.system_id, b.from_xid, b.to_xid, b.entries, b.root,
                                           b.previous_hash, b.sealed_at, b.sealed_by);
        UPDATE rewards.ledger_blocks SET (entries, root, previous_hash, block_hash) = (b.entries, b.root, b.previous_hash, b.block_hash)
         WHERE block = b.block AND company_id = b.company_id;
        previous := b.block_hash;
    END LOOP;
END $$;
SQL
in_company('ledger', award($ann, 100) . ';' . award($ann, 20) . ';' . award($bob, 7));
in_company('ledger', <<"SQL");
INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status)
VALUES ('$ann', 'receipt', '2024-02-29 12:00+00', 30, 'pending_review'), ('$bob', 'receipt', '2024-02-29 12:00+00', 4, 'validated')
SQL
is(seal('ledger'), '1|5|1', 'the first block has the first five entries');
in_company('ledger', "UPDATE rewards.points_events SET validation_status = 'flagged' WHERE validation_status = 'pending_review'");
in_company('ledger', "UPDATE rewards.points_events SET validation_status = 'validated' WHERE validation_status = 'flagged'");
in_company('ledger', "SELECT FROM rewards.deduct_points('$ann', 50)");
is(seal('ledger'), '1|3|2', 'the second the next three');
in_company('ledger', award($ann, 3));
in_company('ledger', award($bob, 5));
is(seal('ledger'), '1|2|3', 'the third the last two');
is(seal('ledger'), '0|0|3', 'and without new entries there is no new block');
$node->safe_psql('ledger', "BEGIN; SELECT FROM rewards.set_company_context('$other'); " . award($ann, 1) . '; COMMIT');
my $digest = in_company('ledger', 'SELECT digest FROM rewards.ledger_digest()');
is(findings('ledger', "digest => '$digest'"), '', 'nobody has touched it, and nothing is found');
is(in_company('ledger', q{SELECT string_agg(checked::text, ' ') FROM rewards.verify_ledger()}), '10 10 10 10 2 8 1 2 3 3 3 3 0',
    'and all of it was looked at');

# Receipts, checked with a SHA-256 and nothing else

sub receipt_holds {
    my ($receipt) = @_;
    my ($hash, $index, $last) = (sha256("\0" . pack 'H*', $receipt->{leaf}), $receipt->{index}, $receipt->{size} - 1);
    return 0 if $index > $last;
    for my $sibling (map { pack 'H*', $_ } @{ $receipt->{path} }) {
        return 0 if $last == 0;
        if ($index % 2 || $index == $last) {
            $hash = sha256("\1$sibling$hash");
            until ($index % 2 || !$index) { $index >>= 1; $last >>= 1 }
        } else {
            $hash = sha256("\1$hash$sibling");
        }
        $index >>= 1;
        $last >>= 1;
    }
    my $block = $receipt->{block};
    return 0 unless $last == 0 && unpack('H*', $hash) eq $block->{root} && $receipt->{size} == $block->{entries};
    my $message = 'pg_rewards block v1' . pack('H*', $receipt->{company_id} =~ tr/-//dr)
        . pack('q>5', @$block{qw(block system_id from_xid to_xid entries)})
        . pack('H*H*', @$block{qw(root previous_hash)}) . pack('q>', $block->{sealed_at}) . $block->{sealed_by};
    my $leaf = pack 'H* q> H*', $receipt->{user_id} =~ tr/-//dr, @$receipt{qw(version entry_hash)};
    return unpack('H*', sha256($message)) eq $block->{block_hash} && $leaf eq pack 'H*', $receipt->{leaf};
}

my @events = split /\n/, in_company('ledger', 'SELECT id FROM rewards.points_events WHERE company_id = rewards.get_current_company_id()');
is(scalar @events, 8, 'there are eight events');
for my $event (@events) {
    my $text = in_company('ledger', "SELECT rewards.event_receipt('$event')");
    my $receipt = decode_json($text);
    ok(receipt_holds($receipt), "the receipt of $receipt->{user_id}, entry $receipt->{version}, holds");
    for my $change (sub { substr($_[0]{entry_hash}, 0, 1) =~ tr/0-9a-f/1-9a-f0/ }, sub { $_[0]{version}++ }, sub { $_[0]{index}++ },
        sub { substr($_[0]{leaf}, 50, 1) =~ tr/0-9a-f/1-9a-f0/ }, sub { substr($_[0]{block}{root}, 9, 1) =~ tr/0-9a-f/1-9a-f0/ },
        sub { $_[0]{block}{block}++ }, sub { $_[0]{block}{sealed_by} = 'me' }, sub { push @{ $_[0]{path} }, '00' x 32 }) {
        my $forged = decode_json($text);
        $change->($forged);
        ok(!receipt_holds($forged), '... and not when it is forged');
    }
}

# The attacks

my $attacks = 0;

# An attack on a copy, and what is found there: the checks, in their order.
sub attack {
    my ($name, $sql, $wanted, $more) = @_;
    my $database = 'attack' . ++$attacks;
    $node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE ledger");
    $node->safe_psql($database, 'SET session_replication_role = replica;'
        . join('', map { "ALTER TABLE rewards.$_ DISABLE TRIGGER ALL;" } qw(points_events ledger_entries user_points_cache ledger_blocks)) . $sql);
    my $found = findings($database, "digest => '$digest'");
    is(checks_named($found), $wanted, $name);
    $more->($database, $found) if $more;
    $node->safe_psql('postgres', "DROP DATABASE $database");
}

sub event { my ($user, $points) = @_; return "rewards.points_events WHERE user_id = '$user' AND points_delta = $points AND company_id = '$tenant'" }
sub change_event { my ($user, $points, $set) = @_; return 'UPDATE ' . (event($user, $points) =~ s/ WHERE/ SET $set WHERE/r) . ';' }

attack('an amount is edited', change_event($ann, 20, 'points_delta = 2000'), '1 entry hash, 1 running balance, balance balance', sub {
    my ($database, $found) = @_;
    like($found, qr/entry hash \(user $ann version 2\)/, '... and it is said which');
    my ($status, undef, $error) = $node->psql($database,
        "BEGIN; SELECT FROM rewards.set_company_context('$tenant'); SELECT * FROM rewards.repair_account('$ann', false)");
    like($error, qr/the entries of this account cannot be relied on.*entry hash: user $ann version 2\n/s, '... and no balance is rebuilt from it');
    is(in_company($database, "SELECT * FROM rewards.repair_account('$bob', false)"), '', '... while another account has nothing to repair');
});
attack('an amount is edited, and the balances with it', change_event($ann, 20, 'points_delta = 2000')
    . "UPDATE rewards.user_points_cache SET available_points = available_points + 1980, lifetime_earned = lifetime_earned + 1980 WHERE user_id = '$ann' AND company_id = '$tenant'",
    '1 entry hash, 1 running balance');
attack('an amount that SQL wrote is edited', change_event($bob, 4, 'points_delta = 40'), '1 entry hash, 1 running balance, balance balance');
attack('an actor is edited', change_event($ann, 100, "validated_by = 'somebody else'"), '1 entry hash');
attack('the actor of a decision is edited', change_event($ann, 30, "validated_by = 'somebody else'"), '1 event status');
attack('the actor of a decision is edited in its entry, too', change_event($ann, 30, "validated_by = 'somebody else'")
    . "UPDATE rewards.ledger_entries SET new_validated_by = 'somebody else' WHERE new_status = 'validated'", '1 entry hash');
attack('the time of an event is edited', change_event($ann, 100, "event_time = event_time - interval '1 day'"), '1 entry hash');
attack('the time at which an event was recorded is edited', change_event($ann, 20, "created_at = created_at - interval '1 day'"), '1 entry hash, 1 clock');
attack('the time of an entry is edited', "UPDATE rewards.ledger_entries SET recorded_at = recorded_at + interval '1 microsecond' WHERE kind = 'event' AND user_id = '$ann'",
    '1 entry hash');
attack('a column is emptied', change_event($ann, 20, 'entry_hash = NULL'), '1 entry hash, 2 block entries');
attack('nonsense is written into a column', change_event($ann, 20, "entry_hash = 'nonsense', created_at = 'infinity'"), '1 entry hash, 1 clock, 2 block entries');
attack('an event is validated behind the back of its entries', change_event($bob, 4, "validation_status = 'rejected'"),
    '1 entry hash, 1 running balance, balance balance');
attack('the first row is deleted', 'DELETE FROM ' . event($ann, 100),
    '1 numbering, 1 entry hash, 1 running balance, 1 account head, balance balance, 2 block entries');
attack('a row in the middle is deleted', 'DELETE FROM ' . event($ann, -50),
    '1 numbering, 1 entry hash, 1 running balance, 1 account head, balance balance, 2 block entries', sub {
    like($_[1], qr/2 block entries \(block 2\)/, '... and it is said from which block') });
attack('the newest row is deleted', 'DELETE FROM ' . event($ann, 3), '1 account head, balance balance, 2 block entries', sub {
    my ($status, undef, $error) = $node->psql($_[0],
        "BEGIN; SELECT FROM rewards.set_company_context('$tenant'); SELECT * FROM rewards.repair_account('$ann', false)");
    like($error, qr/account head: version 7\n/, '... and a repair does not make that good') });
attack('the newest row is deleted, and the account says so', 'DELETE FROM ' . event($ann, 3) . "; SELECT rechain('$ann')", '2 block entries');
attack('all of an account is deleted', join(';', map { "DELETE FROM rewards.$_ WHERE user_id = '$bob'" } qw(points_events ledger_entries user_points_cache)),
    '2 block entries');
attack('the entry of an event is deleted', "DELETE FROM rewards.ledger_entries WHERE user_id = '$bob'",
    '1 numbering, 1 entry hash, 1 running balance, 1 account head, 1 event entry, 2 block entries');
attack('the event of an entry is deleted', 'DELETE FROM ' . event($ann, 30), '1 entry hash, 1 running balance, 1 event entry, 1 event status, balance balance');
attack('a decision is deleted', "DELETE FROM rewards.ledger_entries WHERE new_status = 'flagged'",
    '1 numbering, 1 entry hash, 1 running balance, 1 account head, 2 block entries');

my $forged = 'INSERT INTO rewards.points_events (id, user_id, company_id, event_type, event_time, points_delta, validation_status';
my $values = "VALUES (rewards.uuidv7(), '$ann', '$tenant', 'award', now(), 1000, 'validated'";
attack('an event is inserted', "$forged) $values)", '1 event entry, balance balance');
attack('an event is inserted, and the balance with it', "$forged) $values);"
    . "UPDATE rewards.user_points_cache SET available_points = available_points + 1000, lifetime_earned = lifetime_earned + 1000 WHERE user_id = '$ann' AND company_id = '$tenant'",
    '1 event entry');
attack('an event is inserted with an entry in the place of another', <<"SQL", '1 entry hash, 1 running balance, 1 account head, balance balance, 2 block entries');
$forged, created_at, version, balance_after, entry_hash, xid, system_id)
SELECT rewards.uuidv7(), user_id, company_id, 'award', now(), 1000, 'validated', created_at, version, balance_after, entry_hash, xid, system_id
  FROM @{[event($ann, 20)]};
SQL
attack('two entries change places', <<"SQL", '1 entry hash, 1 clock, 1 running balance, 2 block entries');
UPDATE @{[event($ann, 100) =~ s/ WHERE/ SET version = 0 WHERE/r]};
UPDATE @{[event($ann, 20) =~ s/ WHERE/ SET version = 1 WHERE/r]};
UPDATE @{[event($ann, 100) =~ s/ WHERE/ SET version = 2 WHERE/r]};
SQL
attack('an entry is moved to another block', change_event($ann, 20, 'xid = (SELECT to_xid FROM rewards.ledger_blocks WHERE block = 1)'), '2 block entries');
attack('a balance is edited', "UPDATE rewards.user_points_cache SET available_points = 1000 WHERE user_id = '$ann' AND company_id = '$tenant'", 'balance balance', sub {
    my ($database) = @_;
    is(in_company($database, "SELECT * FROM rewards.repair_account('$ann')"), 'available_points|1000|103', '... and what a repair would do is told');
    is(checks_named(findings($database, '')), 'balance balance', '... and not done');
    is(in_company($database, "SELECT * FROM rewards.repair_account('$ann', false)"), 'available_points|1000|103', '... until it is asked for');
    is(findings($database, "digest => '$digest'"), '', '... and then all is well');
    is(in_company($database, 'SELECT user_id, action, actor, old, new FROM rewards.audit_log'),
        qq($ann|repair_account|back end|{"available_points": 1000}|{"available_points": 103}), '... with who did it');
});
attack('an account is deleted', "DELETE FROM rewards.user_points_cache WHERE user_id = '$ann' AND company_id = '$tenant'", '1 account head, balance balance', sub {
    my ($database) = @_;
    like(in_company($database, "SELECT * FROM rewards.repair_account('$ann', false)"), qr/^available_points\|0\|103\n(?:.*\n)*version\|0\|7$/,
        '... and rebuilt from its entries');
    is(findings($database, "digest => '$digest'"), '', '... with all that it was');
});
attack('an account is set back', "UPDATE rewards.user_points_cache a SET (version, chain_head, available_points) =
        (SELECT version, entry_hash, balance_after FROM rewards.ledger l WHERE l.user_id = a.user_id AND l.company_id = a.company_id AND version = 2)
      WHERE user_id = '$ann' AND company_id = '$tenant'", '1 account head, balance balance', sub {
    in_company($_[0], "SELECT * FROM rewards.repair_account('$ann', false)");
    is(findings($_[0], "digest => '$digest'"), '', '... and a repair leads it to the end of its chain') });
attack('an account is rewritten with its chain and balance', change_event($ann, 20, 'points_delta = 2000') . "SELECT rechain('$ann')", '2 block entries', sub {
    like($_[1], qr/\(block 1\)/, '... and the block that was changed first is named') });
attack('the blocks are made anew as well', change_event($ann, 20, 'points_delta = 2000') . "SELECT rechain('$ann'); SELECT reblock()", '3 digest', sub {
    is(findings($_[0], ''), '', '... which nothing inside of the database can tell') });
attack('all blocks are deleted', 'DELETE FROM rewards.ledger_blocks', '3 digest');
attack('the newest block is deleted', 'DELETE FROM rewards.ledger_blocks WHERE block = 3', '3 digest', sub {
    is(seal($_[0]), '1|2|3', '... and sealed again');
    is(checks_named(findings($_[0], "digest => '$digest'")), '3 digest', '... which is another block') });
attack('a block in the middle is deleted', 'DELETE FROM rewards.ledger_blocks WHERE block = 2', '2 block numbering, 2 block chain, 2 block entries');
attack('a block is edited', "UPDATE rewards.ledger_blocks SET sealed_by = 'somebody else' WHERE block = 2", '2 block hash');
attack('a block is edited with its hash', "UPDATE rewards.ledger_blocks SET sealed_by = 'x', block_hash = rewards.block_hash(company_id, block, system_id, from_xid,
    to_xid, entries, root, previous_hash, sealed_at, 'x') WHERE block = 2", '2 block chain');
attack('a block is cut short', 'UPDATE rewards.ledger_blocks SET from_xid = from_xid + 1 WHERE block = 2', '2 block chain, 2 block hash');

# From a block on: what came later is looked at, what came before is not.
attack('incrementally: something new is edited', change_event($ann, 3, 'points_delta = 300'), '1 entry hash, 1 running balance, balance balance', sub {
    is(checks_named(findings($_[0], '3')), '1 entry hash, 1 running balance', '... and found in the new blocks');
    is(findings($_[0], '4'), '', '... and not among what comes after them') });
attack('incrementally: something old is edited', change_event($ann, 100, 'points_delta = 300'), '1 entry hash, 1 running balance, balance balance', sub {
    is(findings($_[0], '2'), '', '... which is not looked for in the new blocks') });
attack('incrementally: the newest row is deleted', 'DELETE FROM ' . event($ann, 3), '1 account head, balance balance, 2 block entries', sub {
    is(checks_named(findings($_[0], '3')), '2 block entries', '... and missing in its block') });
attack('incrementally: a row is deleted in between', 'DELETE FROM ' . event($ann, -50), '1 numbering, 1 entry hash, 1 running balance, 1 account head, balance balance, 2 block entries', sub {
    is(checks_named(findings($_[0], '3')), '1 numbering, 1 entry hash, 1 running balance', '... and missed by the one after it') });
is(in_company('ledger', "SELECT string_agg(checked::text, ' ') FROM rewards.verify_ledger($_)"), $_ == 2 ? '5 5 5 5 2 4 4 2 3 3 3 2 0' : '2 2 2 2 2 2 2 2 3 3 3 1 0',
    "from block $_ on, only what is newer is looked at") for 2, 3;
is(findings('ledger', $_), '', "and all is well from block $_ on") for 1 .. 4;

# A transaction that takes its time, and one that is prepared, hold back what is newer; neither is passed over.

$node->safe_psql('postgres', 'CREATE DATABASE slow TEMPLATE ledger');
my $slow = $node->background_psql('slow');
$slow->query_safe("BEGIN; SELECT FROM rewards.set_company_context('$tenant'); " . award($ann, 1));
in_company('slow', award($bob, 2));
is(seal('slow'), '0|0|3', 'what is newer than a transaction that has not ended waits');
is(in_company('slow', 'SELECT unsealed_entries, lag > $$0$$, last_block FROM rewards.ledger_seal_lag'), '1|t|3', 'which shows');
$slow->query_safe('COMMIT');
$slow->quit;
in_company('slow', award($ann, 3) =~ s/$/; PREPARE TRANSACTION 'later'; BEGIN/r);
in_company('slow', award($bob, 4));
is(seal('slow'), '1|2|4', 'both are sealed when it has ended, and what is newer than a prepared transaction waits');
$node->safe_psql('slow', "COMMIT PREPARED 'later'");
is(seal('slow'), '1|2|5', 'until that is committed');
is(in_company('slow', 'SELECT unsealed_entries, lag, last_block FROM rewards.ledger_seal_lag'), '0|00:00:00|5', 'and nothing waits any more');
is(findings('slow', "digest => '$digest'"), '', 'all is well');

# Eight writers, who roll back, use savepoints and take their time, while it is sealed and verified

$node->safe_psql('postgres', 'CREATE DATABASE busy TEMPLATE ledger');
my $begin = "\\set u random(1, 12)\nBEGIN;\nSELECT FROM rewards.set_company_context('$tenant', 'writer');\n";
my $someone = "rewards.uuidv5('$tenant', :u::text)";
my $earn = "SELECT FROM rewards.award_points($someone, 10);\n";
my $hand_in = "INSERT INTO rewards.points_events (user_id, event_type, event_time, points_delta, validation_status) VALUES ($someone, 'receipt', now(), 3, 'pending');\n";
my %script = (
    plain => "$begin${earn}COMMIT;\n",
    undone => "$begin$earn${hand_in}ROLLBACK;\n",
    savepoint => "$begin${earn}SAVEPOINT a;\n${earn}ROLLBACK TO a;\nSAVEPOINT b;\n$hand_in${earn}RELEASE b;\n${earn}COMMIT;\n",
    slow => "$begin${earn}\\sleep 120 ms\n${hand_in}COMMIT;\n",
    late => "$begin\nSELECT pg_current_xact_id();\n\\sleep 80 ms\n${earn}COMMIT;\n",
    decided => "$begin${hand_in}UPDATE rewards.points_events SET validation_status = 'validated' WHERE user_id = $someone AND validation_status = 'pending';\nCOMMIT;\n",
);
my @options;
for my $name (sort keys %script) {
    append_to_file($node->basedir . "/$name.pgbench", $script{$name});
    push @options, '-f', $node->basedir . "/$name.pgbench";
}
my $output = $node->basedir . '/pgbench.out';
my $writers = IPC::Run::start([ 'pgbench', '-n', '-c', 8, '-T', 8, @options, $node->connstr('busy') ], '<', \undef, '>', $output, '2>&1',
    IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default));
my ($seals, $bad, @digests) = (0, '');
for (my $end = time + 8; time < $end;) {
    $seals += (split /\|/, seal('busy'))[0];
    push @digests, in_company('busy', 'SELECT digest FROM rewards.ledger_digest()');
    $bad .= findings('busy', "digest => '$digests[rand @digests]'") . findings('busy', $seals || 1) if @digests % 3 == 0;
}
ok($writers->finish, 'the writers come to their end') or diag slurp_file($output);
cmp_ok($seals, '>', 10, "it was sealed meanwhile: $seals blocks");
is($bad, '', 'and verified at every moment');
seal('busy');
is(findings('busy', "digest => '$_'"), '', 'and afterwards') for $digests[0], $digests[-1];
my $books = in_company('busy', 'SELECT count(*), (SELECT sum(entries) FROM rewards.ledger_blocks) FROM rewards.ledger WHERE company_id = rewards.get_current_company_id()');
my ($entries, $sealed) = split /\|/, $books;
cmp_ok($entries, '>', 200, 'the writers wrote');
is($sealed, $entries, 'and every entry is in a block');
is(in_company('busy', 'SELECT count(*) > 0 FROM rewards.ledger a JOIN rewards.ledger b ON b.user_id = a.user_id AND b.version = a.version + 1 AND b.xid < a.xid'),
    't', 'also where the older transaction came second');

# A standby verifies, and does not seal.

$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby);
is(findings('busy', "digest => '$digests[-1]'", $standby), '', 'a standby verifies');
my (undef, undef, $refusal) = $standby->psql('busy', "BEGIN; SELECT FROM rewards.set_company_context('$tenant'); SELECT rewards.seal_ledger()");
like($refusal, qr/cannot execute seal_ledger\(\) in a read-only transaction|cannot execute seal_ledger\(\) during recovery/, 'and does not seal');
$standby->stop;

# On another server transactions have other numbers: what has come along unsealed gets a block of its own, and then it goes on.

$node->safe_psql('postgres', 'CREATE DATABASE moved TEMPLATE ledger');
in_company('moved', award($ann, 11));
in_company('moved', award($bob, 12));
my $elsewhere = PostgreSQL::Test::Cluster->new('elsewhere');
$elsewhere->init;
$elsewhere->append_conf('postgresql.conf', 'autovacuum = off');
$elsewhere->start;
$elsewhere->safe_psql('postgres', 'CREATE ROLE shop; CREATE DATABASE moved');
my $dump = $node->basedir . '/moved.sql';
$node->command_ok([ 'pg_dump', '-d', $node->connstr('moved'), '-f', $dump ], 'the database is dumped');
$elsewhere->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $elsewhere->connstr('moved'), '-f', $dump ], 'and restored on another server');
is(findings('moved', "digest => '$digest'", $elsewhere), '', 'it verifies there');
is(in_company('moved', 'SELECT unsealed_entries FROM rewards.ledger_seal_lag', $elsewhere), '2', 'and two entries wait');
in_company('moved', award($ann, 13), $elsewhere);
is(seal('moved', $elsewhere), '2|3|5', 'they get a block of their own, and the new one another');
is(in_company('moved', 'SELECT string_agg(concat_ws(\' \', block, dense_rank, entries), \',\' ORDER BY block) FROM (SELECT *, dense_rank() OVER (ORDER BY first)
        FROM (SELECT *, min(block) OVER (PARTITION BY system_id) AS first FROM rewards.ledger_blocks) a) b', $elsewhere), '1 1 5,2 1 3,3 1 2,4 1 2,5 2 1',
    'with the number of the server that wrote them');
is(seal('moved', $elsewhere), '0|0|5', 'and that is all');
in_company('moved', award($ann, 14), $elsewhere);
is(seal('moved', $elsewhere), '1|1|6', 'it goes on');
is(findings('moved', "digest => '$digest'", $elsewhere), '', 'and verifies, with the digest from before');
is(findings('moved', "$_", $elsewhere), '', "and from block $_ on") for 2 .. 7;
$elsewhere->safe_psql('postgres', 'CREATE DATABASE idle');
$node->command_ok([ 'pg_dump', '-d', $node->connstr('ledger'), '-f', "$dump.idle" ], 'another is dumped');
$elsewhere->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $elsewhere->connstr('idle'), '-f', "$dump.idle" ], 'and restored');
is(seal('idle', $elsewhere), '1|0|4', 'where nothing was left unsealed, an empty block says that the ledger goes on elsewhere');
is(seal('idle', $elsewhere), '0|0|4', 'once');
is(findings('idle', "digest => '$digest'", $elsewhere), '', 'and it verifies');
$elsewhere->stop;
$node->stop;

done_testing();
