# shellcheck shell=bash disable=SC2034,SC2154 # the parts of ./dev share their variables
# Can codes be found by trying? Ten million well-formed ones at random, against a million live ones.

random_search_test() {
  local tried=10000000 live=1000000 planted=1000 database=rewards_random_search found
  export_connection
  build_core core -- random_codes
  sql --dbname postgres --command "DROP DATABASE IF EXISTS $database" --command "CREATE DATABASE $database"
  found=$("$state/core/random_codes" "$tried" |
    sql --dbname "$database" --set live="$live" --set planted="$planted" --file "$root/test/slow/random_search.sql")
  sql --dbname postgres --command "DROP DATABASE $database"
  echo "$found"
  [[ $found == "$tried codes at random against $live live ones: 0 hit; $planted codes of live ones among them: $planted hit" ]]
}
