#!/bin/bash
# shellcheck disable=SC2154  # secrets are set by name: secret NAME
# Keys in a TPM 2.0: those that tpm2-tools and tpm2-openssl made in swtpm sign for cosign and openssl, and theirs sign with what hallmark
# made; passwords and lockout; TPMs that are gone, full or lying.
. "$(dirname "$0")/lib/common.sh"
. "$interop/lib/registry.sh"
. "$interop/lib/cosign.sh"
. "$interop/lib/keys.sh"
needs swtpm tpm2_create tpm2_encodeobject tpm2_evictcontrol openssl cosign crane jq python3

# start_tpm NAME: a new TPM; its port is in $port, how to reach it in $tcti, its process in $started.
start_tpm() {
  port=$(two_ports)
  mkdir -p "$work/$1"
  start_script "$1.log" $((port + 1)) swtpm socket --tpm2 --tpmstate "dir=$work/$1" --server "type=tcp,port=$port" \
    --ctrl "type=tcp,port=$((port + 1))" --flags startup-clear,not-need-init
  tcti=swtpm:host=127.0.0.1,port=$port
}

start_tpm first
first_tcti=$tcti first_port=$port
export TPM2TOOLS_TCTI=$tcti TPM2OPENSSL_TCTI=$tcti HALLMARK_TPM_TCTI=$tcti
signing='fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign'
secret password
start_registry ggcr
push_image "$registry/tpm/app:1"
ref=$registry/tpm/app@$digest

# quietly NAME COMMAND…: a peer's step that the test stands on.
quietly() { local name=$1; shift; "$@" >out 2>&1 || { fail "$name" "$(words_of out)"; return 1; }; }
# A TPM without a resource manager has three places, and tpm2-tools leave theirs taken.
flush() { tpm2_flushcontext -t >/dev/null 2>&1; tpm2_flushcontext -l >/dev/null 2>&1; tpm2_flushcontext -s >/dev/null 2>&1; }
# make_tpm_key HANDLE ALGORITHM ATTRIBUTES [PASSWORD]: by tpm2-tools, under the persistent storage key.
make_tpm_key() {
  local authorize=()
  [ -z "${4:-}" ] || authorize=(-p "$4")
  quietly "tpm2_create $2" tpm2_create -C 0x81000001 -G "$2" -a "$3" "${authorize[@]}" -u "$1.tpmpub" -r "$1.tpmpriv" || return 1
  quietly "tpm2_load $2" tpm2_load -C 0x81000001 -u "$1.tpmpub" -r "$1.tpmpriv" -c "$1.ctx" || return 1
  quietly "tpm2_evictcontrol $2" tpm2_evictcontrol -C o -c "$1.ctx" "$1"
  local code=$?
  flush
  return $code
}
sign() { "$hallmark" sign --key "$@"; }
openssl_tpm() { local command=$1; shift; openssl "$command" -provider tpm2 -provider base "$@"; }

quietly "the storage primary" tpm2_createprimary -C o -g sha256 -G ecc256 -c primary.ctx \
  -a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|decrypt' &&
  quietly "the storage key" tpm2_evictcontrol -C o -c primary.ctx 0x81000001
flush

# -- persistent keys that tpm2-tools made: hallmark signs, cosign and openssl verify --------------------------------------------------
number=16
for made in "p256 ecc256" "p256 ecc256:ecdsa-sha256" "p384 ecc384:ecdsa-sha384" "p521 ecc521" "rsa2048 rsa2048" "rsa2048 rsa2048:rsassa-sha256" \
  "rsa3072 rsa3072"; do
  read -r kind algorithm <<<"$made"
  for auth in "" "$password"; do
    handle=0x810000$(printf %02x $number); number=$((number + 1))
    name="$algorithm${auth:+ with a password}"
    make_tpm_key $handle "$algorithm" "$signing" "$auth" || continue
    export HALLMARK_TPM_PASSWORD=$auth
    ok "hallmark reads the public key ($name)" "$hallmark" key public --key tpm:handle=$handle --out $handle.pub
    tpm2_readpublic -c $handle -f pem -o $handle.pem >out 2>&1
    ok "tpm2_readpublic reads the same ($name)" cmp <(openssl pkey -pubin -in $handle.pem) <(openssl pkey -pubin -in $handle.pub)
    ok "hallmark signs in the TPM ($name, bundle)" sign tpm:handle=$handle "$ref"
    ok "cosign verifies that ($name, bundle)" cosign_verify bundle "$kind" $handle.pub "$ref"
    ok "hallmark signs in the TPM ($name, simple)" sign tpm:handle=$handle --format simple "$ref"
    ok "cosign verifies that ($name, simple)" cosign_verify simple "$kind" $handle.pub "$ref"
    quietly "make room" tpm2_evictcontrol -C o -c $handle
  done
