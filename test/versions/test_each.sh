#!/usr/bin/env bash
# test_each.sh VERSION...: the tests of the server on each version, all at once, each in a copy of the checkout.
# In the Debian of make_rootfs.sh, as root: dev.d/matrix.sh calls it.
set -euo pipefail
trap 'exit 130' INT TERM # all others end with the first process of their namespace

# An earlier run's server was killed with its namespace, and the process number that it left behind may be another's now.
test_one() {
  rm -rf "/checkout/$1/.dev/pg$1/server"
  PG_CONFIG=/usr/lib/postgresql/$1/bin/pg_config "/checkout/$1/dev" test --server 2>&1 | tee "$(log_of "$1")" | shorten "$1"
}

log_of() { echo "/tmp/test_each_$1.log"; }

# What somebody wants to see of several runs at once.
shorten() {
  local line compiled=0
  while IFS= read -r line; do
    case $line in
      '  compiling '*) ((++compiled % 25)) || echo "$1: compiled $compiled files" ;;
      '-- '* | './dev: '* | *' passed, '*' failed') echo "$1: ${line#-- }" ;;
    esac
  done
}

show_failure() {
  printf '\n== what failed on %s\n' "$1"
  grep -v '^  compiling ' "$(log_of "$1")" | tail -n 300
}

declare -A runs
for version in "$@"; do
  test_one "$version" &
  runs[$version]=$!
done
failed=()
for version in "$@"; do
  wait "${runs[$version]}" || failed+=("$version")
done
for version in "${failed[@]}"; do show_failure "$version"; done
[[ ${#failed[@]} -eq 0 ]]
