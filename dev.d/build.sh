# shellcheck shell=bash disable=SC2034,SC2154 # the parts of ./dev share their variables
# The extension (PGXS) and the core (CMake), both built outside of the source folders.

make_extension() {
  make --no-print-directory --directory="$home/build" --file="$root/Makefile" PG_CONFIG="$PG_CONFIG" "$@"
}

build_extension() {
  local log=$state/log/build.log
  say "building the extension for PostgreSQL $major"
  make_extension --jobs="$(nproc)" all 2>&1 | tee "$log" | sed -un 's/.* -c -o \(.*\)\.o .*/  compiling \1/p' >&2 ||
    { grep -v ' -c -o ' "$log" | tail -n 60 >&2; die "the build failed; its log is $log"; }
}

# Into a folder of our own first: what the server has already is not installed again, so that sudo asks for no
# password. New files, never new contents of old ones: running backends have the library mapped.
install_extension() {
  local stage=$home/stage file changed=()
  rm -rf "$stage"
  make_extension install DESTDIR="$stage" >"$state/log/install.log" 2>&1 ||
    { tail -n 20 "$state/log/install.log" >&2; die "make install failed; its log is $state/log/install.log"; }
  while IFS= read -r file; do
    cmp --silent "$stage/$file" "/$file" || changed+=("$file")
  done < <(cd "$stage" && find . -type f -printf '%P\n')
  [[ ${#changed[@]} -gt 0 ]] || return 0
  say "installing ${changed[*]/#//}"
  may_install || die 'installing needs root, or sudo. Ask an administrator for:' \
    "make -C $home/build -f $root/Makefile PG_CONFIG=$PG_CONFIG install"
  (cd "$stage" && as_installer cp --parents --remove-destination --no-preserve=ownership --target-directory=/ "${changed[@]}")
}

# A server in somebody's own home needs no administrator.
own_installation() { [[ -w $("$PG_CONFIG" --pkglibdir) && -w $("$PG_CONFIG" --sharedir)/extension ]]; }
may_install() { own_installation || may_administer; }
as_installer() {
  if own_installation; then "$@"; else as_admin "$@"; fi
}

# build_core FOLDER [CMAKE OPTIONS -- TARGETS]
build_core() {
  local build=$state/$1 options=()
  shift
  while [[ $# -gt 0 && $1 != -- ]]; do
    options+=("$1")
    shift
  done
  cmake -S "$root" -B "$build" "${options[@]}" >"$build.log" 2>&1 ||
    { tail -n 30 "$build.log"; die "cmake cannot configure the core; its log is $build.log"; }
  cmake --build "$build" --parallel "$(nproc)" ${1:+--target "${@:2}"} ||
    die "the core's build failed; see above"
}
