#!/bin/bash
# A layout that `cosign save` writes: signatures as it keeps them there, referrers in no index among them.
. "$(dirname "$0")/lib/common.sh"
. "$interop/lib/registry.sh"
. "$interop/lib/cosign.sh"
needs cosign crane openssl
make_key p256 release
make_key p256 stranger

for registry_kind in $registry_kinds; do
  start_registry "$registry_kind"
  for format in bundle simple; do
    for push in push_image push_index; do
      says="$format, ${push#push_}, $registry_kind registry"
      "$push" "$registry/save/$format-$push:1"
      ref=$registry/save/$format-$push@$digest
      layout=saved-$registry_kind-$format-$push
      ok "cosign signs it ($says)" cosign_sign "$format" release.key "$ref"
      ok "cosign saves it ($says)" cosign save --dir "$layout" "$ref"
      ok "hallmark finds the signature in that layout ($says)" "$hallmark" verify --key release.pub "oci:$layout@$digest"
      outcome "a foreign key is untrusted there ($says)" 12 "untrusted" "$hallmark" verify --key stranger.pub "oci:$layout@$digest"
      ok "inspect shows it ($says)" sh -c "'$hallmark' inspect 'oci:$layout@$digest' 2>&1 | grep -q 'signature  $format'"
      ok "hallmark copies it to an archive, and verifies it there ($says)" sh -c "'$hallmark' copy 'oci:$layout@$digest' oci-archive:$layout.tar:1 &&
        '$hallmark' verify --key release.pub oci-archive:$layout.tar:1"
    done
  done
done
finish
