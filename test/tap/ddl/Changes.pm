# What owners do to tables in use: what is done, how it is seen that every call went by it (a row: one did not), and how it is
# undone. What is `alone` cannot be part of a transaction.
package Changes;
use strict;
use warnings FATAL => 'all';
use Exporter qw(import);

our @EXPORT_OK = qw(tables changes);

# As a constant: a CHECK that calls somebody's function is not kept compiled.
my $shut_out = q{uuid '00000000-0000-4000-8000-000000000000'};

# Whose rows they are, another key of theirs, and what a call adds to.
my %tables = (
    points_events => { user => 'user_id', key => 'id, user_id', written => 'count(*)', when => 'INSERT' },
    coupons => { user => 'issued_to', key => 'issued_to, coupon_id', written => 'count(*)', when => 'INSERT' },
    used_nonces => { user => 'user_id', key => 'nonce, user_id', written => 'count(*)', when => 'INSERT' },
    user_points_cache => { user => 'user_id', key => 'company_id, user_id', written => 'sum(version)', when => 'UPDATE' },
);

sub tables { return sort keys %tables }

sub changes {
    my ($name) = @_;
    my ($table, $about) = ("rewards.$name", $tables{$name});
    return (columns($table), constraint($table, $about), triggers($table, $about), indexes($table, $about), rewrites($table, "rewards.${name}_pkey"));
}

sub columns {
    my ($table) = @_;
    my %columns = (
        'integer' => 'IS NULL',
        "text DEFAULT 'mine'" => "IS NOT DISTINCT FROM 'mine'",
        'double precision DEFAULT random()' => 'IS NOT NULL',
        'integer GENERATED ALWAYS AS (7) STORED' => 'IS NOT DISTINCT FROM 7',
    );
    return map { {
        do => "ALTER TABLE $table ADD COLUMN own $_",
        look => "SELECT 'a row without its default' FROM $table WHERE NOT (own $columns{$_}) LIMIT 1",
        undo => "ALTER TABLE $table DROP COLUMN own",
    } } sort keys %columns;
}

sub constraint {
    my ($table, $about) = @_;
    my $written = "SELECT $about->{written} AS written FROM $table WHERE $about->{user} = $shut_out";
    return {
        do => "ALTER TABLE $table ADD CONSTRAINT own CHECK ($about->{user} <> $shut_out) NOT VALID; $written \\gset",
        look => "SELECT 'not refused', answer FROM public.try_visit($shut_out) AS answer WHERE answer <> '23514 own'
                  UNION ALL SELECT 'written', written::text FROM ($written) AS w WHERE written <> :written",
        undo => "ALTER TABLE $table DROP CONSTRAINT own",
    };
}

sub triggers {
    my ($table, $about) = @_;
    my $written = "SELECT $about->{written} AS written FROM $table";
    return map { {
        do => "TRUNCATE seen; CREATE TRIGGER own $_ $about->{when} ON $table FOR EACH ROW EXECUTE FUNCTION public.see(); $written \\gset",
        look => "SELECT 'seen', seen, 'written', written FROM (SELECT coalesce(sum(entries), 0) AS seen FROM seen) AS s,
                        (SELECT written - :written AS written FROM ($written) AS w) AS w WHERE seen <> written",
        undo => "DROP TRIGGER own ON $table",
    } } qw(BEFORE AFTER);
}

sub indexes {
    my ($table, $about) = @_;
    my @kinds = (['', "($about->{user}) WHERE $about->{user}::text LIKE '%3'"], ['', "(upper($about->{user}::text))"], ['UNIQUE', "($about->{key})"]);
    return map {
        my ($unique, $of) = @$_;
        map { {
            do => "CREATE $unique INDEX $_ own ON $table $of",
            look => q{SELECT public.wrong('rewards.own')},
            undo => "DROP INDEX $_ rewards.own",
            alone => $_ ne '',
        } } '', 'CONCURRENTLY'
    } @kinds;
}

sub rewrites {
    my ($table, $key) = @_;
    my $look = "SELECT public.wrong('$key')";
    return (
        { do => "REINDEX TABLE $table", look => $look },
        { do => "REINDEX TABLE CONCURRENTLY $table", look => $look, alone => 1 },
        { do => "REINDEX INDEX CONCURRENTLY $key", look => $look, alone => 1 },
        { do => "ALTER INDEX $key SET (fillfactor = 50)", look => $look, undo => "ALTER INDEX $key RESET (fillfactor)" },
        { do => "ALTER INDEX $key SET TABLESPACE aside", look => $look, undo => "ALTER INDEX $key SET TABLESPACE pg_default" },
        { do => "ALTER TABLE $table SET TABLESPACE aside", look => $look, undo => "ALTER TABLE $table SET TABLESPACE pg_default" },
        { do => "CLUSTER $table USING " . ($key =~ s/.*\.//r), look => $look },
        { do => "VACUUM FULL $table", look => $look, alone => 1 },
    );
}

1;