done
unset HALLMARK_TPM_PASSWORD

# PSS: the key says so, and peers learn it from the public key.
if make_tpm_key 0x81000030 rsa2048:rsapss-sha256:null "$signing"; then
  export HALLMARK_TPM_PASSWORD=
  ok "hallmark reads the public key (PSS)" "$hallmark" key public --key tpm:handle=0x81000030 --out pss.pub
  ok "its public key says id-RSASSA-PSS" sh -c 'openssl asn1parse -in pss.pub | grep -q :rsassaPss'
  push_image "$registry/tpm/pss:1"
  ok "hallmark signs in the TPM (PSS)" sign tpm:handle=0x81000030 --format simple "$registry/tpm/pss@$digest"
  ok "hallmark verifies that (PSS)" "$hallmark" verify --key pss.pub "$registry/tpm/pss@$digest"
  crane manifest "$registry/tpm/pss:sha256-${digest#sha256:}.sig" >manifest.json
  jq -r '.layers[0].annotations["dev.cosignproject.cosign/signature"]' manifest.json | base64 -d >signature
  crane blob "$registry/tpm/pss@$(jq -r '.layers[0].digest' manifest.json)" >payload
  ok "openssl verifies that with a salt of 32 bytes" openssl dgst -sha256 -verify pss.pub -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 \
    -signature signature payload
  unset HALLMARK_TPM_PASSWORD
fi

# -- key files of others ---------------------------------------------------------------------------------------------------------------
# 0x81000001 is the owner's default primary, so that a file may name either as the parent.
for parent in 0x81000001 o; do
  for auth in "" "$password"; do
    name="parent $parent${auth:+, with a password}"
    authorize=(); [ -z "$auth" ] || authorize=(-p "$auth")
    quietly "tpm2_create ($name)" tpm2_create -C 0x81000001 -G ecc256 -a "$signing" "${authorize[@]}" -u f.pub -r f.priv
    quietly "tpm2_encodeobject ($name)" tpm2_encodeobject -C $parent -u f.pub -r f.priv -o tools.pem
    flush
    ok "hallmark signs with a file of tpm2_encodeobject ($name)" env HALLMARK_TPM_PASSWORD="$auth" "$hallmark" sign --key tpm:file=tools.pem "$ref"
    ok "its public key needs no TPM ($name)" env HALLMARK_TPM_TCTI=device:/dev/none "$hallmark" key public --key tpm:file=tools.pem --force --out tools.pub
    ok "cosign verifies that ($name)" cosign_verify bundle p256 tools.pub "$ref"
  done
done
for made in "p256 EC -pkeyopt group:P-256" "rsa2048 RSA -pkeyopt bits:2048" "p256 EC -pkeyopt group:P-256 -pkeyopt user-auth:$password"; do
  read -r kind arguments <<<"$made"
  case $arguments in *user-auth*) auth=$password ;; *) auth= ;; esac
  name="$kind${auth:+, with a password}"
  # shellcheck disable=SC2086  # words
  quietly "openssl makes a key in the TPM ($name)" openssl_tpm genpkey -algorithm $arguments -out openssl.pem || continue
  flush
  ok "hallmark signs with a file of tpm2-openssl ($name)" env ${auth:+HALLMARK_TPM_PASSWORD="$auth"} "$hallmark" sign --key tpm:file=openssl.pem "$ref"
  "$hallmark" key public --key tpm:file=openssl.pem --force --out openssl.pub >out 2>&1
  ok "cosign verifies that ($name)" cosign_verify bundle "$kind" openssl.pub "$ref"
done
cp tools.pem 'odd?%.pem'
ok "a path with ? and %" env HALLMARK_TPM_PASSWORD="$password" "$hallmark" sign --key 'tpm:file=odd%3F%25.pem' "$ref"

