#!/bin/bash
# The bench's front door: fetches the peers, runs bench.py with the same arguments, then node.py.
here=$(cd "$(dirname "$0")" && pwd)
"$here/../interop/peers/install.sh" cosign notation ggcr-registry >&2
python3 "$here/bench.py" "$@" && exec python3 "$here/node.py"
