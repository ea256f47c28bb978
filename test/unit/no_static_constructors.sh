#!/bin/sh
# Fails if an object file would run code when the library is loaded.
set -eu

[ $# -gt 0 ] || { echo "usage: $0 OBJECT..." >&2; exit 2; }

sections=$(objdump -h "$@")
if printf '%s\n' "$sections" | grep -E '^/|file format|\.init_array|\.ctors' | grep -B1 -E '\.init_array|\.ctors'; then
  exit 1
fi
echo "$# objects without static constructors"