# -- keys that hallmark makes are others' too ---------------------------------------------------------------------------------------------
echo "to be signed" >message
openssl dgst -sha256 -binary message >message.sha256
export HALLMARK_TPM_PASSWORD=$password
ok "hallmark makes a persistent key" "$hallmark" key generate --kms tpm:handle=0x81000020 --out made
ok "hallmark signs with it" sign tpm:handle=0x81000020 "$ref"
ok "cosign verifies that" cosign_verify bundle p256 made.pub "$ref"
ok "tpm2_sign signs with it" tpm2_sign -c 0x81000020 -p "$password" -g sha256 -s ecdsa -d -f plain -o by-tools.sig message.sha256
flush
ok "openssl verifies that" openssl dgst -sha256 -verify made.pub -signature by-tools.sig message
key_failure "a handle that is taken" already-exists "handle is taken" "$hallmark" key generate --kms tpm:handle=0x81000020 --out other
export HALLMARK_TPM_PASSWORD=
ok "hallmark makes a key file" "$hallmark" key generate --kms tpm:file=made.pem --out made-file
ok "only its owner reads it" [ "$(stat -c %a made.pem)" = 600 ]
key_failure "a file that is there is left as it is" already-exists "made.pem: exists already" "$hallmark" key generate --kms tpm:file=made.pem --out other
ok "hallmark signs with it" sign tpm:file=made.pem "$ref"
ok "openssl signs with it" openssl_tpm pkeyutl -sign -rawin -digest sha256 -inkey made.pem -in message -out by-openssl.sig
flush
ok "and verifies that" openssl dgst -sha256 -verify made-file.pub -signature by-openssl.sig message
unset HALLMARK_TPM_PASSWORD
"$hallmark" key inspect tpm:handle=0x81000020 -o json >inspect.json 2>out || fail "key inspect" "$(words_of out)"
"$hallmark" doctor --key tpm:handle=0x81000020 --role signer -o json >doctor.json 2>out
ok "doctor does not know whether it can sign without a password" jq -e '.findings[] | select(.id == "key-untried" and .severity == "warning")' doctor.json
HALLMARK_TPM_PASSWORD=$password "$hallmark" doctor --key tpm:handle=0x81000020 --role signer -o json >doctor.json 2>out
ok "nor does it say so with one" jq -e '[.findings[].id] | index("key-untried") | not' doctor.json
ok "key inspect says where it lives and that it cannot leave" jq -e '.place | contains("IBM")' inspect.json

# -- passwords -------------------------------------------------------------------------------------------------------------------------------
echo "$password" >password.txt; chmod 600 password.txt
ok "the password from a file" sign tpm:handle=0x81000020 --password-file password.txt "$ref"
secret wrong_password
key_failure "a wrong password, and the tries that are left" wrong-pin "2 tries are left" \
  env HALLMARK_TPM_PASSWORD="$wrong_password" "$hallmark" sign --key tpm:handle=0x81000020 "$ref"
key_failure "no password for a file that needs one" no-credentials "HALLMARK_TPM_PASSWORD" sign tpm:file=openssl.pem "$ref"
key_failure "wrong again" wrong-pin "1 try is left" \
  env HALLMARK_TPM_PASSWORD="$wrong_password" "$hallmark" sign --key tpm:handle=0x81000020 "$ref"
key_failure "the last try is not spent on a guess" no-credentials "no terminal" setsid "$hallmark" sign --key tpm:handle=0x81000020 "$ref"
key_failure "nor on a variable" wrong-pin "1 try is left before the TPM locks itself: the password of HALLMARK_TPM_PASSWORD is not risked" \
  env HALLMARK_TPM_PASSWORD="$wrong_password" "$hallmark" sign --key tpm:handle=0x81000020 "$ref"
echo "$wrong_password" >wrong.txt; chmod 600 wrong.txt
key_failure "nor on the file of one" wrong-pin "a password of HALLMARK_PASSWORD_FILE is not risked" \
  env HALLMARK_PASSWORD_FILE=wrong.txt "$hallmark" sign --key tpm:handle=0x81000020 "$ref"
ok "the right one of --password-file is taken" sign tpm:handle=0x81000020 --password-file password.txt "$ref"
key_failure "wrong for the last time" wrong-pin "0 tries are left" sign tpm:handle=0x81000020 --password-file wrong.txt "$ref"
key_failure "the TPM has locked itself" locked "forgotten each 16 min.*clear-lockout" \
  env HALLMARK_TPM_PASSWORD="$password" "$hallmark" sign --key tpm:handle=0x81000020 "$ref"
