# shellcheck shell=bash disable=SC2034,SC2154 # the parts of ./dev share their variables
# PostgreSQL's own row-security test on a server that has our library loaded: policies must do what they did.
#
# The test is in no package but the source package, which is downloaded with package lists of our own: the machine's
# may know no sources, and are not ours to change. A mirror may lack the release that is installed; then it is the
# test of another one, run by the psql of that, since what a test prints is psql's as much as the server's.

row_security_test() {
  local downloads=$state/row_security server=$work/row_security status=0
  local data=$server/data
  download_row_security_test
  start_preloaded_server
  check_row_security || status=1
  as_server "$bindir/pg_ctl" stop --silent --mode=immediate --pgdata="$data"
  return "$status"
}

check_row_security() {
  echo "the test is that of PostgreSQL $(<"$downloads/release")"
  run_row_security_test || { head -n 200 "$server/regression.diffs"; return 1; }
  lose_policies || return 1
  if run_row_security_test --use-existing >/dev/null; then
    echo 'and it passes where tables lose their row security, too: it notices nothing'
    return 1
  fi
}

# The installed release first, then the newest.
download_row_security_test() {
  local installed release
  installed=$("$PG_CONFIG" --version | sed 's/^[^0-9]*\([0-9.]*\).*/\1/')
  [[ ! -f $downloads/release || $(<"$downloads/release") != "$installed" ]] || return 0
  command -v apt-get >/dev/null || die 'there is no apt-get to download the source of PostgreSQL with'
  rm -rf "$downloads"
  mkdir -p "$downloads"/{sources,lists/partial,cache/archives/partial,regress,client}
  list_sources
  while IFS= read -r release; do
    ! download_release "$release" "$installed" </dev/null || { echo "${release%-*}" >"$downloads/release"; return 0; }
  done < <(grep "^$installed-" "$downloads/versions"; grep -v "^$installed-" "$downloads/versions")
  die "the source of postgresql-$major cannot be downloaded; see above" \
    'This takes a Debian mirror that has sources, too.'
}

list_sources() {
  local list
  for list in /etc/apt/sources.list.d/*.sources; do
    [[ ! -f $list ]] || sed 's/^Types:.*/Types: deb deb-src/' "$list" >"$downloads/sources/${list##*/}"
  done
  for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [[ ! -f $list ]] || sed -n -e p -e 's/^deb\([[:space:]]\)/deb-src\1/p' "$list" >"$downloads/sources/${list##*/}"
  done
  # Foreign archives may have no sources, which matters only where nothing else has them.
  apt_with_sources apt-get --quiet --quiet update || true
  { apt_with_sources apt-cache showsrc "postgresql-$major" || true; } | sed -n 's/^Version: //p' |
    sort --version-sort --reverse >"$downloads/versions"
}

apt_with_sources() {
  local program=$1
  shift
  (cd "$downloads/cache" && exec "$program" -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$downloads/sources" \
    -o Dir::State::Lists="$downloads/lists" -o Dir::Cache="$downloads/cache" -o APT::Sandbox::User=root "$@")
}

download_release() {
  local release=$1 installed=$2 tarball
  apt_with_sources apt-get --quiet --quiet source --download-only "postgresql-$major=$release" || return 1
  tarball=$(compgen -G "$downloads/cache/postgresql-${major}_${release%-*}.orig.tar.?z*" | head -n 1)
  tar --extract --file="$tarball" --directory="$downloads/regress" --strip-components=4 --wildcards \
    '*/src/test/regress/sql/rowsecurity.sql' '*/src/test/regress/expected/rowsecurity*.out' || return 1
  [[ ${release%-*} != "$installed" ]] || return 0
  apt_with_sources apt-get --quiet --quiet download "postgresql-client-$major=$release" &&
    dpkg --extract "$downloads/cache/postgresql-client-${major}_"*.deb "$downloads/client"
}

start_preloaded_server() {
  as_server rm -rf "$server"
  make_server_folder "$server"
  create_cluster
  echo "shared_preload_libraries = 'pg_rewards'" >>"$data/postgresql.conf"
  start_server
}

run_row_security_test() {
  local psql_folder
  psql_folder=$(compgen -G "$downloads/client/usr/lib/postgresql/*/bin" || echo "$bindir")
  as_server "$(dirname "$("$PG_CONFIG" --pgxs)")/../test/regress/pg_regress" --inputdir="$downloads/regress" \
    --outputdir="$server" --bindir="$psql_folder" --host="$server" --port=5432 --user=postgres \
    --load-extension=pg_rewards --no-locale --encoding=UTF8 "$@" rowsecurity
}

# As a library might that gets between policies and their tables.
lose_policies() {
  sql --host "$server" --port 5432 --username postgres --dbname regression <<'SQL'
CREATE FUNCTION lose_policy() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE (SELECT format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', (regexp_match(object_identity, ' on (.*)$'))[1])
               FROM pg_event_trigger_ddl_commands());
END $$;
CREATE EVENT TRIGGER lose_policy ON ddl_command_end WHEN tag IN ('CREATE POLICY') EXECUTE FUNCTION lose_policy();
SQL
}
