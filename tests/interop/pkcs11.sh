#!/bin/bash
# shellcheck disable=SC2154  # secrets are set by name: secret NAME
# Keys on PKCS#11 tokens: those of SoftHSM 2 made by pkcs11-tool, openssl and hallmark sign for cosign, openssl and pkcs11-tool; PINs
# from everywhere; tokens that lie, lock and are full.
. "$(dirname "$0")/lib/common.sh"
. "$interop/lib/registry.sh"
. "$interop/lib/cosign.sh"
. "$interop/lib/keys.sh"
softhsm=/usr/lib/softhsm/libsofthsm2.so
needs softhsm2-util pkcs11-tool openssl cosign crane jq python3 "${CXX:-c++}"
[ -e "$softhsm" ] || needs "$softhsm"

secret pin
secret so_pin
export SOFTHSM2_CONF=$work/softhsm2.conf
mkdir tokens
echo "directories.tokendir = $work/tokens
objectstore.backend = file
log.level = ERROR" >"$SOFTHSM2_CONF"
# make_token LABEL: its slot and serial number are in $slot and $serial.
make_token() {
  softhsm2-util --init-token --free --label "$1" --so-pin "$so_pin" --pin "$pin" >out 2>&1 || fail "token $1" "$(words_of out)"
  slot=$(sed -n 's/.*reassigned to slot //p' out)
  serial=$(softhsm2-util --show-slots | awk -v slot="$slot" '/^Slot / {here = $2 == slot} here && /Serial number/ {print $3}')
}
tool() { pkcs11-tool --module "$softhsm" --token-label "$@"; }
# of LABEL [ATTRIBUTES]: the reference of a key on token "release".
of() { echo "pkcs11:token=release;object=$1${2:-}?module-path=$softhsm"; }
sign() { "$hallmark" sign --key "$@"; }

make_token release
release_serial=$serial
start_registry ggcr
export HALLMARK_PIN=$pin

# -- keys that pkcs11-tool made, of every kind: hallmark signs, cosign, openssl and the token itself verify --------------------------
number=0
declare -A tool_type=([p256]=EC:prime256v1 [p384]=EC:secp384r1 [p521]=EC:secp521r1 [rsa2048]=rsa:2048 [rsa4096]=rsa:4096 [ed25519]=EC:edwards25519)
for kind in $key_kinds; do
  number=$((number + 1))
  tool release --login --pin "$pin" --keypairgen --key-type "${tool_type[$kind]}" --label "$kind" --id 0$number >out 2>&1 ||
    { fail "pkcs11-tool makes a key ($kind)" "$(words_of out)"; continue; }
  push_image "$registry/pkcs11/$kind:1"
  ref=$registry/pkcs11/$kind@$digest
  ok "hallmark reads the public key without a PIN ($kind)" env -u HALLMARK_PIN "$hallmark" key public --key "$(of "$kind")" --out "$kind.pub"
  ok "hallmark signs on the token ($kind, bundle)" sign "$(of "$kind")" "$ref"
  ok "cosign verifies that ($kind, bundle)" cosign_verify bundle "$kind" "$kind.pub" "$ref"
  ok "hallmark signs on the token ($kind, simple)" sign "$(of "$kind")" --format simple "$ref"
  ok "cosign verifies that ($kind, simple)" cosign_verify simple "$kind" "$kind.pub" "$ref"
  ok "hallmark verifies by the token's public key ($kind)" env -u HALLMARK_PIN "$hallmark" verify --key "$(of "$kind")" "$ref"
done
tool release --read-object --type pubkey --label p256 -o p256.der >out 2>&1
ok "openssl reads the same public key from pkcs11-tool" cmp <(openssl pkey -pubin -inform DER -in p256.der 2>out) p256.pub

# The bare signature, as the token's own verification and openssl see it.
crane manifest "$registry/pkcs11/rsa2048:$(crane digest "$registry/pkcs11/rsa2048:1" | tr : -).sig" >manifest.json
jq -r '.layers[0].annotations["dev.cosignproject.cosign/signature"]' manifest.json | base64 -d >signature
crane blob "$registry/pkcs11/rsa2048@$(jq -r '.layers[0].digest' manifest.json)" >payload
ok "openssl verifies the signature" openssl dgst -sha256 -verify rsa2048.pub -signature signature payload
ok "the token verifies the signature" tool release --verify --mechanism SHA256-RSA-PKCS --id 04 --input-file payload --signature-file signature

