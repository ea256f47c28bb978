# shellcheck shell=bash disable=SC2034,SC2154 # the parts of ./dev share their variables
# What has to be installed, and who may do it.

packages=(g++ make cmake libgtest-dev libssl-dev openssl perl libipc-run-perl pgbouncer sqlsmith bzip2 clang libclang-rt-dev valgrind debootstrap)
debian_pg_config=/usr/lib/postgresql/15/bin/pg_config
server_packages=(postgresql-15 postgresql-server-dev-15 postgresql-15-pgtap postgresql-15-plpgsql-check libtap-parser-sourcehandler-pgtap-perl)

as_admin() {
  if is_root; then "$@"; else sudo "$@"; fi
}

may_administer() {
  is_root || { command -v sudo >/dev/null && { sudo --non-interactive true 2>/dev/null || sudo --validate; }; }
}

install_packages() {
  local wanted=("${packages[@]}") missing
  # A server of one's own choice is there, or nowhere that we know of.
  [[ $PG_CONFIG != "$debian_pg_config" ]] || wanted+=("${server_packages[@]}")
  if ! command -v dpkg-query >/dev/null; then
    say "no Debian here: taking for granted what these packages hold: ${wanted[*]}"
    return
  fi
  mapfile -t missing < <(missing_packages "${wanted[@]}")
  [[ ${#missing[@]} -gt 0 ]] || return 0
  may_administer || die "these packages are missing: ${missing[*]}" \
    'Installing them needs root, or sudo. Ask an administrator for:' \
    "apt-get update && apt-get install --no-install-recommends ${missing[*]}"
  say "installing ${missing[*]}"
  as_admin apt-get --quiet --quiet update ||
    die 'apt-get update failed; see above. ./dev needs a Debian mirror until everything is installed.'
  apt_install "${missing[@]}" || die 'apt-get install failed; see above. ./dev goes on from there when it is called again.'
}

missing_packages() {
  local installed package
  installed=" $(dpkg-query --show --showformat='${db:Status-Status}=${Package} ' "$@" 2>/dev/null || true)"
  for package in "$@"; do
    [[ $installed == *" installed=$package "* ]] || printf '%s\n' "$package"
  done
}

# Debian's packages create a cluster "main", and start it and pgbouncer. Nobody asked us for them; the word is taken back
# afterwards, so that what is installed later on comes as its packagers meant it to.
apt_install() {
  local status=0
  [[ " $* " != *' postgresql-15 '* ]] || forbid_cluster
  [[ " $* " != *' pgbouncer '* ]] || forbid_services
  as_admin env DEBIAN_FRONTEND=noninteractive apt-get --quiet --yes --no-install-recommends \
    -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 install "$@" </dev/null || status=$?
  allow_cluster
  [[ " $* " != *' pgbouncer '* ]] || allow_services
  return "$status"
}

no_cluster=/etc/postgresql-common/createcluster.d/pg_rewards-dev.conf

forbid_cluster() {
  say "keeping postgresql-15 from creating a cluster of its own, by $no_cluster (removed afterwards)"
  as_admin mkdir -p "${no_cluster%/*}"
  echo 'create_main_cluster = false' | as_admin tee "$no_cluster" >/dev/null
}

allow_cluster() {
  as_admin rm -f "$no_cluster"
  as_admin rmdir --ignore-fail-on-non-empty "${no_cluster%/*}" 2>/dev/null || true
}

# The machine's own policy about services, where it has one, stands.
service_policy=/usr/sbin/policy-rc.d

forbid_services() {
  [[ ! -e $service_policy ]] || return 0
  say "keeping pgbouncer from being started, by $service_policy (removed afterwards)"
  printf '%s\n' '#!/bin/sh' '# pg_rewards-dev' 'exit 101' | as_admin tee "$service_policy" >/dev/null
  as_admin chmod 0755 "$service_policy"
}

allow_services() {
  ! grep --quiet --no-messages '^# pg_rewards-dev$' "$service_policy" || as_admin rm -f "$service_policy"
  # Nor at the next boot. Where the package could not be installed there is nothing to disable.
  as_admin update-rc.d pgbouncer disable >/dev/null 2>&1 || true
}