quietly "the administrator unlocks it" tpm2_dictionarylockout --clear-lockout
export HALLMARK_TPM_PASSWORD=$password
ok "and it signs again" sign tpm:handle=0x81000020 "$ref"
secret owner_password
quietly "the owner takes a password" tpm2_changeauth -c owner "$owner_password"
key_failure "an owner with a password" access-denied "HALLMARK_TPM_OWNER_PASSWORD" sign tpm:file=made.pem "$ref"
ok "which is given" env HALLMARK_TPM_PASSWORD= HALLMARK_TPM_OWNER_PASSWORD="$owner_password" "$hallmark" sign --key tpm:file=made.pem "$ref"
ok "and makes keys" env HALLMARK_TPM_OWNER_PASSWORD="$owner_password" "$hallmark" key generate --kms tpm:handle=0x81000021 --out owned
quietly "the owner has none again" tpm2_changeauth -c owner -p "$owner_password"

# -- keys that cannot sign images ---------------------------------------------------------------------------------------------------------------
make_tpm_key 0x81000040 ecc256:ecdsa-sha256:null 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign|restricted'
key_failure "a restricted key" wrong-key "attestation key" sign tpm:handle=0x81000040 "$ref"
make_tpm_key 0x81000041 ecc256 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|decrypt'
key_failure "a key for decryption" wrong-key "cannot sign" sign tpm:handle=0x81000041 "$ref"
make_tpm_key 0x81000042 ecc256:ecdsa-sha1 "$signing"
key_failure "a key fixed to SHA-1" wrong-key "another hash than SHA-256" sign tpm:handle=0x81000042 "$ref"
key_failure "the storage key" wrong-key "cannot sign" sign tpm:handle=0x81000001 "$ref"
key_failure "a handle that is not there" not-found "no such object" sign tpm:handle=0x810000ff "$ref"
key_failure "a handle of another kind" not-found "none of a persistent object" sign tpm:handle=0x80000000 "$ref"

# -- files that are none ----------------------------------------------------------------------------------------------------------------------------
head -c 200 made.pem >cut.pem
key_failure "a key file that is cut off" malformed-answer "cut off" sign tpm:file=cut.pem "$ref"
key_failure "a key file that is not there" not-found "none.pem" sign tpm:file=none.pem "$ref"
key_failure "the raw files of tpm2_create" unsupported "tpm2_encodeobject" sign tpm:file=f.priv "$ref"
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out software.pem 2>/dev/null
key_failure "a key that is no TPM's" wrong-key 'expected "TSS2 PRIVATE KEY"' sign tpm:file=software.pem "$ref"
quietly "a file with the flag of -p" tpm2_encodeobject -C 0x81000001 -u f.pub -r f.priv -p -o flagged.pem
key_failure "which says that there is no password, and there is one" wrong-pin "writes that when it is given -p" \
  env -u HALLMARK_TPM_PASSWORD "$hallmark" sign --key tpm:file=flagged.pem "$ref"
ok "the password that is given counts more than the flag" sign tpm:file=flagged.pem "$ref"
quietly "another storage key" tpm2_createprimary -C o -G ecc256 -g sha384 -c another.ctx && tpm2_evictcontrol -C o -c another.ctx 0x81000002 >out 2>&1
flush
quietly "a file with a wrong parent" tpm2_encodeobject -C 0x81000002 -u f.pub -r f.priv -o parent.pem
flush
key_failure "a key file under a parent that is not its own" wrong-key "another parent" sign tpm:file=parent.pem "$ref"

# -- TPMs that are not there, or another's -----------------------------------------------------------------------------------------------------------
key_failure "no such device" not-found "TPM device:/dev/none" sign "tpm:handle=0x81000020?tcti=device:/dev/none" "$ref"
key_failure "nobody listens" unreachable "TPM swtpm:host=127.0.0.1,port=1" sign "tpm:handle=0x81000020?tcti=swtpm:host=127.0.0.1,port=1" "$ref"
key_failure "a driver that runs programs" unsupported "no way to a TPM" sign "tpm:handle=0x81000020?tcti=cmd:touch%20ran" "$ref"
ok "it did not run" [ ! -e ran ]
start_tpm second
second=$started
key_failure "a key file of another TPM" wrong-key "made by another TPM" sign "tpm:file=made.pem?tcti=$tcti" "$ref"
for _ in 1 2 3; do tpm2_createprimary -T "$tcti" -C n -c full.ctx >/dev/null 2>&1; done
key_failure "a TPM without room for a key" token-full "no room for another key" sign "tpm:file=made.pem?tcti=$tcti" "$ref"
kill "$second"

