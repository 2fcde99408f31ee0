#!/bin/bash
# The bench's front door: fetches the peers, then runs bench.py with the same arguments.
here=$(cd "$(dirname "$0")" && pwd)
"$here/../interop/peers/install.sh" cosign notation ggcr-registry >&2
exec python3 "$here/bench.py" "$@"
