#!/bin/bash
# Installs the peers the live tests and the bench run against: those of ./versions and our drivers around libraries.
#   peers/install.sh             all of them (a few minutes, once; what is there at its version is kept)
#   peers/install.sh cosign …    only these
# They land in $HALLMARK_PEERS/bin (by default ${XDG_CACHE_HOME:-~/.cache}/hallmark-peers/bin). Prints `have`, `made` or
# `MISSING name: why` for each and exits 1 if one is missing. Needs a Go that is new enough, or any Go that can fetch one.
set -uo pipefail

here=$(cd "$(dirname "$0")" && pwd)
peers=${HALLMARK_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/hallmark-peers}
go_wanted=1.26.8   # what the versions below were tried with; the go.mod of a driver names the same
export GOFLAGS="${GOFLAGS:+$GOFLAGS }-trimpath -buildvcs=false" CGO_ENABLED=0
renice -n 10 $$ >/dev/null 2>&1 || true   # a build of minutes is not to stand in the way of others
mkdir -p "$peers/bin" "$peers/stamp" || exit 1

# A Go below 1.21 cannot fetch its successor by itself, but it can fetch the toolchain module, which is a whole Go.
go_command() {
  local found have
  found=$(command -v go) || { echo "no go command: install golang-go" >&2; return 1; }
  have=$("$found" env GOVERSION 2>/dev/null); have=${have#go}
  if [ "$(printf '%s\n' "$go_wanted" "$have" | sort -V | head -1)" = "$go_wanted" ]; then echo "$found"; return; fi
  local arch module folder
  arch=$("$found" env GOARCH)
  module="golang.org/toolchain@v0.0.1-go$go_wanted.linux-$arch"
  folder="$peers/go$go_wanted"
  if [ ! -x "$folder/bin/go" ]; then
    # GOMODCACHE of our own: Debian's old Go would lay 300 MB of a second toolchain into the user's cache.
    (cd "$peers" && GOFLAGS='' GOMODCACHE="$peers/toolchain" "$found" mod download "$module") >&2 ||
      { echo "go $have is older than $go_wanted and fetching $module failed" >&2; return 1; }
    # The module holds no modes (zip): its programs have to be made executable again.
    chmod -R u+w "$peers/toolchain" && cp -r "$peers/toolchain/$module" "$folder.new" &&
      chmod +x "$folder.new"/bin/* && find "$folder.new/pkg/tool" -type f -exec chmod +x {} + &&
      mv "$folder.new" "$folder" && rm -rf "$peers/toolchain" || return 1
  fi
  echo "$folder/bin/go"
}

# made NAME STAMP COMMAND…: runs the command unless NAME is there with this stamp.
made() {
  local name=$1 stamp=$2; shift 2
  if [ -x "$peers/bin/$name" ] && [ "$(cat "$peers/stamp/$name" 2>/dev/null)" = "$stamp" ]; then
    echo "have $name $stamp"; return
  fi
  if [ -z "${go:-}" ] && [ "$1" != install_python ]; then
    go=$(go_command 2>"$peers/why") || { echo "MISSING $name: $(tail -1 "$peers/why")"; missing=1; return; }
    PATH=$(dirname "$go"):$PATH
    export GOTOOLCHAIN=local PATH
  fi
  if "$@" >"$peers/why" 2>&1; then
    echo "$stamp" >"$peers/stamp/$name"; echo "made $name $stamp"
  else
    echo "MISSING $name: $(tail -1 "$peers/why")"; missing=1
  fi
}

# The tags leave out of containerd what needs C libraries; no other package knows them.
install_package() { GOBIN="$peers/bin" go install -tags no_btrfs,no_devmapper,no_zfs,no_aufs "$1"; }
# A Python program in a virtual environment of its own; bin/NAME leads to it.
install_python() { # NAME REQUIREMENT
  python3 -m venv --clear "$peers/python/$1" && "$peers/python/$1/bin/pip" install --quiet --disable-pip-version-check "$2" &&
    ln -sf "../python/$1/bin/$1" "$peers/bin/$1"
}
build_driver() { # FOLDER NAME; the tags leave out what needs C libraries that are not needed to verify
  (cd "$1" && go build -tags containers_image_openpgp,exclude_graphdriver_btrfs,exclude_graphdriver_devicemapper \
    -o "$peers/bin/$2" .)
}
wanted() { [ ${#only[@]} -eq 0 ] && return; local each; for each in "${only[@]}"; do [ "$each" = "$1" ] && return; done; return 1; }

only=("$@")
missing=0
while read -r line; do
  case $line in
    ''|'#'*) continue ;;
    pip:*)
      name=${line#pip:}; requirement=${name#* }; name=${name%% *}
      wanted "$name" && made "$name" "$requirement" install_python "$name" "$requirement"
      continue ;;
  esac
  name=${line%@*}; name=${name##*/}
  wanted "$name" && made "$name" "$line" install_package "$line"
done <"$here/versions"
for folder in "$here"/../drivers/*/; do
  name=$(basename "$folder")
  # A driver is made anew when any of its files changed.
  wanted "$name" && made "$name" "$(cat "$folder"/*.go "$folder"/go.* | sha256sum | cut -c1-16)" build_driver "$folder" "$name"
done
exit $missing
