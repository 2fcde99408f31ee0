#!/usr/bin/env bash
# usage: generate.sh HALLMARK [DIR]
# Writes a page for each command from its --help, into DIR or the folder of this script. `generate.sh --check HALLMARK` fails when
# the pages that are there are stale.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
check=
if [ "${1:-}" = --check ]; then check=1; shift; fi
hallmark=$(realpath "${1:?usage: generate.sh [--check] HALLMARK [DIR]}")
out=${2:-$here}
if [ -n "$check" ]; then out=$(mktemp -d); trap 'rm -rf "$out"' EXIT; fi

# commands_of COMMAND…: the names under "Commands:" in its --help, without aliases.
commands_of() { "$hallmark" "$@" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\).*/\1/p'; }

# file_of COMMAND…: its page.
file_of() { printf '%s.md' "$(printf '%s' "${*:-hallmark}" | tr ' ' '-')"; }

page() {
  local name child children
  name="hallmark $*"
  children=$(commands_of "$@")
  {
    printf '# %s\n\n```\n' "${name% }"
    "$hallmark" "$@" --help
    printf '```\n'
    [ -z "$children" ] || printf '\n'
    for child in $children; do printf -- '- [%s %s](%s)\n' "${name% }" "$child" "$(file_of "$@" "$child")"; done
  } >"$out/$(file_of "$@")"
  for child in $children; do page "$@" "$child"; done
}
page

if [ -n "$check" ]; then
  diff -ru --exclude='*.sh' "$here" "$out" || { echo "docs/commands is stale: run docs/commands/generate.sh" >&2; exit 1; }
fi
