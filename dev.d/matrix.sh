# shellcheck shell=bash disable=SC2034,SC2154 # the parts of ./dev share their variables
# ./dev matrix: the tests of the server on each version that we support, and pg_upgrade from one to the next.
#
# The servers live side by side in a Debian of their own, in .dev/matrix/rootfs. Commands work there in namespaces of
# their own: nothing stays mounted and no server stays running when they end, however they end.

versions=(15 17 18)

matrix() {
  [[ $# -eq 0 ]] || die "there is no option $1" 'It is ./dev matrix.'
  prepare
  begin_steps
  matrix_steps
  report
}

matrix_steps() {
  rootfs=$state/matrix/rootfs
  step 'servers side by side' make_rootfs
  if_rootfs "tests on ${versions[*]}" test_on_each_version
  if_rootfs "pg_upgrade ${versions[*]}" test_pg_upgrade
}

if_rootfs() {
  local name=$1
  shift
  if [[ -e $rootfs ]]; then step "$name" "$@"; else step "$name" not_run; fi
}

# Made aside and then moved into place, as clusters are. It is kept until what makes it changes.
make_rootfs() {
  local new=$rootfs.new mirror made_by
  made_by="${versions[*]} $(cksum <"$root/test/versions/make_rootfs.sh")"
  [[ ! -e $rootfs || $(<"$rootfs/made_by") != "$made_by" ]] || { echo "they are there, in $rootfs"; return 0; }
  may_administer || die 'servers side by side need a Debian of their own, and that needs root, or sudo'
  remove_rootfs
  mkdir -p "${rootfs%/*}"
  mirror=$(debian_mirror)
  as_admin unshare --mount "$root/test/versions/make_rootfs.sh" "$new" "$mirror" "${versions[@]}" 2>&1 |
    tee "$state/log/rootfs.log" |
    sed -un 's/^I: Extracting \(.*\)\.\.\.$/  unpacking \1/p; s/^Setting up \([^ ]*\).*/  installing \1/p' ||
    { tail -n 30 "$state/log/rootfs.log"; die "the servers cannot be installed; the log is $state/log/rootfs.log"; }
  echo "$made_by" | as_admin tee "$new/made_by" >/dev/null
  as_admin mv -T "$new" "$rootfs"
}

# Its files are root's.
remove_rootfs() { [[ ! -e $state/matrix ]] || as_admin rm -rf "$state/matrix"; }

# The one that this machine has its packages from.
debian_mirror() {
  list_mirrors | grep . || { as_admin apt-get --quiet --quiet update && list_mirrors | grep .; } ||
    die 'apt-get knows no mirror of Debian' 'Servers of other versions are installed from one.'
}

list_mirrors() {
  # shellcheck disable=SC2016 # for apt-get to expand
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' 'Component: main' |
    sed -n '1s:/*$::p'
}

# No network, either: what is tested talks through sockets in the file system.
in_rootfs() {
  # shellcheck disable=SC2016 # for sh to expand
  as_admin unshare --mount --pid --fork --kill-child --ipc --net -- sh -c '
    mount -t proc proc "$0/proc" && mount -t tmpfs tmpfs "$0/dev/shm" &&
    exec chroot "$0" env --ignore-environment PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 "$@"' "$rootfs" "$@"
}

test_on_each_version() {
  local version
  for version in "${versions[@]}"; do copy_checkout "$rootfs/checkout/$version"; done
  in_rootfs "/checkout/${versions[0]}/test/versions/test_each.sh" "${versions[@]}"
}

# What an earlier run has built stays.
copy_checkout() {
  as_admin mkdir -p "$1"
  as_admin find "$1" -mindepth 1 -maxdepth 1 ! -name '.dev*' -exec rm -rf {} +
  tar --create --directory "$root" --exclude='./.git' --exclude='./.dev*' --exclude='*.o' . |
    as_admin tar --extract --no-same-owner --directory "$1"
}

test_pg_upgrade() {
  local newest=${versions[-1]}
  in_rootfs sh -c 'rm -rf /tmp/pg_upgrade && install --directory --owner=postgres /tmp/pg_upgrade'
  in_rootfs runuser -u postgres -- make --silent --directory=/tmp/pg_upgrade --file="/checkout/$newest/Makefile" \
    PG_CONFIG="/usr/lib/postgresql/$newest/bin/pg_config" installcheck-tap PROVE_FLAGS=--verbose \
    PROVE_TESTS="/checkout/$newest/test/versions/pg_upgrade.pl" PG_UPGRADE_VERSIONS="${versions[*]}"
}