# -- how a token, a key and a module are named ----------------------------------------------------------------------------------------
push_image "$registry/pkcs11/names:1"
ref=$registry/pkcs11/names@$digest
for spelled in "token=release;id=%01" "serial=$serial;object=p256" "slot-id=$slot;id=%01" ";slot-id=$slot;object=p256" \
  "manufacturer=SoftHSM%20project;model=SoftHSM%20v2;object=p256;type=private" "token=release;slot-id=$slot;id=%01;object=p256"; do
  ok "a key is found by $spelled" sign "pkcs11:$spelled?module-path=$softhsm" "$ref"
done
ok "the module of COSIGN_PKCS11_MODULE_PATH" env COSIGN_PKCS11_MODULE_PATH=$softhsm "$hallmark" sign --key "pkcs11:token=release;object=p256" "$ref"
if [ -e /usr/share/p11-kit/modules/softhsm2.module ]; then
  ok "the modules that p11-kit is configured with" sign "pkcs11:token=release;object=p256" "$ref"
  ok "one of them by its name" sign "pkcs11:token=release;object=p256?module-name=softhsm2" "$ref"
fi
key_failure "no such token, and which there are" not-found "no token matches.*token=release;serial=$serial" \
  sign "pkcs11:token=other;object=p256?module-path=$softhsm" "$ref"
key_failure "no such key, and which there are" not-found 'object "p384", id 02' sign "$(of nobody)" "$ref"
key_failure "no such module" not-found "No such file" sign "pkcs11:token=release;object=p256?module-path=/nowhere.so" "$ref"
cp "$softhsm" open.so; chmod 666 open.so
key_failure "a module that others can change" access-denied "changed by others" sign "pkcs11:token=release;object=p256?module-path=$work/open.so" "$ref"
key_failure "a command for the PIN" unsupported "does not run" sign "$(of p256)&pin-source=|cat%20/etc/hostname" "$ref"
make_token release
key_failure "two tokens of one name" not-found "2 tokens match.*serial=" sign "$(of p256)" "$ref"
ok "the serial number decides" sign "pkcs11:token=release;serial=$release_serial;object=p256?module-path=$softhsm" "$ref"
softhsm2-util --delete-token --serial "$serial" >out 2>&1

# -- the PIN -------------------------------------------------------------------------------------------------------------------------
unset HALLMARK_PIN
(umask 077; echo "$pin" >pin.file)
ok "the PIN of COSIGN_PKCS11_PIN" env COSIGN_PKCS11_PIN="$pin" "$hallmark" sign --key "$(of p256)" "$ref"
ok "the PIN of a file" sign "$(of p256)&pin-source=file:$work/pin.file" "$ref"
ok "the PIN of the reference" sign "$(of p256)&pin-value=$pin" "$ref" -o json --verbose; mv out shown
ok "it is not printed with the reference" no_secret_in shown
ok "the PIN typed at a prompt" python3 "$interop/lib/prompt.py" pin.file "$hallmark" sign --key "$(of p256)" "$ref"; mv out shown
ok "the prompt names the token" grep -q 'token "release"' shown
ok "what is typed is not shown" no_secret_in shown
key_failure "no PIN anywhere" no-credentials "HALLMARK_PIN and COSIGN_PKCS11_PIN are not set" setsid "$hallmark" sign --key "$(of p256)" "$ref"
chmod 644 pin.file
key_failure "a PIN file that others can read" no-credentials "others can read" sign "$(of p256)&pin-source=file:$work/pin.file" "$ref"
secret wrong
key_failure "a wrong PIN, and what is known of the tries left" wrong-pin "PIN of HALLMARK_PIN is wrong; (a few tries are left|the token does not say)" \
  env HALLMARK_PIN="$wrong" "$hallmark" sign --key "$(of p256)" "$ref"
key_failure "a wrong PIN in the reference" wrong-pin "pin-value of the reference is wrong" sign "$(of p256)&pin-value=$wrong" "$ref"
ok "the right one afterwards" env HALLMARK_PIN="$pin" "$hallmark" sign --key "$(of p256)" "$ref"
export HALLMARK_PIN=$pin

