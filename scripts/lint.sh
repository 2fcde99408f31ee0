#!/usr/bin/env bash
# usage: lint.sh [--no-tidy] [FILE…]   format, script and clang-tidy checks; without files, everything that git tracks
set -euo pipefail
cd "$(dirname "$0")/.."

tidy=1
if [ "${1:-}" = --no-tidy ]; then tidy=0; shift; fi
if [ $# -gt 0 ]; then sources=("$@"); else mapfile -t sources < <(git ls-files '*.cpp' '*.h'); fi
clang-format-19 --dry-run -Werror "${sources[@]}"
echo "format: ${#sources[@]} files are as .clang-format wants them"

mapfile -t scripts < <(git ls-files '*.sh' run .ci/run)
shellcheck -S warning -x -P SCRIPTDIR "${scripts[@]}"
echo "shellcheck: ${#scripts[@]} scripts are clean"

# What is shipped; tests get the warnings of two compilers, and half a minute of clang-tidy each would be most of CI.
mapfile -t units < <(printf '%s\n' "${sources[@]}" | grep -E '^(lib|keys|cmd)/.*\.cpp$' || true)
[ $tidy = 1 ] && [ ${#units[@]} -gt 0 ] || exit 0
printf '%s\0' "${units[@]}" | xargs -0 -n 1 -P "$(nproc)" clang-tidy-19 -p build/dev --quiet 2>/dev/null
echo "clang-tidy: ${#units[@]} files are clean"