# -- a chip between hallmark and the TPM: all that is said, and every lie --------------------------------------------------------------------------------
between=$(two_ports)
: >mode
start_script between.log "$between" python3 "$interop/lib/tpm_between.py" "$between" "$first_port" mode traffic
tcti="swtpm:host=127.0.0.1,port=$between"
quiet="tpm:handle=0x81000022?tcti=$tcti"   # without a password
asking="tpm:handle=0x81000020?tcti=$tcti"  # with one
ok "a key is made through it" env HALLMARK_TPM_PASSWORD= HALLMARK_TPM_TCTI="$tcti" "$hallmark" key generate --kms tpm:handle=0x81000022 --out quiet
ok "and one with a password" env HALLMARK_TPM_TCTI="$tcti" "$hallmark" key generate --kms tpm:handle=0x81000023 --out asking
ok "which signs" sign "$asking" "$ref"
signatures() { python3 -c 'import re; print(len(re.findall(rb"\x80[\x01\x02].{4}\x00\x00\x01\x5d", open("traffic", "rb").read(), re.S)))'; }
ok "with one TPM2_Sign" [ "$(signatures)" -eq 1 ]
ok "the password never crosses the bus" sh -c '! grep -qaF "$1" traffic && [ "$(wc -c <traffic)" -gt 1000 ]' _ "$password"
# lies NAME CAUSE PATTERN LIE KEY: a connection that breaks leaves its session in the TPM.
lies() {
  local auth=
  [ "$5" = "$quiet" ] || auth=$password
  echo "$4" >mode
  key_failure "$1 [attack 49]" "$2" "$3" env HALLMARK_TPM_PASSWORD="$auth" "$hallmark" sign --timeout 3s --key "$5" "$ref"
  : >mode
  flush
}
lies "another public key" wrong-answer "do not belong together" "flip 173 50" "$quiet"
lies "another key, name and all" wrong-answer "does not verify" "swap 173 81000023" "$quiet"
lies "another signature" wrong-answer "does not verify" "flip 15d 12" "$quiet"
lies "another signature in a session" wrong-answer "not by the TPM" "flip 15d 60" "$asking"
lies "an answer of 2 GiB" malformed-answer "not well-formed" "huge 15d" "$quiet"
lies "an answer of 60,000 bytes" malformed-answer "not well-formed" "long 15d" "$quiet"
lies "a part that is longer than the whole" malformed-answer "not well-formed" "part 15d 18" "$quiet"
lies "an answer without its end" malformed-answer "not well-formed" "short 15d 20" "$quiet"
lies "a public key without its end" wrong-answer "do not belong together" "short 173 40" "$quiet"
lies "an answer that is cut off" unreachable "connection to the TPM was lost" "cut 15d" "$quiet"
lies "a TPM that hangs up" unreachable "connection to the TPM was lost" "hang-up 15d" "$quiet"
lies "a TPM that never answers" unreachable "did not answer within 3000 ms" "silent 15d" "$quiet"
lies "a TPM that stops in the middle" unreachable "did not answer within 3000 ms" "stall 173" "$quiet"
lies "a control channel that never answers" unreachable "did not answer within 3000 ms" "silent 0" "$quiet"
lies "a TPM that is always busy" throttled "busy" "refuse 15d 922" "$quiet"
lies "a TPM without room for a session" token-full "no room for another session" "refuse 176 903" "$asking"
lies "a TPM that failed its self-test" disabled "self-test" "refuse 15d 101" "$quiet"
lies "an error that does not exist" unsupported "refused it" "refuse 15d 1ff" "$quiet"
echo "retry 15d 12" >mode
ok "a TPM that is busy for a while is asked again" env HALLMARK_TPM_PASSWORD= "$hallmark" sign --key "$quiet" "$ref"
: >mode
ok "and without lies it signs" env HALLMARK_TPM_PASSWORD= "$hallmark" sign --key "$quiet" "$ref"
ok "with a password too" sign "$asking" "$ref"

# No transient object and no session is left behind, by success or failure.
flush_count() { tpm2_getcap -T "$first_tcti" "$1" | grep -c 0x; }
ok "no key is left in the TPM" [ "$(flush_count handles-transient)" -eq 0 ]
ok "no session is left in the TPM" [ "$(flush_count handles-loaded-session)" -eq 0 ]
finish
