# shellcheck shell=bash disable=SC2034,SC2154 # the parts of ./dev share their variables
# ./dev test: every step runs, in a shell of its own, and says how it ended; one line at the end counts them.

runner_limit=900

run_tests() {
  case ${1-} in
    '' | --slow) prepare ;;
    --server)
      lock_checkout
      find_server
      make_state
      ;;
    *) die "there is no option $1" 'It is ./dev test, ./dev test --slow or ./dev test --server.' ;;
  esac
  begin_steps
  lock_installation
  step 'build and start' build_and_start
  case ${1-} in
    '') fast_steps ;;
    --slow) slow_steps ;;
    --server) server_steps ;;
  esac
  report
}

begin_steps() {
  trap 'exit 130' INT TERM
  results=()
  passed=0
  failed=0
}

fast_steps() {
  needs_build 'proof of the two worlds' make_extension --silent proof
  needs_build 'test of the proof' make_extension --silent proof-of-proof
  [[ ! -f $root/CMakeLists.txt ]] || step 'unit tests of the core' unit_tests core
  server_steps
  needs_build 'instructions of a redemption' "$root/bench/counts" --only redeem --ours
  tests_in tap pl 'tests with servers of their own' installcheck-tap PROVE_FLAGS=--jobs=3
}

server_steps() {
  export_connection
  tests_in sql sql 'regression tests' installcheck ISOLATION=
  tests_in specs spec 'isolation tests' installcheck REGRESS=
  tests_in pgtap sql 'pgTAP tests' installcheck-pgtap
}

slow_steps() {
  export_connection
  needs_build 'row security as PostgreSQL tests it' row_security_test
  needs_build 'faults, for a long time each' faults_test
  needs_build 'odd calls, for a long time' odd_calls_test
  needs_build 'server tests with sanitizers' sanitizer_test
  needs_build 'hot calls under valgrind' memcheck_test
  if [[ -f $root/CMakeLists.txt ]]; then
    needs_build 'random search for codes' random_search_test
    step 'unit tests with sanitizers' unit_tests core-sanitized -DSANITIZE=ON
  fi
  [[ ! -d $root/test/fuzz ]] || step 'fuzzing' fuzz_all 60
  needs_build 'lines that the tests run' coverage_test
  matrix_steps
}

