# shellcheck shell=bash disable=SC2034,SC2154 # the parts of ./dev share their variables
# The server's tests with the library under AddressSanitizer and UndefinedBehaviorSanitizer, and hot calls under valgrind. The server
# itself is the stock one: a finding counts where a frame of its stack is ours.

sanitizer_test() {
  local status=0
  use_copy_of_server sanitized
  export SANITIZE=1 WERROR=
  build_extension
  install_extension
  watch_servers
  rm -rf "$data" "$server/server.log" "$work/tmp_check"
  trap stop_watched EXIT
  start_server
  find_planted 'beyond the end' 'out of scope' 'shifted too far' misaligned overflowing
  run_in_server installcheck ISOLATION= || status=1
  run_in_server installcheck REGRESS= || status=1
  EDGE_SECONDS=60 run_tap_in_server --verbose 074_edge_values || status=1
  stop_watched
  show_findings && status=1
  return "$status"
}

# Every server that is started from the copy; with the environment in place of the program, pg_ctl and psql would be watched, too.
watch_servers() {
  local frames="stack_trace_format='    #%n %f %S (%m)'" libraries
  gcc -shared -fPIC -Wl,-z,initfirst -o "$home/first.so" "$root/test/sanitize/first.c"
  # Loaded with ours, UBSan would find no options: a backend has written its title over the environment by then.
  libraries="$(g++ -print-file-name=libasan.so) $(g++ -print-file-name=libubsan.so) $home/first.so"
  mv "$bindir/postgres" "$bindir/postgres.stock"
  cat >"$bindir/postgres" <<SH
#!/bin/bash
export LD_PRELOAD="$libraries"
export ASAN_OPTIONS="detect_leaks=0:handle_segv=0:allocator_may_return_null=1:exitcode=77:log_path=$server/finding:$frames"
export UBSAN_OPTIONS="print_stacktrace=1:$frames"
exec "$bindir/postgres.stock" "\$@"
SH
  chmod 0755 "$bindir/postgres"
}

# A server that has just crashed may recover for long, or for ever, before it shuts down in any other way.
stop_watched() {
  ! server_runs || as_server "$bindir/pg_ctl" stop --silent --mode=immediate --pgdata="$data"
}

memcheck_test() {
  make_extension --silent planted/pg_rewards.so
  "$root/test/sanitize/memcheck.pl" "$home/build/planted/pg_rewards"
}

# Makes the mistakes, each in a backend of its own, and forgets what was found.
find_planted() {
  local mistake
  make_extension --silent planted/pg_rewards.so
  sql --dbname postgres --command "CREATE FUNCTION make_mistake(text) RETURNS integer LANGUAGE c AS '$home/build/planted/pg_rewards'"
  for mistake in "$@"; do
    is_found "$mistake" || { echo "a mistake that was made on purpose was not found: $mistake"; return 1; }
    as_server find "$server" -name 'finding.*' -delete
    : >"$server/server.log"
  done
  echo "found, as it has to be: $(printf '%s; ' "$@")"
}

# The one before may have brought the server down.
is_found() {
  local try
  for try in {1..20}; do
    sql --dbname postgres --command "SELECT make_mistake('$1')" >/dev/null 2>&1 || wait_for_server
    ! show_findings >/dev/null || return 0
  done
  return 1
}

# Fails if there are none. In a block without a frame of ours the server, or another library, is alone with itself. What UBSan says
# is in the server's log: beside ASan it opens no file.
show_findings() {
  local ours
  ours=$({
    find "$server" -name 'finding.*' -exec cat {} +
    find "$server" "$work" -name '*.log' -exec \
      awk '/runtime error:/ { print ""; within = 1; print; next } within && /^    #/ { print; next } { within = 0 }' {} +
  } | awk -v RS= -v ORS='\n\n' '/pg_rewards\.so|(src\/(core|pg)|test\/sanitize)\//')
  [[ -n $ours ]] || return 1
  head -n 200 <<<"$ours"
  echo "(all of it: $server/finding.*, $server/server.log, $work/tmp_check/log)"
}
