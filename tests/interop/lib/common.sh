# shellcheck shell=bash disable=SC2034,SC2154
# What every live test starts with:  . "$(dirname "$0")/lib/common.sh"
#
# A test prints one line per thing it proves, `ok NAME`, `FAIL NAME: why` or `SKIPPED NAME: why`, and ends with 1 if one failed.
# It works in $work, a folder of its own that is gone afterwards like every process it began with `start`. Nothing of the
# user's (keys, logins, caches) is seen: HOME is inside $work.
set -uo pipefail

interop=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
root=$(cd "$interop/../.." && pwd)
hallmark=${HALLMARK:-$root/build/dev/cmd/hallmark/hallmark}
peers=${HALLMARK_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/hallmark-peers}
PATH=$peers/bin:$PATH:/usr/sbin:/sbin
test_name=$(basename "$0" .sh)
failures=0
processes=()
at_exit=()

work=$(mktemp -d "${TMPDIR:-/tmp}/hallmark-$test_name.XXXXXX") || exit 1
export HOME=$work/home TMPDIR=$work/tmp XDG_RUNTIME_DIR=$work/run COSIGN_PASSWORD=correct-horse
unset SSL_CERT_FILE SSL_CERT_DIR DOCKER_CONFIG REGISTRY_AUTH_FILE COSIGN_REPOSITORY COSIGN_EXPERIMENTAL \
  http_proxy https_proxy no_proxy all_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY
for variable in ${!HALLMARK_*} ${!AWS_*} ${!GOOGLE_*} ${!CLOUDSDK_*} ${!GCE_*} ${!AZURE_*} ${!VAULT_*} ${!BAO_*} ${!KUBE*}; do
  [ "$variable" = HALLMARK_PEERS ] || unset "$variable"
done
mkdir -m 700 "$HOME" "$TMPDIR" "$XDG_RUNTIME_DIR"
cd "$work" || exit 1

clean_up() {
  local each
  for each in "${at_exit[@]}"; do eval "$each"; done
  for each in "${processes[@]}"; do kill "$each" 2>/dev/null; done
  wait 2>/dev/null
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

pass() { echo "ok $1"; }
fail() { echo "FAIL $1: $2"; failures=$((failures + 1)); }
# A peer that is missing is no failure on someone's machine, but it is one where everything is to be proven.
skip() { if [ "${CI:-}" = true ]; then fail "$1" "CI=true and $2"; else echo "SKIPPED $1: $2"; fi; }
finish() { [ "$failures" -eq 0 ]; exit; }

# needs PROGRAM…: ends the test as SKIPPED when one is not there.
needs() {
  local each
  for each in "$@"; do
    command -v "$each" >/dev/null && continue
    skip "$test_name" "$each is not installed (tests/interop/peers/install.sh, or a Debian package)"
    finish
  done
}
[ -x "$hallmark" ] || needs "$hallmark"

# start LOG COMMAND…: in the background until the test ends; its pid is in $started.
start() {
  local log=$1; shift
  "$@" >"$log" 2>&1 &
  started=$!
  processes+=("$started")
}

# eventually SECONDS COMMAND…: tries until it succeeds.
eventually() {
  local end=$((SECONDS + $1)); shift
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || return 1
    sleep 0.05
  done
}

# The last words of a command, on one line.
words_of() { tr '\n' ' ' <"$1" | tail -c 400; }

# ok NAME COMMAND…: it must end with 0.
ok() {
  local name=$1; shift
  if "$@" >out 2>&1; then pass "$name"; else fail "$name" "exit $?: $(words_of out)"; fi
}

# outcome NAME EXIT PATTERN COMMAND…: it must end with EXIT and say PATTERN (an extended regular expression).
outcome() {
  local name=$1 wanted=$2 pattern=$3 code=0; shift 3
  "$@" >out 2>&1 || code=$?
  if [ "$code" -ne "$wanted" ]; then fail "$name" "exit $code, not $wanted: $(words_of out)"
  elif ! grep -qE -- "$pattern" out; then fail "$name" "does not say /$pattern/: $(words_of out)"
  else pass "$name"; fi
}

# fails NAME PATTERN COMMAND…: a peer must refuse, with any code, and say PATTERN.
fails() {
  local name=$1 pattern=$2; shift 2
  if "$@" >out 2>&1; then fail "$name" "was accepted: $(words_of out)"
  elif ! grep -qE -- "$pattern" out; then fail "$name" "does not say /$pattern/: $(words_of out)"
  else pass "$name"; fi
}
