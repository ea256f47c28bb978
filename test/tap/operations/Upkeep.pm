# What owners and administrators do to a server in use, a statement each.
package Upkeep;
use v5.36;

# To each of our tables, by its owner.
sub of_table ($table) {
    return (
        "VACUUM FULL $table", 'CLUSTER ' . $table . ' USING ' . ($table =~ s/.*\.//r) . '_pkey',
        "REINDEX TABLE CONCURRENTLY $table", "CREATE INDEX CONCURRENTLY own ON $table ((1))", 'DROP INDEX CONCURRENTLY rewards.own',
        "ALTER TABLE $table ADD COLUMN own double precision NOT NULL DEFAULT random()",
        "ALTER TABLE $table ADD CONSTRAINT own CHECK (own >= 0) NOT VALID", "ALTER TABLE $table VALIDATE CONSTRAINT own", "ALTER TABLE $table DROP COLUMN own",
    );
}

# To all of them, and to the catalogue, by a superuser.
sub of_database () {
    return ('VACUUM (ANALYZE)', 'REINDEX DATABASE postgres', 'VACUUM FULL');
}

1;
