#!/usr/bin/env bash
# usage: demo.sh BUILD_DIR
# Shows hallmark at work on a real image, offline: in an OCI layout, then the same on Debian's docker-registry on loopback.
# Fails when a step does not end as it should. Needs busybox-static and docker-registry.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$(realpath "${1:?usage: demo.sh BUILD_DIR}")
source=$PWD
export PATH=$build/cmd/hallmark:$PATH
work=$(mktemp -d)
registry_pid=
cleanup() {
  if [ -n "$registry_pid" ]; then kill "$registry_pid" 2>/dev/null || true; wait "$registry_pid" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap cleanup EXIT
cd "$work"

# Nothing of the machine's own settings takes part.
export HOME=$work HALLMARK_PASSWORD=demonstration
for name in $(compgen -e | grep -iE '^(https?_proxy|no_proxy|all_proxy|docker_config|registry_auth_file|xdg_.*|cosign_.*)$'); do
  unset "$name"
done
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\033[1m' plain=$'\033[0m'; else bold='' plain=''; fi

steps=0
say() { steps=$((steps + 1)); printf '\n%s%s. %s%s\n' "$bold" "$steps" "$*" "$plain"; }
show() { printf '$ %s\n' "$*"; }
broken() { printf '\ndemo: %s\n' "$*" >&2; exit 1; }

# expect CODE WORD COMMAND…: shows and runs the command; it must end with this exit code and, when refusing, this outcome.
expect() {
  local code=$1 word=$2 ended=0
  shift 2
  show "$@"
  "$@" >stdout 2>stderr || ended=$?
  sed 's/^/  /' stderr stdout
  [ "$ended" = "$code" ] || broken "that ended with exit code $ended, and should have with $code"
  [ -z "$word" ] || grep -q "$word" stderr || broken "that did not say '$word'"
  [ "$code" = 0 ] || { grep -q '^hallmark: hint: ' stderr || broken "that gave no hint"; printf '  (exit code %s)\n' "$code"; }
}

# change_one_byte FILE: the one in its middle.
change_one_byte() {
  local at=$(($(stat -c %s "$1") / 2)) byte
  byte=$(od -An -tu1 -j "$at" -N 1 "$1")
  # shellcheck disable=SC2059
  printf "\\$(printf %o $(((byte + 1) % 256)))" | dd of="$1" bs=1 seek="$at" conv=notrunc status=none
}

# The layer with busybox in it, of the layout "image".
layer=
busybox_layer() { layer=$(basename "$(find image/blobs -type f -size +100k)"); }

printf '%sIn an OCI layout%s\n' "$bold" "$plain"

say "A key pair; the password comes from HALLMARK_PASSWORD here, from a prompt otherwise"
expect 0 "" hallmark key generate --out release
expect 0 "" hallmark key generate --out foreign

say "An image: Debian's busybox for linux/amd64, and a linux/arm64 manifest beside it in one index"
show make_image.sh image 1.0
"$source/tests/support/make_image.sh" image 1.0 | sed 's/^/  /'
"$source/tests/support/make_image.sh" unsigned 1.0 another >/dev/null

say "Sign it: what comes out is the reference to use from then on"
expect 0 "" hallmark sign --key release.key oci:image:1.0
pinned=$(cat stdout)

say "Verify it"
expect 0 "verified" hallmark verify --key release.pub "$pinned"

say "Change one byte of a layer: the signature still stands, the image does not"
cp -r image altered
busybox_layer
change_one_byte "altered/blobs/sha256/$layer"
expect 24 malformed hallmark verify --key release.pub oci:altered:1.0

say "An image that nobody signed"
expect 10 unsigned hallmark verify --key release.pub oci:unsigned:1.0

say "A key that did not sign it"
expect 12 untrusted hallmark verify --key foreign.pub oci:image:1.0

printf '\n%sThe same on a registry%s\n' "$bold" "$plain"

say "Debian's docker-registry on loopback"
cat >registry.yml <<END
version: 0.1
log: {level: info}
storage: {filesystem: {rootdirectory: $work/registry}}
http: {addr: '127.0.0.1:0'}
END
command -v docker-registry >/dev/null || broken "docker-registry is not installed"
docker-registry serve registry.yml >registry.log 2>&1 &
registry_pid=$!
port=
for _ in $(seq 100); do
  port=$(sed -n 's/.*listening on 127\.0\.0\.1:\([0-9]*\).*/\1/p' registry.log | head -n 1)
  [ -z "$port" ] || break
  sleep 0.1
done
[ -n "$port" ] || { cat registry.log >&2; broken "docker-registry does not start"; }
here=localhost:$port
echo "  docker-registry listens on $here"

say "Copy the images there, without their signatures"
expect 0 "" hallmark copy --image-only oci:image:1.0 "$here/shop/api:1.0"
expect 0 "" hallmark copy --image-only oci:unsigned:1.0 "$here/shop/unsigned:1.0"

say "Sign a tag: it is resolved once, and the digest is signed"
expect 0 "" hallmark sign --key release.key "$here/shop/api:1.0"
pinned=$(cat stdout)

say "Verify"
expect 0 "verified" hallmark verify --key release.pub "$pinned"
expect 0 "verified" hallmark verify --key release.pub "$here/shop/api:1.0"

say "An image that nobody signed"
expect 10 unsigned hallmark verify --key release.pub "$here/shop/unsigned:1.0"

say "A key that did not sign it"
expect 12 untrusted hallmark verify --key foreign.pub "$here/shop/api:1.0"

say "The registry's disk changes one byte of a layer; --content looks at every blob"
change_one_byte "$(find registry -path "*/$layer/data")"
expect 24 malformed hallmark verify --content --key release.pub "$here/shop/api:1.0"

printf '\n%sEverything ended as it should.%s\n' "$bold" "$plain"
