#!/bin/sh
# Do our codes, tags, fingerprints, tokens and chains mean what the documentation says? This computes them with the openssl command
# line and a few lines of perl, from the documentation, and shares nothing with the core but the file of vectors.
#
#   second_opinion.sh VECTORS          compare with the last word of each line
#   second_opinion.sh --print VECTORS  print the file with that word computed
set -eu

mode=check
if [ "${1-}" = --print ]; then mode=print; shift; fi
[ $# -eq 1 ] || { echo "usage: $0 [--print] VECTORS" >&2; exit 2; }
vectors=$1

bytes() { perl -e 'print pack "H*", join "", map { tr/-//dr } @ARGV' "$@"; }
hex() { perl -0777 -ne 'print unpack "H*", $_'; }
number() { perl -e 'print unpack "H*", pack $ARGV[0], $ARGV[1]' "$@"; }

# hkdf MASTER INFO LENGTH: no salt
hkdf() {
  openssl kdf -binary -keylen "$3" -kdfopt digest:SHA256 -kdfopt "hexkey:$1" -kdfopt "info:$2" HKDF |
    hex
}

# hmac KEY HEX...: of all the bytes
hmac() {
  key=$1; shift
  bytes "$@" | openssl mac -digest SHA256 -macopt "hexkey:$key" -in - HMAC | tr 'A-F' 'a-f'
}

sha256() { bytes "$@" | openssl dgst -sha256 -r | cut -d ' ' -f 1; }

# symbols SLOT ROUTE SYMBOLS ENTROPY: bits as text, and the check from its definition, weight by weight
symbols() {
  perl -e '
    my ($slot, $route, $n, $entropy) = @ARGV;
    my @alphabet = split //, "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    my @power = (1);
    push @power, ($power[-1] << 1) & 32 ? ($power[-1] << 1) ^ 37 : $power[-1] << 1 for 1 .. 30;
    my %log = map { $power[$_] => $_ } 0 .. 30;
    my $times = sub { $_[0] && $_[1] ? $power[($log{$_[0]} + $log{$_[1]}) % 31] : 0 };
    my @groups = unpack("B*", pack "H*", $entropy) =~ /.{5}/g;
    my @value = ($slot, $route, map { oct "0b$_" } @groups[0 .. $n - 4]);
    my $check = 0;
    $check ^= $times->($power[$n - 1 - $_], $value[$_]) for 0 .. $n - 2;
    print join "-", join("", map { $alphabet[$_] } @value, $check) =~ /.{4}/g;
  ' "$@"
}

# The words of a line without the last: what does it come to?
compute() {
  kind=$1; shift
  case $kind in
  fingerprint) hkdf "$1" 'pg_rewards key fingerprint v1' 16 ;;
  code)
    entropy=$(hmac "$(hkdf "$1" 'pg_rewards coupon code v1' 32)" "$6" "$(number N "$5")")
    symbols "$2" "$3" "$4" "$entropy" ;;
  tag)
    hmac "$(hkdf "$1" 'pg_rewards coupon tag v1' 32)" "$2" "$(printf %s "$3" | tr -d - | hex)" ;;
  layer)
    hmac "$(hkdf "$1" 'pg_rewards coupon layer v1' 32)" "$2" "$(number C "$3")" "$4" ;;
  legacy)
    hmac "$1" "$(printf %s "$2" | tr a-z A-Z | hex)" ;;
  token)
    key=$(hkdf "$1" 'pg_rewards company token v1' 32)
    message=01$(number N "$3")$(number C "$2")$(number 'Q>' "$4")$(number N "$5")
    message=$message$(number 'Q>' "$6")$(number 'Q>' "$7")$(number 'Q>' "$8")$(printf %s "$9" | tr -d -)
    shift 9
    role=$(printf %.1s "$1" | hex)
    actor=${3#=}
    case $2 in null) has=00 challenge= ;; *) has=01 challenge=$2 ;; esac
    message=$message$role$has$(number C $((${#actor} / 2)))$actor$challenge
    printf 'pgr_%s' "$(bytes "$message$(hmac "$key" "$message")" | openssl base64 -A | tr '+/' '-_' | tr -d =)" ;;
  request)
    message=$(printf 'pg_rewards request v1' | hex)$(number 'Q>' $#)
    for field in "$@"; do
      case $field in
      null) message=${message}00 ;;
      *) field=${field#=}; message=${message}01$(number 'Q>' $((${#field} / 2)))$field ;;
      esac
    done
    sha256 "$message" ;;
  chain) sha256 "$(printf 'pg_rewards account v1' | hex)" "$1" "$2" ;;
  entry)
    message=$1
    case $2 in event) message=${message}01 ;; *) message=${message}02 ;; esac
    shift 2
    for field in "$@"; do
      value=${field#?}
      case $field in
      null) message=${message}00 ;;
      \#*) message=${message}01$(number 'q>' "$value") ;;
      @*) message=${message}02$value ;;
      =*) message=${message}03$(number N $((${#value} / 2)))$value ;;
      \**) message=${message}03$(number N "$value")$(perl -e 'print "78" x $ARGV[0]' "$value") ;;
      esac
    done
    printf %s "$message" | perl -0777 -ne 'tr/-//d; print pack "H*", $_' | openssl dgst -sha256 -r | cut -d ' ' -f 1 ;;
  *) echo "unknown kind of vector: $kind" >&2; return 1 ;;
  esac
}

checked=0
wrong=0
while IFS= read -r line; do
  case $line in
  '' | '#'*) [ $mode = check ] || printf '%s\n' "$line"; continue ;;
  esac
  given=${line% *}
  # shellcheck disable=SC2086 # one argument for each word
  computed=$(compute $given)
  if [ $mode = print ]; then printf '%s %s\n' "$given" "$computed"; continue; fi
  checked=$((checked + 1))
  [ "$line" = "$given $computed" ] && continue
  wrong=$((wrong + 1))
  printf 'expected: %s\ncomputed: %s\n' "$line" "$computed"
done <"$vectors"

[ $mode = print ] && exit
echo "$checked vectors, $wrong wrong"
[ "$checked" -gt 0 ] && [ "$wrong" -eq 0 ]
