#!/usr/bin/env bash
# usage: make_image.sh DIR [TAG] [WORD]
# Writes an OCI layout: an index TAG (1.0) of a linux/amd64 image, Debian's static busybox in one layer, and a small linux/arm64
# image beside it. The same arguments give the same digests; another WORD (it stands in /etc/motd) gives other ones.
# Needs busybox-static, GNU tar, gzip, sha256sum. Prints the index's digest.
set -euo pipefail
dir=$1 tag=${2:-1.0} word=${3:-hello}
busybox=${BUSYBOX:-/bin/busybox}
[ -x "$busybox" ] || { echo "make_image.sh: no $busybox: install busybox-static" >&2; exit 1; }
umask 022
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$dir/blobs/sha256"
printf '{"imageLayoutVersion":"1.0.0"}' > "$dir/oci-layout"

# put FILE: stores it as a blob; sets digest and size.
put() {
  digest=$(sha256sum "$1" | cut -d' ' -f1) size=$(stat -c %s "$1")
  cp "$1" "$dir/blobs/sha256/$digest"
  digest=sha256:$digest
}

# layer ROOT: packs a file tree; sets diff, digest and size.
layer() {
  tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$1" -cf "$work/layer.tar" .
  diff=sha256:$(sha256sum "$work/layer.tar" | cut -d' ' -f1)
  gzip -9n < "$work/layer.tar" > "$work/layer.tar.gz"
  put "$work/layer.tar.gz"
}

# image ARCH ROOT: config and manifest; sets digest and size of the manifest.
image() {
  layer "$2"
  local layers="{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar+gzip\",\"digest\":\"$digest\",\"size\":$size}"
  printf '{"architecture":"%s","os":"linux","config":{"Cmd":["/bin/sh"]},"rootfs":{"type":"layers","diff_ids":["%s"]}}' \
    "$1" "$diff" > "$work/config.json"
  put "$work/config.json"
  printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"%s","size":%s},"layers":[%s]}' \
    "$digest" "$size" "$layers" > "$work/manifest.json"
  put "$work/manifest.json"
}

# entry ARCH: the descriptor of the manifest that `image` made last.
entry() {
  printf '{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"%s","size":%s,"platform":{"architecture":"%s","os":"linux"}}' \
    "$digest" "$size" "$1"
}

mkdir -p "$work/amd64/bin" "$work/amd64/etc" "$work/arm64/etc"
install -m 755 "$busybox" "$work/amd64/bin/busybox"
for name in sh ls cat; do ln -s busybox "$work/amd64/bin/$name"; done
echo "$word" | tee "$work/amd64/etc/motd" > "$work/arm64/etc/motd"
image amd64 "$work/amd64"
manifests=$(entry amd64)
image arm64 "$work/arm64"
manifests="$manifests,$(entry arm64)"
printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[%s]}' "$manifests" > "$work/index.json"
put "$work/index.json"

# index.json of the layout: other tags that are there stay.
tagged="{\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"digest\":\"$digest\",\"size\":$size,\"annotations\":{\"org.opencontainers.image.ref.name\":\"$tag\"}}"
others=
if [ -f "$dir/index.json" ]; then
  others=$(sed -n 's/^{"schemaVersion":2,"manifests":\[\(.*\)\]}$/\1/p' "$dir/index.json")
fi
printf '{"schemaVersion":2,"manifests":[%s]}' "${others:+$others,}$tagged" > "$dir/index.json"
echo "$digest"
