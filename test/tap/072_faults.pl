# Whatever befalls the server or its clients, what was acknowledged is in the books, once, and what was refused is not: each
# fault strikes again and again while clients call, and then everything that they were told is compared with the books.
#
# FAULTS_SECONDS=15 is how long each fault goes on.
use FindBin;
use lib map { "$FindBin::RealBin/$_" } qw(faults model crash);
use SmallDisk;
use v5.36;
use Checker qw(wrong not_found summary);
use Faults;
use Load;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $seconds = $ENV{FAULTS_SECONDS} // 1;

sub start_shop ($name, %is) {
    my $node = PostgreSQL::Test::Cluster->new($name);
    $node->init(extra => [ '--wal-segsize=1', $is{wal} ? "--waldir=$is{wal}" : () ]);
    $node->append_conf('postgresql.conf', <<"CONF");
restart_after_crash = on
wal_level = replica
max_replication_slots = 1
max_connections = 30
shared_buffers = 64MB
min_wal_size = 2MB
max_wal_size = 24MB
log_statement = none
log_line_prefix = '%m [%p] %e '
@{[ $is{conf} // '' ]}
CONF
    $node->start;
    $node->safe_psql('postgres', slurp_file("$FindBin::RealBin/faults/shop.sql"));
    return $node;
}

sub befall ($node, $fault) {
    my $name = $fault->{name};
    my $load = Load->start(node => $node, name => $name =~ s/\W+/_/gr, seconds => $seconds, %{ $fault->{given} // {} });
    $load->wait_for_answers(20);
    my $strikes = Faults::befall($fault, $load, $node, $seconds);
    $load->wait_for_answers(20);
    is($load->stop, 0, "$name: every client came to its end");
    is(wrong($node, $node->basedir), '', "$name: the books are what clients were told");
    return ($load->{name} => $strikes);
}

my $node = start_shop('main', wal => SmallDisk::folder() . '/wal');
my %strikes = map { befall($node, $_) } Faults::all();
note $_ for summary($node, $node->basedir, \%strikes);
is(not_found($node, $node->basedir), '', 'the checker finds every harm that is done on purpose');
my $log = slurp_file($node->logfile);
unlike($log, qr/terminated by signal (?!9:|6:)|TRAP/, 'no process died but those that were killed, and by the full disk');
unlike($log, qr/^.* XX\d\d\d (?!PANIC).*/m, 'nobody met an error that should not be');
$node->stop;

# A checker that finds nothing has to show that it would.

sub is_found ($node, $what, %given) {
    my $load = Load->start(node => $node, name => 'control', seconds => 1, %given);
    $load->wait_for_answers(100);
    return ($load, sub { is($load->stop, 0, "$what: every client came to its end"); like(wrong($node, $node->basedir), $_[0], "$what: it is found") });
}

{
    my $what = 'synchronous_commit = off, and kill -9 of the postmaster';
    my $lossy = start_shop('lossy', conf => "synchronous_commit = off\nwal_writer_delay = 10s\nwal_writer_flush_after = 1GB");
    my (undef, $is_found) = is_found($lossy, $what);
    Faults::kill_the_postmaster($lossy);
    $is_found->(qr/^acknowledged and lost: /m);
    $lossy->stop;
}
{
    my $what = 'a redemption that reads and then writes';
    my $racy = start_shop('racy');
    $racy->safe_psql('postgres', slurp_file("$FindBin::RealBin/faults/racy.sql") . 'ALTER ROLE back_end SUPERUSER');
    my (undef, $is_found) = is_found($racy, $what, redeem => 'racy_redeem', menu => [qw(award take_stock)]);
    $is_found->(qr/^there are more coupons than the stock had: /m);
    $racy->stop;
}
done_testing();
