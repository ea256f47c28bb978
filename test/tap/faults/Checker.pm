# What is wrong with the books of a server, in themselves and against what clients were told; and what befell the clients.
package Checker;
use v5.36;
use Client;
use Exporter qw(import);
use FindBin;
use Harms;
use PostgreSQL::Test::Utils;

our @EXPORT_OK = qw(wrong not_found summary);

my %sql = map { $_ => slurp_file("$FindBin::RealBin/faults/$_.sql") } qw(history wrong summary);

sub ask ($node, $folder, $sql) { return $node->safe_psql('postgres', $sql{history} . $sql, extra_params => [ '-v', "folder=$folder" ]) }

# A line for each thing, with one that it is about and how many there are. folder: where the clients have their histories; cut: what
# takes out of these what the books cannot know.
sub wrong ($node, $folder, $cut = '') {
    return join "\n", grep { $_ ne '' } ask($node, $folder, $cut . $sql{wrong}), map { verify($node, $_) } $Client::company, $Client::strict;
}

# The harms that it would not find.
sub not_found ($node, $folder) { return ask($node, $folder, $sql{wrong} . join '', map { Harms::try($_) } Harms::all()) }

sub verify ($node, $company) {
    return $node->safe_psql('postgres', <<"SQL");
BEGIN;
SELECT FROM rewards.set_company_context('$company');
SELECT 'reconcile_ledger() has a row: ' || r FROM rewards.reconcile_ledger() AS r LIMIT 1;
SELECT 'verify_ledger() says so: ' || v FROM rewards.verify_ledger() AS v WHERE status <> 'ok';
SELECT 'verify_audit() says so: ' || v FROM rewards.verify_audit() AS v WHERE status <> 'ok';
COMMIT;
SQL
}

# A line for each load, by name; %$strikes says how often it was struck.
sub summary ($node, $folder, $strikes) {
    my %found = map { /^(\w+) (.*)/ } split /\n/, ask($node, $folder, $sql{summary});
    return map { sprintf '%-32s %5d strikes  %s', $_, $strikes->{$_}, $found{$_} } sort keys %$strikes;
}

1;
