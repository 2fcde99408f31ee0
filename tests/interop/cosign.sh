#!/bin/bash
# What hallmark signs cosign verifies, and what cosign signs hallmark verifies: each key kind, both formats, both kinds of registry.
. "$(dirname "$0")/lib/common.sh"
. "$interop/lib/registry.sh"
. "$interop/lib/cosign.sh"
needs cosign crane openssl

make_key p256 foreign

hallmark_to_cosign() { # KIND FORMAT REGISTRY_KIND
  local kind=$1 format=$2 says="$2, $1, $3 registry"
  push_image "$registry/$kind/$format/by-hallmark:1"
  local ref=$registry/$kind/$format/by-hallmark@$digest
  ok "hallmark signs ($says)" "$hallmark" sign --key "$kind.pem" --format "$format" -a env=prod "$ref"
  ok "cosign verifies it ($says)" cosign_verify "$format" "$kind" "$kind.pub" "$ref"
  ok "cosign finds its annotation ($says)" cosign_verify "$format" "$kind" "$kind.pub" "$ref" -a env=prod
  fails "cosign misses another annotation ($says)" "env|annotation|no matching" \
    cosign_verify "$format" "$kind" "$kind.pub" "$ref" -a env=test
  fails "cosign refuses it under a foreign key ($says)" "signature" cosign_verify "$format" p256 foreign.pub "$ref"
  ok "hallmark verifies its own ($says)" "$hallmark" verify --key "$kind.pub" "$ref"
}

cosign_to_hallmark() { # KIND FORMAT REGISTRY_KIND
  local kind=$1 format=$2 says="$2, $1, $3 registry"
  push_image "$registry/$kind/$format/by-cosign:1"
  local ref=$registry/$kind/$format/by-cosign@$digest
  outcome "before cosign signs it is unsigned ($says)" 10 "" "$hallmark" verify --key "$kind.pub" "$ref"
  ok "cosign signs ($says)" cosign_sign "$format" "$kind.key" "$ref" -a env=prod
  ok "hallmark verifies it ($says)" "$hallmark" verify --key "$kind.pub" "$ref"
  ok "hallmark verifies it by tag ($says)" "$hallmark" verify --key "$kind.pub" "${ref%@*}:1"
  ok "hallmark finds its annotation ($says)" "$hallmark" verify --key "$kind.pub" -a env=prod "$ref"
  outcome "hallmark misses another annotation ($says)" 15 "annotation|env" "$hallmark" verify --key "$kind.pub" -a env=test "$ref"
  outcome "hallmark refuses it under a foreign key ($says)" 12 "" "$hallmark" verify --key foreign.pub "$ref"
  outcome "a format that is not there is unsigned ($says)" 10 "" \
    "$hallmark" verify --key "$kind.pub" --format "$([ "$format" = bundle ] && echo simple || echo bundle)" "$ref"
}

for kind in $key_kinds; do make_key "$kind" "$kind"; done
for registry_kind in $registry_kinds; do
  start_registry "$registry_kind"
  for kind in $key_kinds; do
    for format in bundle simple; do
      hallmark_to_cosign "$kind" "$format" "$registry_kind"
      cosign_to_hallmark "$kind" "$format" "$registry_kind"
    done
  done
done
finish
