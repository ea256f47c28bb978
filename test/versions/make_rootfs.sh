#!/usr/bin/env bash
# make_rootfs.sh FOLDER MIRROR VERSION...: a Debian in a folder, with servers of these versions side by side, and
# what it takes to build and test an extension for each. As root, in a mount namespace of its own, with which the mounts
# go away: dev.d/matrix.sh calls it.
set -euo pipefail

rootfs=$1
mirror=$2
versions=("${@:3}")
# Each server was packaged for one release of Debian. The newest is the base, because old programs run on new
# libraries, and the older ones add their packages.
base=sid
older=(trixie bookworm)

main() {
  debootstrap --variant=minbase "$base" "$rootfs" "$mirror"
  mount -t proc proc "$rootfs/proc"
  mount -t tmpfs tmpfs "$rootfs/dev/shm"
  configure
  inside apt-get --quiet update
  apt_install postgresql-common
  # Its clusters are made by the tests.
  echo 'create_main_cluster = false' >>"$rootfs/etc/postgresql-common/createcluster.conf"
  local servers=("${versions[@]/#/postgresql-}")
  apt_install g++ make libssl-dev libipc-run-perl libtap-parser-sourcehandler-pgtap-perl "${servers[@]}" "${servers[@]/%/-pgtap}" "${servers[@]/%/-plpgsql-check}"
  unpack_server_headers
  inside apt-get clean
  rm -rf "$rootfs"/var/lib/apt/lists/*
}

configure() {
  local suite
  for suite in "$base" "${older[@]}"; do echo "deb $mirror $suite main"; done >"$rootfs/etc/apt/sources.list"
  # A mirror that is a snapshot has release files that have expired.
  cat >"$rootfs/etc/apt/apt.conf.d/pg_rewards" <<'CONF'
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
APT::Install-Recommends "false";
DPkg::Options { "--force-unsafe-io"; };
CONF
  printf '%s\n' '#!/bin/sh' 'exit 101' >"$rootfs/usr/sbin/policy-rc.d"
  chmod 0755 "$rootfs/usr/sbin/policy-rc.d"
}

inside() {
  chroot "$rootfs" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}

apt_install() { inside apt-get --quiet --yes -o Dpkg::Use-Pty=0 install "$@" </dev/null; }

# Their dependencies are a clang for each server, for bitcode that we do not make.
unpack_server_headers() {
  # shellcheck disable=SC2016 # for sh to expand
  inside sh -c 'cd /tmp && apt-get --quiet download "$@" && for file in *.deb; do dpkg --extract "$file" /; done && rm ./*.deb' \
    sh "${versions[@]/#/postgresql-server-dev-}"
}

main
