# shellcheck shell=bash disable=SC2154 # the parts of ./dev share their variables
# ./dev bench --counts: how many instructions calls take. One of them is counted by ./dev test.

count_instructions() {
  prepare
  lock_installation
  build_extension
  install_extension
  "$root/bench/counts" "$@" 8<&- 9<&-
}
