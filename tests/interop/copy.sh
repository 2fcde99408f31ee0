#!/bin/bash
# hallmark copy keeps signatures: registry → layout → archive → another registry, with cosign and crane as witnesses at each end.
. "$(dirname "$0")/lib/common.sh"
. "$interop/lib/registry.sh"
. "$interop/lib/cosign.sh"
needs cosign crane openssl
make_key p256 release

start_registry docker; docker=$registry
start_registry ggcr; ggcr=$registry

round_trip() { # NAME FROM TO
  local name=$1 from=$2 to=$3
  push_index "$from/$name:1"
  local top=$digest
  local each
  for format in bundle simple; do
    ok "cosign signs ($name $format)" cosign_sign "$format" release.key "$from/$name@$top" -r
  done
  ok "registry to layout ($name)" "$hallmark" copy "$from/$name:1" "oci:$name-layout:1"
  ok "the layout verifies ($name)" "$hallmark" verify --recursive --key release.pub "oci:$name-layout:1"
  ok "layout to archive ($name)" "$hallmark" copy "oci:$name-layout:1" "oci-archive:$name.tar.gz:1"
  ok "the archive verifies ($name)" "$hallmark" verify --recursive --key release.pub "oci-archive:$name.tar.gz:1"
  ok "archive to registry ($name)" "$hallmark" copy "oci-archive:$name.tar.gz:1" "$to/$name:1"
  ok "registry to registry ($name)" "$hallmark" copy "$from/$name:1" "$to/direct/$name:1"
  for each in "$to/$name" "$to/direct/$name"; do
    ok "the same digest arrived ($each)" [ "$(crane digest "$each:1")" = "$top" ]
    for format in bundle simple; do
      ok "cosign verifies the index ($each $format)" cosign_verify "$format" p256 release.pub "$each@$top"
      ok "cosign verifies a platform ($each $format)" cosign_verify "$format" p256 release.pub "$each@$arm64"
      ok "hallmark verifies all of it ($each $format)" "$hallmark" verify --recursive --format "$format" --key release.pub "$each@$top"
    done
    ok "crane reads it ($each)" crane validate --remote "$each:1"
  done
  ok "a second copy has nothing to do ($name)" "$hallmark" copy "$from/$name:1" "$to/$name:1"

  command -v skopeo >/dev/null || { skip "skopeo reads the layout ($name)" "skopeo is not installed"; return; }
  gunzip -kc "$name.tar.gz" >"$name.tar"
  for each in "oci:$name-layout:1" "oci-archive:$name.tar:1"; do
    ok "skopeo reads $each" skopeo --tmpdir "$TMPDIR" inspect --raw "$each"
    ok "skopeo takes a platform out of $each" skopeo --tmpdir "$TMPDIR" --insecure-policy --override-os linux --override-arch arm64 copy "$each" "dir:out-dir"
  done
}

round_trip to-ggcr "$docker" "$ggcr"
round_trip to-docker "$ggcr" "$docker"
finish
