# What happens when everybody wants the same? One account, ten accounts, one template with limited stock, and up to sixteen
# clients, who must not do less in a second than four. A deadlock would be a failed transaction, and end the bench. What the
# server itself makes of as many clients is there to compare with: a plain UPDATE of one row.
package Contention;
use v5.36;
use Bench;

my ($template, $limited) = map { "70000000-0000-4000-8000-00000000000$_" } 1, 2;
my @cases = (
    { what => 'award, one account', script => 'award.pgbench', defines => { accounts => 1 } },
    { what => 'award, ten accounts', script => 'award.pgbench', defines => { accounts => 10 } },
    { what => 'redeem, limited stock', script => 'redeem.pgbench', defines => { template => $limited } },
    { what => 'UPDATE of one row', script => 'one_row.pgbench', defines => {}, is_control => 1 },
);
my %clients = (off => [1, 4, 16], on => [4, 16]);

sub measure ($bench) {
    my $database = $bench->database('contention', accounts => 1000, template => $template);
    $database->file('setup.sql');
    $database->sql("INSERT INTO rewards.coupon_templates (id, template_name, points_cost, coupon_value_type, coupon_value, total_stock)
        VALUES ('$limited', 'limited', 1, 'fixed_amount', 5, 100000000)");
    $database->sql('CREATE TABLE counter (number bigint NOT NULL) WITH (fillfactor = 70); INSERT INTO counter VALUES (0)');
    my @table;
    for my $commit (qw(off on)) {
        for my $case (@cases) {
            my %tps = $bench->take_turns("$case->{what}, commit $commit", map { my $clients = $_; $clients => sub {
                $database->tps($case->{script}, clients => $clients, commit => $commit, seconds => 1, defines => $case->{defines}) } } $clients{$commit}->@*)->%*;
            $bench->ratio(what => "$case->{what}, 16 clients", against => '4 clients', commit => $commit, unit => '/ s', $case->{is_control} ? () : (goal => '>= 0.8'),
                theirs => $tps{4}, ours => $tps{16});
            push @table, [$case->{what}, map { Table::digits(Bench::median($tps{$_}->@*)) } $clients{$commit}->@*] if $commit eq 'off';
        }
    }
    $bench->table(['calls a second, commit off', map { $_ == 1 ? '1 client' : "$_ clients" } $clients{off}->@*], @table);
}

1;
