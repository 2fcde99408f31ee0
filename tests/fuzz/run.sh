#!/bin/sh
# run.sh BUILD [SECONDS [NAME…]]: runs the fuzz targets built in BUILD (preset fuzz): each over its corpus, then onwards for
# SECONDS (default 10). A crash, a leak, a timeout or more than 512 MiB fails; what failed stays in BUILD/tests/fuzz/crashes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=$(cd "${1:?usage: run.sh BUILD [SECONDS [NAME...]]}" && pwd)
shift
seconds=${1:-10}
[ $# -gt 0 ] && shift
vectors=${HALLMARK_VECTORS:-$root/../shared/vectors}

cd "$root"
names=${*:-$(for t in "$build"/tests/fuzz/*.target; do basename "$t" .target; done)}
failed=
for name in $names; do
  found=$build/tests/fuzz/found/$name
  crashes=$build/tests/fuzz/crashes/$name
  mkdir -p "$found" "$crashes"
  seeds="$here/corpus/$name"
  # The peers' artefacts, where they are at hand, are seeds too.
  [ -d "$vectors/cosign" ] && [ "$name" != tar ] && seeds="$seeds $vectors/cosign"
  limits="-timeout=10 -rss_limit_mb=512 -artifact_prefix=$crashes/"
  log=$build/tests/fuzz/$name.log
  # shellcheck disable=SC2086  # lists of words
  if LLVM_PROFILE_FILE=/dev/null "$build/tests/fuzz/fuzz_$name" $limits -runs=0 $seeds >"$log" 2>&1 &&
     LLVM_PROFILE_FILE=/dev/null "$build/tests/fuzz/fuzz_$name" $limits -max_total_time="$seconds" -print_final_stats=1 \
       "$found" $seeds >>"$log" 2>&1; then
    printf '%-20s ok, %s runs\n' "$name" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
  else
    printf '%-20s FAILED\n' "$name"
    tail -30 "$log"
    failed="$failed $name"
  fi
done
[ -z "$failed" ] || { echo "fuzz: failed:$failed; inputs are in $build/tests/fuzz/crashes" >&2; exit 1; }
