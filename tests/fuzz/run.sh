#!/bin/bash
# run.sh BUILD [SECONDS [NAME…]]: runs the fuzz targets built in BUILD (preset fuzz): each over its corpus, then onwards for
# SECONDS (default 10), one a core at once. A crash, a leak, a timeout or more than 512 MiB fails; what failed stays in
# BUILD/tests/fuzz/crashes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=$(cd "${1:?usage: run.sh BUILD [SECONDS [NAME...]]}" && pwd)
shift
seconds=${1:-10}
[ $# -gt 0 ] && shift
vectors=${HALLMARK_VECTORS:-$root/../shared/vectors}
export here build seconds vectors LLVM_PROFILE_FILE=/dev/null

fuzz_one() { # NAME
  local name=$1 found=$build/tests/fuzz/found/$1 crashes=$build/tests/fuzz/crashes/$1 log=$build/tests/fuzz/$1.log
  local program=$build/tests/fuzz/fuzz_$1 seeds=("$here/corpus/$1")
  # The peers' artefacts, where they are at hand, are seeds too.
  if [ -d "$vectors/cosign" ] && [ "$name" != tar ]; then seeds+=("$vectors/cosign"); fi
  local limits=(-timeout=10 -rss_limit_mb=512 "-artifact_prefix=$crashes/")
  mkdir -p "$found" "$crashes"
  if "$program" "${limits[@]}" -runs=0 "${seeds[@]}" >"$log" 2>&1 &&
     "$program" "${limits[@]}" -max_total_time="$seconds" -print_final_stats=1 "$found" "${seeds[@]}" >>"$log" 2>&1; then
    printf '%-20s ok, %s runs\n' "$name" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
  else
    printf '%-20s FAILED\n%s\n' "$name" "$(tail -30 "$log")"
    return 1
  fi
}
export -f fuzz_one

cd "$root"
if [ $# -gt 0 ]; then names=("$@"); else names=("$build"/tests/fuzz/*.target); names=("${names[@]##*/}"); names=("${names[@]%.target}"); fi
# shellcheck disable=SC2016  # the inner shell expands it
printf '%s\0' "${names[@]}" | xargs -0 -n 1 -P "$(nproc)" bash -c 'fuzz_one "$1"' - ||
  { echo "fuzz: a target failed; inputs are in $build/tests/fuzz/crashes" >&2; exit 1; }