# The step runs outside of any condition, because bash ignores set -e inside of one.
step() {
  local name=$1 started=$SECONDS status log
  shift
  log=$state/log/${name// /-}.log
  printf '\n== %s\n' "$name"
  set +e
  (
    set -e
    exec 8<&- 9<&- </dev/null
    "$@"
  ) 2>&1 | tee "$log"
  status=${PIPESTATUS[0]}
  set -e
  verdict "$name" "$status" $((SECONDS - started)) "$log"
}

verdict() {
  local name=$1 status=$2 seconds=$3 log=$4
  if [[ $status -eq 0 ]]; then
    passed=$((passed + 1))
    printf -- '-- %s: ok (%d s)\n' "$name" "$seconds"
    results+=("$(printf 'ok      %-34s %4d s' "$name" "$seconds")")
  else
    failed=$((failed + 1))
    printf -- '-- %s: FAILED (%d s); its log is %s\n' "$name" "$seconds" "$log"
    results+=("$(printf 'FAILED  %-34s %4d s  %s' "$name" "$seconds" "$log")")
  fi
}

report() {
  printf '\n'
  printf '%s\n' "${results[@]}"
  printf '%d passed, %d failed\n' "$passed" "$failed"
  [[ $failed -eq 0 ]]
}

# What an older build left in the server must not be tested in place of this one.
needs_build() {
  local name=$1
  shift
  if [[ ${results[0]} == ok* ]]; then
    step "$name" "$@"
  else
    step "$name" not_run
  fi
}

not_run() {
  echo 'not run, because the first step failed'
  return 1
}

build_and_start() {
  build_extension
  install_extension
  start_server
  copy_tests
}

# tests_in FOLDER ENDING NAME MAKE-ARGUMENTS: an empty folder is a failure, a missing one is not.
tests_in() {
  local folder=$1 ending=$2 name=$3
  shift 3
  [[ -d $root/test/$folder ]] || return 0
  if ! compgen -G "$root/test/$folder/*.$ending" >/dev/null; then
    step "$name" no_tests "$folder" "$ending"
  else
    needs_build "$name" run_in_server "$@"
  fi
}

# Its notes say what befell the clients.
faults_test() {
  FAULTS_SECONDS=15 run_tap_in_server '--verbose --jobs=2' 072_faults 073_standby
}

# Its notes say what was called, and what was answered.
odd_calls_test() {
  EDGE_SECONDS=60 SQLSMITH_SECONDS=60 run_tap_in_server '--verbose --jobs=2' 074_edge_values 076_sqlsmith
}

# run_tap_in_server PROVE-FLAGS TEST...: some of the tests with servers of their own.
run_tap_in_server() {
  local folder scripts
  folder=$(tests_folder)/test/tap
  scripts=("${@:2}")
  scripts=("${scripts[@]/#/$folder/}")
  run_in_server installcheck-tap PROVE_FLAGS="$1" TAP_SCRIPTS="${scripts[*]/%/.pl}"
}

no_tests() {
  echo "test/$1 has no *.$2"
  return 1
}

# The runners work as the server's user, so that a test may change the server's files. As root that is somebody who
# may not read the checkout: he gets a copy.
copy_tests() {
  is_root || return 0
  local tests
  tests=$(tests_folder)
  as_server rm -rf "$tests"
  as_server mkdir "$tests"
  tar --create --directory "$root" --exclude='./.git' --exclude='./.dev*' --exclude='*.o' . |
    as_server tar --extract --no-same-owner --no-same-permissions --directory "$tests"
}

tests_folder() {
  if is_root; then echo "$work/tree"; else echo "$root"; fi
}

# A test that waits for ever is a failure, too; isolationtester notices it in a step, but not in a teardown.
run_in_server() {
  local status=0 lines_before
  wait_for_server
  lines_before=$(wc -l <"$server/server.log")
  as_server rm -rf "$work/regression.diffs" "$work/output_iso" "$work/tmp_check"
  PGISOLATIONTIMEOUT=60 as_server timeout --kill-after=10 "$runner_limit" make --silent --no-print-directory --directory="$work" --file="$(tests_folder)/Makefile" \
    PG_CONFIG="$PG_CONFIG" "$@" || status=$?
  [[ $status -eq 0 ]] || show_what_failed
  if tail -n +$((lines_before + 1)) "$server/server.log" | grep -E -A 1 'was terminated by signal|PANIC:|TRAP:'; then
    echo "a server process died; the server's log is $server/server.log"
    status=1
  fi
  [[ $status -ne 124 && $status -ne 137 ]] || echo "stopped after $runner_limit s: something waits for ever"
  return "$status"
}

# One test that brings the server down is enough: the next runner starts when it is back.
wait_for_server() {
  local try
  for try in {1..60}; do
    ! "$bindir/pg_isready" --quiet || return 0
    sleep 0.5
  done
  die "the server does not answer; its log is $server/server.log"
}

show_what_failed() {
  local file
  for file in "$work/regression.diffs" "$work/output_iso/regression.diffs"; do
    [[ ! -s $file ]] || { head -n 200 "$file"; echo "(all of it: $file)"; }
  done
  for file in "$work"/tmp_check/log/regress_log_*; do
    if [[ -f $file ]] && grep -qE '\) +not ok |Looks like your test' "$file"; then
      tail -n 30 "$file"
      echo "(all of it, and the logs of its servers: $file)"
    fi
  done
}

unit_tests() {
  build_core "$@"
  ctest --test-dir "$state/$1" --no-tests=error --output-on-failure --parallel "$(nproc)" | sed -u '/^ *Start /d'
}

# fuzz_all SECONDS [LIBFUZZER OPTIONS]: each target for so long, as many at a time as there are cores.
fuzz_all() {
  local seconds=$1 targets=() target failures=0 running=0
  shift
  mapfile -t targets < <(cd "$root/test/fuzz" && compgen -G '*_fuzz.cpp' | sed 's/\.cpp$//')
  [[ ${#targets[@]} -gt 0 ]] || no_tests fuzz '_fuzz.cpp'
  build_core core-fuzz -DFUZZ=ON -DCMAKE_CXX_COMPILER=clang++ -- "${targets[@]}"
  echo "fuzzing ${targets[*]}, each for $seconds s at most"
  trap 'exit 130' INT TERM # the fuzzers hear of it, too, and end by themselves
  for target in "${targets[@]}"; do
    if [[ $running -ge $(nproc) ]]; then
      wait -n || failures=$((failures + 1))
      running=$((running - 1))
    fi
    fuzz_one "$target" "$seconds" "$@" &
    running=$((running + 1))
  done
  while [[ $running -gt 0 ]]; do
    wait -n || failures=$((failures + 1))
    running=$((running - 1))
  done
  echo "$((${#targets[@]} - failures)) of ${#targets[@]} targets without a finding"
  [[ $failures -eq 0 ]]
}

# What it learns is kept in .dev/fuzz; the corpus in the tree is read only.
fuzz_one() {
  local target=$1 seconds=$2 found=$state/fuzz/$1 corpus=$root/test/fuzz/corpus/${1%_fuzz} status=0
  shift 2
  mkdir -p "$found/corpus"
  [[ ! -d $corpus ]] || set -- "$@" "$corpus"
  "$state/core-fuzz/$target" -max_total_time="$seconds" -artifact_prefix="$found/" \
    "$found/corpus" "$@" >"$found/log" 2>&1 || status=$?
  if [[ $status -eq 0 ]]; then
    printf '%s: %s\n' "$target" "$(grep '^Done ' "$found/log")"
  elif [[ $status -ne 72 ]]; then # which it returns after Ctrl-C
    tail -n 40 "$found/log"
    echo "$target found something. Once more: $state/core-fuzz/$target $found/(crash, leak or timeout)-..."
  fi
  return "$status"
}

fuzz() {
  local seconds=${1:-60}
  [[ $seconds =~ ^[1-9][0-9]*$ ]] || die "not a number of seconds: $seconds" 'It is ./dev fuzz [SECONDS].'
  prepare
  (
    exec 8<&- 9<&-
    fuzz_all "$seconds"
  )
}
