#!/usr/bin/env bash
# usage: reproducible.sh   builds the static programs twice, from copies of the sources in two folders with names of different length, with
# nothing shared (not even the small libcurl), and compares them byte by byte. Takes two whole builds: for .ci/run --all.
set -euo pipefail
source=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
unset HALLMARK_COMPILER_LAUNCHER  # a cache would give both the same answer

for folder in one another-longer-name; do
  mkdir -p "$work/$folder"
  (cd "$source" && git ls-files -z --cached --others --exclude-standard | tar --null --verbatim-files-from -T - -cf - 2>/dev/null) |
    tar -xf - -C "$work/$folder"
  (cd "$work/$folder" && cmake --preset static && cmake --build --preset static) >"$work/log" 2>&1 || { tail -20 "$work/log" >&2; exit 1; }
done

differ=0
for program in "$work"/one/build/static/*; do
  if [ ! -f "$program" ] || [ ! -x "$program" ]; then continue; fi
  name=$(basename "$program")
  if cmp "$program" "$work/another-longer-name/build/static/$name"; then
    echo "ok $name is the same, byte by byte: sha256:$(sha256sum "$program" | cut -d' ' -f1)"
  else
    differ=1
  fi
done
exit $differ