# -- sessions: one login for all images ------------------------------------------------------------------------------------------------
spy=$(find /usr/lib -name pkcs11-spy.so | head -1)
if [ -n "$spy" ]; then
  push_image "$registry/pkcs11/many:1" one; first=$registry/pkcs11/many@$digest
  push_image "$registry/pkcs11/many:2" two; second=$registry/pkcs11/many@$digest
  ok "two images are signed in one process" env PKCS11SPY="$softhsm" PKCS11SPY_OUTPUT="$work/spy.log" \
    "$hallmark" sign --key "pkcs11:token=release;object=p256?module-path=$spy" "$first" "$second"
  seen() { [ "$(grep -cE "^[0-9]+: $1\$" spy.log)" -eq "$2" ]; }
  for call in "C_Login 1" "C_OpenSession 1" "C_SignInit 2" "C_Sign 2"; do
    # shellcheck disable=SC2086 # two words
    ok "calls for two signatures: $call" seen $call
  done
fi

# -- what else a token may hold --------------------------------------------------------------------------------------------------------
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout certified.pem -out certified.crt -days 2 -subj /CN=release >/dev/null 2>&1
openssl pkey -in certified.pem -outform DER -out certified.der; openssl x509 -in certified.crt -outform DER -out certified.crt.der
openssl x509 -in certified.crt -pubkey -noout >certified.pub
tool release --login --pin "$pin" --write-object certified.der --type privkey --id 21 --label certified --usage-sign >out 2>&1
tool release --login --pin "$pin" --write-object certified.crt.der --type cert --id 21 --label certified >out 2>&1
ok "a key whose public half is only in its certificate" sign "$(of certified)" "$ref"
ok "its public key is the certificate's" cmp <("$hallmark" key public --key "$(of certified)" 2>out) certified.pub
ok "cosign verifies that" cosign_verify bundle p256 certified.pub "$ref"
openssl genrsa 2048 2>/dev/null | openssl pkey -outform DER -out alone.der 2>out
tool release --login --pin "$pin" --write-object alone.der --type privkey --id 22 --label alone --usage-sign >out 2>&1
ok "an RSA key without a public object: its own attributes" sign "$(of alone)" "$ref"
ok "its public half is the right one" cmp <("$hallmark" key public --key "$(of alone)" 2>out) <(openssl pkey -inform DER -in alone.der -pubout)
tool release --login --pin "$pin" --keypairgen --key-type EC:secp256k1 --label coin --id 24 --usage-sign >out 2>&1
key_failure "a key of another curve" wrong-key "secp256k1" sign "$(of coin)" "$ref"
tool release --login --pin "$pin" --keypairgen --key-type EC:prime256v1 --label careful --id 25 --usage-sign --always-auth >out 2>&1
ok "a key that wants the PIN for each signature" sign "$(of careful)" "$ref"
tool release --login --pin "$pin" --keypairgen --key-type rsa:2048 --label pss --id 26 --usage-sign --allowed-mechanisms RSA-PKCS-PSS >out 2>&1
"$hallmark" key public --key "$(of pss "")&hallmark-padding=pss" --out pss.pub >out 2>&1
push_image "$registry/pkcs11/pss:1" pss
ok "an RSA key that allows only PSS" sign "$(of pss)" --format simple "$registry/pkcs11/pss@$digest"
ok "hallmark verifies that" "$hallmark" verify --key pss.pub "$registry/pkcs11/pss@$digest"
crane manifest "$registry/pkcs11/pss:$(echo "$digest" | tr : -).sig" >manifest.json
jq -r '.layers[0].annotations["dev.cosignproject.cosign/signature"]' manifest.json | base64 -d >signature
crane blob "$registry/pkcs11/pss@$(jq -r '.layers[0].digest' manifest.json)" >payload
ok "openssl verifies that with a salt of 32" openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -sigopt rsa_mgf1_md:sha256 \
  -verify <(tool release --read-object --type pubkey --id 26 2>/dev/null | openssl pkey -pubin -inform DER) -signature signature payload

