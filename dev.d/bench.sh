# shellcheck shell=bash disable=SC2034,SC2154 # the parts of ./dev share their variables
# ./dev bench: what calls cost, by the clock and in instructions.

bench() {
  prepare
  [[ ${1-} != --help ]] || exec "$root/bench/run" --help
  lock_installation
  build_extension
  install_extension
  case ${1-} in
    --counts) "$root/bench/counts" "${@:2}" 8<&- 9<&- ;;
    *) measure "$@" ;;
  esac
}

# On a server with the settings of bench/postgresql.conf, which is made for a run and removed after it: a run leaves gigabytes
# of log.
measure() {
  use_server bench
  trap remove_bench_server EXIT
  remove_bench_server
  make_server_folder "$server"
  start_server "$root/bench/postgresql.conf"
  run_script bench "$@"
}

remove_bench_server() {
  stop_cluster
  rm -rf "$server"
}
