#!/bin/bash
# The bench's front door: fetches the peers, runs bench.py with the same arguments, then node.py, tokens.py and services.py.
here=$(cd "$(dirname "$0")" && pwd)
"$here/../interop/peers/install.sh" cosign notation ggcr-registry >&2
smoke=()
for word in "$@"; do [ "$word" != --smoke ] || smoke=(--smoke); done
python3 "$here/bench.py" "$@" && python3 "$here/node.py" && python3 "$here/tokens.py" "${smoke[@]}" &&
  exec python3 "$here/services.py"
