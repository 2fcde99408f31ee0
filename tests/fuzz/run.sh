#!/bin/sh
# run.sh [SECONDS [NAME…]]: builds the fuzz targets, runs each over its corpus, then fuzzes it for SECONDS more
# (default 10). A crash, a leak, a timeout or more than 512 MiB fails; what failed stays in the build folder.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=${HALLMARK_FUZZ_BUILD:-$root/build/fuzz}
seconds=${1:-10}
[ $# -gt 0 ] && shift
jobs=${HALLMARK_JOBS:-$(nproc)}

cd "$root"
mkdir -p "$build"
cmake --preset fuzz -B "$build" >"$build/build.log" 2>&1 || { cat "$build/build.log"; exit 1; }
names=${*:-$(for t in "$build"/tests/fuzz/*.target; do basename "$t" .target; done)}
# shellcheck disable=SC2046  # one word a target, on purpose
ninja -C "$build" -j "$jobs" $(printf 'fuzz_%s ' $names) >"$build/build.log" 2>&1 || { tail -40 "$build/build.log"; exit 1; }

failed=
for name in $names; do
  found=$build/tests/fuzz/found/$name
  crashes=$build/tests/fuzz/crashes/$name
  mkdir -p "$found" "$crashes"
  seeds="$here/corpus/$name"
  # The peers' artefacts, where they are at hand, are seeds too.
  vectors=${HALLMARK_VECTORS:-$root/../shared/vectors}
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
