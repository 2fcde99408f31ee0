#!/bin/bash
# containers/image (CRI-O, podman, skopeo) admits what hallmark signs with --format simple, under sigstoreSigned in a policy.json.
. "$(dirname "$0")/lib/common.sh"
. "$interop/lib/registry.sh"
. "$interop/lib/cosign.sh"
needs containers-image crane openssl

mkdir registries.d
echo 'default-docker: {use-sigstore-attachments: true}' >registries.d/default.yaml

policy() { # KEY
  cat <<POLICY
{"default": [{"type": "sigstoreSigned", "keyPath": "$PWD/$1", "signedIdentity": {"type": "matchRepository"}}]}
POLICY
}

kinds="p256 rsa2048 rsa4096"
for kind in $kinds; do make_key "$kind" "$kind"; make_key "$kind" "foreign-$kind"; done
for registry_kind in $registry_kinds; do
  start_registry "$registry_kind"
  for kind in $kinds; do
    says="$kind, $registry_kind registry"
    policy "$kind.pub" >policy.json; policy "foreign-$kind.pub" >foreign.json
    push_image "$registry/shop/$kind:1"
    ref=$registry/shop/$kind
    fails "containers/image refuses before it is signed ($says)" "refused" containers-image policy.json registries.d "$ref:1"
    ok "hallmark signs ($says)" "$hallmark" sign --format simple --key "$kind.pem" "$ref@$digest"
    ok "containers/image accepts by tag ($says)" containers-image policy.json registries.d "$ref:1"
    ok "containers/image accepts by digest ($says)" containers-image policy.json registries.d "$ref@$digest"
    fails "containers/image refuses a foreign key ($says)" "refused" containers-image foreign.json registries.d "$ref:1"
    crane copy "$ref:1" "$registry/evil/$kind:1" 2>/dev/null
    crane copy "$ref:${digest/:/-}.sig" "$registry/evil/$kind:${digest/:/-}.sig" 2>/dev/null
    fails "containers/image refuses it under another repository ($says)" "refused" \
      containers-image policy.json registries.d "$registry/evil/$kind:1"
    ok "hallmark takes the copy, as cosign does ($says)" "$hallmark" verify --key "$kind.pub" "$registry/evil/$kind@$digest"
    outcome "hallmark refuses the copy with --check-name ($says)" 15 "made for" \
      "$hallmark" verify --check-name --key "$kind.pub" "$registry/evil/$kind@$digest"
  done
done

# It hashes with SHA-256 whatever the curve, so what others sign with P-384 and SHA-384 it refuses, cosign's too.
make_key p384 p384
policy p384.pub >policy.json
push_image "$registry/shop/p384:1"
ok "hallmark signs with P-384" "$hallmark" sign --format simple --key p384.pem "$registry/shop/p384@$digest"
ok "hallmark verifies that" "$hallmark" verify --key p384.pub "$registry/shop/p384@$digest"
fails "containers/image knows P-384 with SHA-256 only" "invalid signature" containers-image policy.json registries.d "$registry/shop/p384:1"
finish
