# shellcheck shell=bash disable=SC2034,SC2154 # the parts of ./dev share their variables
# ./dev coverage: which lines of src/ no test runs.
#
# A process says what it ran when it exits. Tests that kill processes are left out, and those that repeat themselves for minutes.

wanted_coverage=90
quick_tap_tests=(000_dump_restore 011_tenant_token 033_history 037_tamper 059_coupon_guess 061_vendor_code 065_key_file 066_coupon_key)

coverage() {
  [[ $# -eq 0 ]] || die "there is no option $1" 'It is ./dev coverage.'
  prepare
  begin_steps
  step 'lines that the tests run' coverage_test
  report
}

coverage_test() {
  use_copy_of_server coverage
  export COVERAGE=1 WERROR=
  find "$home/build" "$state/core-coverage" -name '*.gcda' -delete 2>/dev/null || true
  unit_tests core-coverage -DCOVERAGE=ON
  trap stop_cluster EXIT
  build_and_start
  ! is_root || chown -R "$server_user" "$home/build" # where the server's processes write what they ran
  run_in_server installcheck
  run_in_server installcheck-pgtap
  run_tap_in_server --jobs=2 "${quick_tap_tests[@]}"
  stop_cluster
  "$root/test/coverage/report.pl" "$root" "$wanted_coverage" "$home/build" "$state/core-coverage"
}
