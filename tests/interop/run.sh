#!/bin/bash
# Runs the live tests against real peers and registries:  tests/interop/run.sh [NAME…]   (all by default)
# Each line says `ok`, `FAIL` or `SKIPPED` and what; the last one counts them. Exit 1 if anything failed.
# HALLMARK names the binary (default build/dev/cmd/hallmark/hallmark); peers come from peers/install.sh. HALLMARK_JOBS scripts
# run at once (default: one a core): each has ports and a folder of its own, and is printed whole when it has ended.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
results=$(mktemp -d) || exit 1
trap 'rm -rf "$results"' EXIT
export here results

peers_why=$("$here/peers/install.sh" 2>&1) || echo "$peers_why" | grep MISSING >&2
names=("$@")
if [ ${#names[@]} -eq 0 ]; then
  for script in "$here"/*.sh; do
    name=$(basename "$script" .sh)
    [ "$name" = run ] || names+=("$name")
  done
fi
run_one() { # NAME
  local name=$1 begin=$SECONDS code
  timeout 900 bash "$here/$name.sh" >"$results/$name" 2>&1; code=$?
  # A test that died before it could say so has failed.
  [ "$code" -eq 0 ] || grep -q '^FAIL ' "$results/$name" || echo "FAIL $name: ended with $code" >>"$results/$name"
  { flock 9; echo "== $name ($((SECONDS - begin)) s)"; cat "$results/$name"; } 9>>"$results/.printing"
}
export -f run_one
# shellcheck disable=SC2016  # the inner shell expands it
printf '%s\0' "${names[@]}" | xargs -0 -n 1 -P "${HALLMARK_JOBS:-$(nproc)}" bash -c 'run_one "$1"' -
count() { cat "$results"/* | grep -c "^$1 "; }
echo "interop: $(count ok) ok, $(count FAIL) failed, $(count SKIPPED) skipped"
! cat "$results"/* | grep '^FAIL ' >&2