# -- keys that hallmark makes ----------------------------------------------------------------------------------------------------------
for type in ecdsa-p256 ecdsa-p384 ecdsa-p521 rsa-2048 rsa-pss-2048 ed25519; do
  ok "hallmark makes a key on the token ($type)" "$hallmark" key generate --kms "$(of "made-$type")" --type "$type"
  "$hallmark" key public --key "$(of "made-$type")" --out "made-$type.pub" >out 2>&1
  ok "and signs with it ($type)" sign "$(of "made-$type")" "$ref"
  ok "and verifies that ($type)" "$hallmark" verify --key "made-$type.pub" "$ref"
  kind=${type/ecdsa-/}; kind=${kind/-/}
  case $type in rsa-pss-*) ;; *) ok "cosign verifies that ($type)" cosign_verify bundle "$kind" "made-$type.pub" "$ref" ;; esac
done
tool release --login --pin "$pin" --list-objects --type privkey >listed 2>&1
grep -A8 made-ecdsa-p256 listed | grep -q "never extractable" && pass "pkcs11-tool sees a key that can never leave" || fail "never extractable" "$(words_of listed)"
key_failure "a name that is taken makes no second key" already-exists "there is object \"made-ecdsa-p256\" already" "$hallmark" key generate --kms "$(of made-ecdsa-p256)"
ok "an id of one's own" "$hallmark" key generate --kms "$(of chosen ";id=%ab%cd")"
ok "pkcs11-tool finds it by that" tool release --read-object --type pubkey --id abcd -o chosen.der

# -- inspect ---------------------------------------------------------------------------------------------------------------------------
"$hallmark" key inspect "$(of made-ecdsa-p256)" >inspected 2>&1 || fail "inspect" "$(words_of inspected)"
for words in "SoftHSM" "serial $release_serial" "made on the token"; do ok "inspect tells: $words" grep -q "$words" inspected; done
"$hallmark" key inspect "$(of made-ecdsa-p256)" -o json >inspected.json 2>out || fail "inspect -o json" "$(words_of out)"
ok "inspect shows no PIN" no_secret_in inspected inspected.json
ok "without a PIN, inspect shows the public key and guesses nothing" env -u HALLMARK_PIN setsid "$hallmark" key inspect "$(of made-ecdsa-p256)"

# -- a module that misbehaves (tests/unit/keys_pkcs11/odd_token.cpp) --------------------------------------------------------------------
"${CXX:-c++}" -std=c++20 -O1 -shared -fPIC -I/usr/include/p11-kit-1 -o odd.so "$root/tests/unit/keys_pkcs11/odd_token.cpp" -lcrypto 2>out ||
  { fail "the odd module" "$(words_of out)"; finish; }
chmod 755 odd.so
odd="pkcs11:token=odd;object=release?module-path=$work/odd.so"
export HALLMARK_PIN=1234
ok "it can behave" sign "$odd" "$ref"
push_image "$registry/pkcs11/odd:1" odd
odd_ref=$registry/pkcs11/odd@$digest
odd_failure() { # DOES CAUSE PATTERN
  key_failure "a token that does $1" "$2" "$3" env ODD_TOKEN="$1" "$hallmark" sign --key "$odd" "$odd_ref"
}
odd_failure another-key wrong-answer "does not verify"
odd_failure another-digest wrong-answer "does not verify"
odd_failure short wrong-answer "63 bytes"
odd_failure long malformed-answer "longer than any"
odd_failure huge-attribute malformed-answer "larger than any"
odd_failure endless malformed-answer "4096 objects"
odd_failure many-slots malformed-answer "256 slots"
odd_failure cannot-sign wrong-key "CKA_SIGN is false"
odd_failure two-public not-found "several public keys"
odd_failure locked locked "locked after too many"
odd_failure C_Sign=0x31 token-full "no room"
odd_failure C_OpenSession=0xb1 token-full "no room for another session"
odd_failure C_Sign=0x30 unreachable "CKR_DEVICE_ERROR"
odd_failure C_SignInit=0xb3 unreachable "session is gone"
odd_failure C_Login=0xa3 expired-credentials "has to be changed"
key_failure "the last try is not spent on a PIN that nobody typed" wrong-pin "one try is left" env ODD_TOKEN=final-try "$hallmark" sign --key "$odd" "$odd_ref"
key_failure "a token that has no room for a key" token-full "no room left" \
  env ODD_TOKEN=C_GenerateKeyPair=0x31 "$hallmark" key generate --kms "pkcs11:token=odd;object=new?module-path=$work/odd.so"
outcome "nothing of all that was published" 10 "." "$hallmark" verify --key p256.pub "$odd_ref"
finish
