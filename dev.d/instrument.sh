# shellcheck shell=bash disable=SC2034,SC2154 # the parts of ./dev share their variables
# The extension built with something that watches it, in a copy of the server: what is installed stays as it is.

# use_copy_of_server NAME: from here to the end of a step, build, server and work are those in .dev/pg*/NAME.
use_copy_of_server() {
  home=$home/$1
  copy_server "$home/copy"
  PG_CONFIG=$home/copy$bindir/pg_config
  find_server
  work=$home/work
  use_server server
  mkdir -p "$home/build"
  make_server_folder "$server"
  make_server_folder "$work"
  copy_tests
  export_connection
}

# A server looks for what belongs to it from where its programs are. The headers keep their age: nothing is built anew for a copy.
copy_server() {
  local folder
  rm -rf "$1"
  for folder in "$bindir" "$("$PG_CONFIG" --pkglibdir)" "$("$PG_CONFIG" --sharedir)" "$("$PG_CONFIG" --includedir-server)"; do
    mkdir -p "$1$folder"
    cp --recursive --dereference --preserve=timestamps,mode "$folder/." "$1$folder"
  done
}
