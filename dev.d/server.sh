# shellcheck shell=bash disable=SC2034,SC2154 # the parts of ./dev share their variables
# The throwaway server: where it lives, and how it is never mistaken for somebody's real one.
#
#   .dev/                 (a link to a private folder, when a socket or the server's user cannot work in the checkout)
#     made_by_dev         the mark of folders that ./dev made; it touches no other
#     log/                what the steps of ./dev test said
#     core*/, fuzz/       the core's builds (CMake), and what the fuzzers found
#     matrix/             a Debian with the servers of ./dev matrix, and what it builds there
#     pg15/build          the extension's build (PGXS)
#     pg15/server         socket, log and data/, in which made_by_dev holds the place where the cluster was made
#     pg15/bench          the same for ./dev bench, while it runs
#     pg15/sanitized      build, copy of the server, server and work of their own; so is pg15/coverage
#     pg15/work           where the test runners work, as the server's user

mark=made_by_dev

find_server() {
  [[ -x $PG_CONFIG ]] || die "there is no $PG_CONFIG" \
    'Install the development files of the server, or name them: PG_CONFIG=/path/to/pg_config ./dev ...'
  bindir=$("$PG_CONFIG" --bindir)
  major=$("$PG_CONFIG" --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/')
  server_user=$(id -un)
  if is_root; then
    # The server refuses to run as root.
    server_user=postgres
    id "$server_user" >/dev/null 2>&1 || die 'there is no user postgres, and the server does not run as root'
  fi
}

as_server() {
  if is_root; then
    (cd / && exec runuser -u "$server_user" -- env HOME=/nonexistent "$@")
  else
    "$@"
  fi
}

# Another user's .dev is left alone: each has a folder of his own.
choose_state() {
  state=$root/.dev
  local own
  own=$root/.dev.$(id -un)
  if [[ -e $own || (-e $state && ! -O $state) ]]; then state=$own; fi
}

make_state() {
  choose_state
  local link=$state
  if [[ ! -e $state ]]; then
    [[ -w $root ]] || die "$(id -un) cannot write to $root" 'Clone a checkout of your own.'
    rm -f "$link" # it led to a folder that is gone
    if needs_private_folder; then
      state=$(mktemp -d /var/tmp/pg_rewards.XXXXXX)
      ln -s "$state" "$link"
      say "$link is a link to $state: the server cannot work in $root"
    else
      mkdir "$state"
    fi
    # The server's user passes through, and nobody else.
    chmod 0710 "$state"
    chgrp "$(id -gn "$server_user")" "$state"
    printf '%s\n' "$root" 'Made by ./dev of pg_rewards for this checkout. ./dev clean removes it.' >"$state/$mark"
  fi
  enter_state
  mkdir -p "$state/log" "$home/build"
  make_server_folder "$server"
  make_server_folder "$work"
}

make_server_folder() { install --directory --mode=0700 --owner="$server_user" "$1"; }

enter_state() {
  own_state
  state=$(cd -P "$state" && pwd)
  home=$state/pg$major
  work=$home/work
  use_server server
}

use_server() {
  server=$home/$1
  data=$server/data
}

# A checkout that was copied has the other one's link.
own_state() {
  local made_for=''
  [[ ! -f $state/$mark ]] || read -r made_for <"$state/$mark"
  [[ -n $made_for ]] || die "$state was not made by ./dev, which leaves it alone" 'Move it away.'
  [[ ! -L $state || $made_for == "$root" ]] ||
    die "$state leads to a folder of another checkout, $made_for" "Remove the link: rm $state"
}

# A socket's path has 107 bytes at most, and as root we run the server as a user who may not be able to come here.
needs_private_folder() {
  local path=$state/pg$major/server/.s.PGSQL.5432
  [[ ${#path} -gt 107 ]] || ! as_server test -x "$root"
}

# 0: ours; 1: there is none; anything else is not ours to touch.
own_cluster() {
  [[ -e $data || -L $data ]] || return 1
  [[ ! -L $data && -f $data/$mark ]] || die "$data is a cluster that ./dev did not create, and leaves alone" 'Move it away.'
}

# The process that postmaster.pid names may be a stranger by now, or the server that this folder is a copy of. A
# server works in its data folder, wherever that has been moved to.
server_runs() {
  local pid=''
  [[ ! -f $data/postmaster.pid ]] || read -r pid <"$data/postmaster.pid"
  [[ -n $pid && $(readlink "/proc/$pid/cwd") == "$data" ]]
}

# start_server [SETTINGS FOR A NEW CLUSTER]
start_server() {
  if own_cluster; then
    [[ $(<"$data/$mark") == "$data" ]] || die "$data was created as $(<"$data/$mark")" \
      'This checkout was moved or copied. ./dev clean removes what came along; ./dev up then makes a new cluster.'
  else
    create_cluster "$@"
  fi
  if ! server_runs; then
    as_server "$bindir/pg_ctl" start --silent --wait --timeout=60 --pgdata="$data" --log="$server/server.log" \
      --options="-k $server" </dev/null >/dev/null 8<&- 9<&- ||
      { tail -n 20 "$server/server.log" >&2; die "the server does not start; its log is $server/server.log"; }
  fi
  say "PostgreSQL $major is running on a socket in $server"
}

# Made aside and then moved into place: an interrupted initdb leaves no half a cluster behind.
create_cluster() {
  local new=$server/new
  say "creating a throwaway cluster in $data"
  rm -rf "$new"
  as_server "$bindir/initdb" --pgdata="$new" --username=postgres --encoding=UTF8 --locale=C.UTF-8 --data-checksums \
    --auth-local=trust --auth-host=reject --no-sync >"$state/log/initdb.log" 2>&1 ||
    { tail -n 20 "$state/log/initdb.log" >&2; die "initdb failed; its log is $state/log/initdb.log"; }
  cat >>"$new/postgresql.conf" <<'CONF'

# ./dev: nobody from outside; enough connections for a hundred concurrent clients; the same answers everywhere
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 200
cluster_name = 'pg_rewards ./dev'
timezone = 'UTC'
log_timezone = 'UTC'
CONF
  [[ $# -eq 0 ]] || cat "$1" >>"$new/postgresql.conf"
  echo "$data" >"$new/$mark"
  mv -T "$new" "$data"
}

export_connection() { export PGHOST=$server PGPORT=5432 PGUSER=postgres PGDATABASE=rewards_dev; }

# For commands that only look.
find_running_server() {
  find_server
  choose_state
  [[ -e $state ]] || die 'there is no server here' './dev up starts one.'
  enter_state
  { own_cluster && server_runs; } || die 'the server is not running' './dev up starts it.'
  export_connection
}

sql() { "$bindir/psql" --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 "$@"; }

# The comment of the database tells which functions it was given.
create_database() {
  export_connection
  local made_from
  made_from="functions of ./dev up, SQL checksum $(cat "$home"/build/pg_rewards--*.sql | cksum | cut -d ' ' -f 1)"
  [[ -n $(sql --dbname postgres --command "SELECT 1 FROM pg_database WHERE datname = '$PGDATABASE'") ]] ||
    sql --dbname postgres --command "CREATE DATABASE $PGDATABASE"
  if [[ -z $(sql --command "SELECT 1 FROM pg_extension WHERE extname = 'pg_rewards'") ]]; then
    sql --command 'CREATE EXTENSION pg_rewards' --command "COMMENT ON DATABASE $PGDATABASE IS '$made_from'" ||
      die 'CREATE EXTENSION failed; see above'
  elif [[ $(sql --command "SELECT shobj_description(oid, 'pg_database') FROM pg_database
    WHERE datname = current_database()") != "$made_from" ]]; then
    say "$PGDATABASE has the functions of an earlier build. To renew it, with the loss of its data:" \
      "./dev psql -d postgres -c 'DROP DATABASE $PGDATABASE' && ./dev up"
  fi
}

stop() {
  lock_checkout
  choose_state
  local found=no
  [[ ! -e $state ]] || for_each_cluster stop_cluster
  [[ $found == yes ]] || say 'no server was running'
}

for_each_cluster() {
  local folder
  for folder in "$state"/pg*/; do
    [[ -d $folder ]] || continue
    major=$(basename "$folder")
    major=${major#pg}
    find_server_of_cluster
    enter_state
    local name
    for name in server bench {sanitized,coverage}/server; do
      use_server "$name"
      "$1"
    done
  done
}

# The cluster's own version need not be the one of PG_CONFIG: any pg_ctl can stop it.
find_server_of_cluster() {
  local wanted=$major
  find_server
  major=$wanted
}

stop_cluster() {
  own_cluster || return 0
  server_runs || return 0
  as_server "$bindir/pg_ctl" stop --silent --mode=fast --wait --pgdata="$data"
  found=yes
  say "stopped the server in $server"
}

clean() {
  lock_checkout
  choose_state
  local link=$state found
  if [[ ! -e $state ]]; then
    rm -f "$link"
    say 'there is nothing to remove'
    return
  fi
  own_state
  for_each_cluster stop_cluster
  remove_rootfs
  rm -rf "$(cd -P "$state" && pwd)" "$link"
  say "removed $link (what is installed in the server's extension folder stays: make uninstall)"
}
