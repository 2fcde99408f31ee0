#!/bin/bash
# What else cosign leaves beside an image: attestations (which are no signatures), signatures found through referrers, signed indexes.
. "$(dirname "$0")/lib/common.sh"
. "$interop/lib/registry.sh"
. "$interop/lib/cosign.sh"
needs cosign crane openssl
make_key p256 release

attest() { # FORMAT REF
  # shellcheck disable=SC2046
  cosign attest --key release.key --tlog-upload=false --use-signing-config=false -y $(cosign_format "$1") --type slsaprovenance1 \
    --predicate predicate.json "$2"
}
echo '{"buildDefinition":{"buildType":"https://registry.example/build","externalParameters":{}},"runDetails":{"builder":{"id":"https://registry.example/builder"}}}' >predicate.json

for registry_kind in $registry_kinds; do
  start_registry "$registry_kind"
  for format in bundle simple; do
    says="$format, $registry_kind registry"
    push_image "$registry/attested/$format:1"
    ref=$registry/attested/$format@$digest
    ok "cosign attests ($says)" attest "$format" "$ref"
    outcome "an attestation alone is no signature ($says)" 10 "1 attestation attached" "$hallmark" verify --key release.pub "$ref"
    ok "inspect shows the attestation ($says)" sh -c "'$hallmark' inspect '$ref' 2>&1 | grep -q slsa"
    ok "cosign signs beside it ($says)" cosign_sign "$format" release.key "$ref"
    ok "with a signature beside it, it verifies ($says)" "$hallmark" verify --key release.pub "$ref"

    push_index "$registry/multi/by-cosign-$format:1"
    ref=$registry/multi/by-cosign-$format
    ok "cosign signs an index and all below ($says)" cosign_sign "$format" release.key "$ref@$digest" -r
    ok "hallmark verifies all of it ($says)" "$hallmark" verify --recursive --key release.pub "$ref@$digest"
    ok "hallmark verifies one platform ($says)" "$hallmark" verify --platform linux/arm64 --key release.pub "$ref@$digest"

    push_index "$registry/multi/by-hallmark-$format:1"
    ref=$registry/multi/by-hallmark-$format
    ok "hallmark signs an index and all below ($says)" "$hallmark" sign --recursive --key release.pem --format "$format" "$ref@$digest"
    for each in "$digest" "$amd64" "$arm64"; do
      ok "cosign verifies each of it ($says, ${each:7:8})" cosign_verify "$format" p256 release.pub "$ref@$each"
    done

    push_index "$registry/multi/top-$format:1"
    ref=$registry/multi/top-$format
    ok "cosign signs the index alone ($says)" cosign_sign "$format" release.key "$ref@$digest"
    ok "hallmark verifies the index ($says)" "$hallmark" verify --key release.pub "$ref@$digest"
    outcome "the index's signature says nothing about a bare child ($says)" 10 "" "$hallmark" verify --key release.pub "$ref@$amd64"
    outcome "nor does --recursive take it for one ($says)" 10 "" "$hallmark" verify --recursive --key release.pub "$ref@$digest"
  done

  says="$registry_kind registry"
  push_image "$registry/referrers/app:1"
  ref=$registry/referrers/app@$digest
  ok "cosign signs the old way through referrers ($says)" env COSIGN_EXPERIMENTAL=1 cosign sign --key release.key --tlog-upload=false \
    --use-signing-config=false -y --new-bundle-format=false --registry-referrers-mode=oci-1-1 "$ref"
  ok "hallmark verifies that ($says)" "$hallmark" verify --key release.pub "$ref"
  ok "hallmark signs beside it ($says)" "$hallmark" sign --key release.pem "$ref"
  ok "cosign still finds its own ($says)" env COSIGN_EXPERIMENTAL=1 cosign verify --key release.pub --insecure-ignore-tlog \
    --new-bundle-format=false --experimental-oci11 "$ref"
  ok "cosign finds hallmark's too ($says)" cosign_verify bundle p256 release.pub "$ref"
done
finish
