#!/bin/bash
# Runs the live tests against real peers and registries:  tests/interop/run.sh [NAME…]   (all by default)
# Each line says `ok`, `FAIL` or `SKIPPED` and what; the last one counts them. Exit 1 if anything failed.
# HALLMARK names the binary (default build/dev/cmd/hallmark/hallmark); peers come from peers/install.sh.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
result=$(mktemp) || exit 1
trap 'rm -f "$result"' EXIT

peers_why=$("$here/peers/install.sh" 2>&1) || echo "$peers_why" | grep MISSING >&2
names=("$@")
if [ ${#names[@]} -eq 0 ]; then
  for script in "$here"/*.sh; do
    name=$(basename "$script" .sh)
    [ "$name" = run ] || names+=("$name")
  done
fi
for name in "${names[@]}"; do
  echo "== $name"
  timeout 900 bash "$here/$name.sh" 2>&1 | tee "$result.one"
  code=${PIPESTATUS[0]}
  grep -E '^(ok|FAIL|SKIPPED) ' "$result.one" >>"$result"
  # A test that died before it could say so has failed.
  if [ "$code" -ne 0 ] && ! grep -q '^FAIL ' "$result.one"; then
    echo "FAIL $name: ended with $code" | tee -a "$result"
  fi
  rm -f "$result.one"
done
count() { grep -c "^$1 " "$result"; }
echo "interop: $(count ok) ok, $(count FAIL) failed, $(count SKIPPED) skipped"
! grep '^FAIL ' "$result" >&2
