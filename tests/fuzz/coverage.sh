#!/bin/sh
# coverage.sh BUILD [NAME…]: the share of lines of each parser that its corpus reaches, by llvm-cov; under 85 % fails.
# The targets have been built in BUILD (preset fuzz).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=$(cd "${1:?usage: coverage.sh BUILD [NAME...]}" && pwd)
shift
least=${HALLMARK_FUZZ_COVERAGE:-85}
profdata=${LLVM_PROFDATA:-llvm-profdata-19}
cov=${LLVM_COV:-llvm-cov-19}
vectors=${HALLMARK_VECTORS:-$root/../shared/vectors}

names=${*:-$(for t in "$build"/tests/fuzz/*.target; do basename "$t" .target; done)}
cd "$root"
failed=
for name in $names; do
  program=$build/tests/fuzz/fuzz_$name
  profile=$build/tests/fuzz/$name
  seeds="$here/corpus/$name"
  [ -d "$vectors/cosign" ] && [ "$name" != tar ] && seeds="$seeds $vectors/cosign"
  # shellcheck disable=SC2086  # a list of words
  LLVM_PROFILE_FILE=$profile.profraw "$program" -runs=0 $seeds >"$profile.cov.log" 2>&1 || { tail -20 "$profile.cov.log"; exit 1; }
  "$profdata" merge -sparse "$profile.profraw" -o "$profile.profdata"
  "$cov" export -summary-only -instr-profile="$profile.profdata" "$program" >"$profile.cov.json" 2>"$profile.cov.log"
  python3 - "$profile.cov.json" "$profile.target" "$name" "$least" <<'PYTHON' || failed="$failed $name"
import json, sys
file, target, name, least = sys.argv[1:]
measured = {one["filename"]: one["summary"]["lines"] for one in json.load(open(file))["data"][0]["files"]}
rows = []
for source in open(target).read().split():
    # Paths are recorded with the root of the repository cut off, and shown as if it were the build folder.
    lines = next((lines for path, lines in measured.items() if ("/" + path).endswith("/" + source)), None)
    if lines is None:
        sys.exit(f"{name}: {source} is not part of the program")
    rows.append((source, lines["count"], lines["covered"]))
count, covered = sum(r[1] for r in rows), sum(r[2] for r in rows)
print(f"{name:20} {100 * covered / count:6.1f} % of {count} lines")
for source, lines, reached in rows:
    print(f"  {source:40} {100 * reached / max(lines, 1):6.1f} %")
sys.exit(100 * covered < float(least) * count)
PYTHON
done
[ -z "$failed" ] || { echo "fuzz coverage: under $least %:$failed; add seeds to tests/fuzz/corpus" >&2; exit 1; }
