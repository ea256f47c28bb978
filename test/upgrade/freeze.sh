#!/usr/bin/env bash
# freeze.sh SCRIPT...: writes down what a release is, once: its scripts go to sql/upgrade, and books that it filled, with
# their key file, to test/upgrade/VERSION. Run by "make freeze" (SRC, VERSION); psql and pg_dump find the server.
set -euo pipefail
cd "$SRC/test/upgrade" # SRC is absolute, or make was run from here
scripts=("${@/#/$OLDPWD/}")
root=$(cd ../.. && pwd)
database=pg_rewards_freeze
books=$root/test/upgrade/$VERSION

for file in "$books" "${scripts[@]/#*\//$root/sql/upgrade/}"; do
  [[ ! -e $file ]] || { echo "$file is frozen: a release does not change" >&2; exit 1; }
done

sql() { psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 "$@"; }
remove_database() {
  sql --dbname postgres --command "DROP DATABASE IF EXISTS $database" \
    --command 'DROP ROLE IF EXISTS frozen_owner, frozen_app, frozen_staff, frozen_own' \
    --command "COPY (SELECT WHERE false) TO PROGRAM 'cat >/dev/null; rm -f $database.keys*'" 2>/dev/null
}
trap remove_database EXIT
remove_database
sql --dbname postgres --command "CREATE DATABASE $database TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'" \
  --command "ALTER DATABASE $database SET rewards.key_file = '$database.keys'"
sql --dbname "$database" --set version="$VERSION" --file fill.sql >/dev/null

mkdir -p "$root/sql/upgrade" "$books"
# Since its minor releases of 2025 pg_dump writes \restrict, which an older psql does not know.
pg_dump --dbname "$database" | sed '/^\\\(un\)\?restrict /d' >"$books/books.sql"
sql --dbname "$database" --command "SELECT rtrim(pg_read_file('$database.keys'), E'\n')" >"$books/pg_rewards.keys"
cp "${scripts[@]}" "$root/sql/upgrade/"
cd "$root"
sha256sum "${scripts[@]/#*\//sql/upgrade/}" "test/upgrade/$VERSION/books.sql" "test/upgrade/$VERSION/pg_rewards.keys" >>sql/upgrade/SHA256SUMS
echo "frozen: $(sed -n 's/^[0-9a-f]*  //p' sql/upgrade/SHA256SUMS | tr '\n' ' ')"
