#!/bin/bash
# Encrypted keys made by either work in the other, under both of cosign's PEM labels.
. "$(dirname "$0")/lib/common.sh"
. "$interop/lib/registry.sh"
. "$interop/lib/cosign.sh"
needs cosign crane openssl
export HALLMARK_PASSWORD=$COSIGN_PASSWORD

start_registry ggcr
push_image "$registry/keys/app:1"
ref=$registry/keys/app@$digest

cosign generate-key-pair --output-key-prefix by-cosign >out 2>&1 || { fail "cosign generate-key-pair" "$(words_of out)"; finish; }
ok "hallmark signs with cosign's encrypted key" "$hallmark" sign --key by-cosign.key "$ref"
ok "cosign verifies that" cosign_verify bundle p256 by-cosign.pub "$ref"
ok "hallmark verifies with cosign's public key" "$hallmark" verify --key by-cosign.pub "$ref"
"$hallmark" key public --key by-cosign.key >derived.pub 2>out || fail "hallmark key public" "$(words_of out)"
ok "hallmark derives the same public key" cmp derived.pub by-cosign.pub
outcome "a wrong password is a key error" 30 "password" env HALLMARK_PASSWORD=wrong "$hallmark" sign --key by-cosign.key "$ref"

# Older cosigns wrote the same bytes under another label.
(umask 077; sed 's/ENCRYPTED SIGSTORE PRIVATE KEY/ENCRYPTED COSIGN PRIVATE KEY/' by-cosign.key >older.key)
ok "hallmark signs with a key under the older label" "$hallmark" sign --key older.key --format simple "$ref"
ok "cosign verifies that" cosign_verify simple p256 by-cosign.pub "$ref"

ok "hallmark generates an encrypted key" "$hallmark" key generate --out by-hallmark
ok "it has cosign's label" grep -q "BEGIN ENCRYPTED SIGSTORE PRIVATE KEY" by-hallmark.key
ok "cosign signs a blob with it" cosign sign-blob --key by-hallmark.key --tlog-upload=false --use-signing-config=false -y \
  --bundle blob.bundle by-hallmark.pub
cosign public-key --key by-hallmark.key >derived.pub 2>out || fail "cosign public-key" "$(words_of out)"
ok "cosign derives the same public key" cmp derived.pub by-hallmark.pub
push_image "$registry/keys/other:1"
other=$registry/keys/other@$digest
for format in bundle simple; do
  ok "cosign signs with hallmark's encrypted key ($format)" cosign_sign "$format" by-hallmark.key "$other"
  ok "hallmark verifies that ($format)" "$hallmark" verify --key by-hallmark.pub --format "$format" "$other"
done
fails "cosign refuses it under a wrong password" "decrypt" env COSIGN_PASSWORD=wrong cosign public-key --key by-hallmark.key

# Another password: cosign reads what was rotated, whichever of the two made it, and only under the new one.
(umask 077; printf 'rotated' >rotated.txt)
for maker in by-cosign by-hallmark; do
  ok "hallmark rotates the password ($maker)" "$hallmark" key rotate-password --password-file rotated.txt "$maker.key"
  COSIGN_PASSWORD=rotated cosign public-key --key "$maker.key" >derived.pub 2>out || fail "cosign public-key" "$(words_of out)"
  ok "cosign reads it under the new password ($maker)" cmp derived.pub "$maker.pub"
  fails "cosign refuses the old password ($maker)" "decrypt" cosign public-key --key "$maker.key"
done
for kdf in pbkdf2 scrypt; do
  ok "hallmark writes PKCS#8 under $kdf" "$hallmark" key generate --format encrypted-pkcs8 --kdf "$kdf" --out "$kdf"
  ok "hallmark rotates it ($kdf)" "$hallmark" key rotate-password --password-file rotated.txt "$kdf.key"
  openssl pkey -in "$kdf.key" -passin pass:rotated -pubout >derived.pub 2>out || fail "openssl pkey" "$(words_of out)"
  ok "openssl reads it under the new password ($kdf)" cmp derived.pub "$kdf.pub"
done

for kind in $key_kinds; do
  make_key "$kind" "$kind"   # imported by cosign
  push_image "$registry/keys/$kind:1"
  ref=$registry/keys/$kind@$digest
  ok "hallmark signs with what cosign imported ($kind)" "$hallmark" sign --key "$kind.key" "$ref"
  ok "cosign verifies that ($kind)" cosign_verify bundle "$kind" "$kind.pub" "$ref"
  ok "hallmark imports the PEM ($kind)" "$hallmark" key import --key "$kind.pem" --out "imported-$kind"
  ok "cosign signs with what hallmark imported ($kind)" cosign_sign bundle "imported-$kind.key" "$ref"
  ok "cosign and hallmark name the same public key ($kind)" cmp "imported-$kind.pub" "$kind.pub"
done
finish
