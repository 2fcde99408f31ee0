#!/bin/bash
# shellcheck disable=SC2154  # secrets are set by name: secret NAME
# Transit of Vault and OpenBao, as a scripted server that HashiCorp's own client and cosign believe. A real one is not
# pinned beside the others: it comes neither from `go install` (replace directives) nor from Debian.
. "$(dirname "$0")/lib/common.sh"
. "$interop/lib/registry.sh"
. "$interop/lib/cosign.sh"
. "$interop/lib/keys.sh"
needs cosign crane vault openssl jq python3

# -- the server and its world -----------------------------------------------------------------------------------------------------------
secret root_token
secret signer_token
secret verifier_token
secret old_token
secret team_token
secret role_id
secret secret_id
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out issuer.key 2>/dev/null
openssl pkey -in issuer.key -pubout -out issuer.pub
make_service_ca
service_certificate server 127.0.0.1
# Large keys take OpenSSL half a minute on a busy machine: these are there already.
mkdir -p world/keys/_transit
for kind in rsa2048 rsa4096; do cp "$root/testdata/keys/$kind.pkcs8.pem" "world/keys/_transit/$kind.1.pem"; done
# world CLOCK: writes the server's world; its clock is CLOCK seconds ahead.
world() {
  jq -n --arg root "$root_token" --arg signer "$signer_token" --arg verifier "$verifier_token" --arg old "$old_token" --arg team "$team_token" \
    --arg role "$role_id" --arg secret "$secret_id" --arg issuer "$work/issuer.pub" --argjson clock "$1" '{
    clock: $clock,
    mounts: [["", "transit"], ["team-a", "team/transit"]],
    keys: ({
      p256: {type: "ecdsa-p256"}, p384: {type: "ecdsa-p384"}, p521: {type: "ecdsa-p521"}, rsa2048: {type: "rsa-2048"}, rsa4096: {type: "rsa-4096"},
      ed25519: {type: "ed25519"}, other: {type: "ecdsa-p256"}, secret: {type: "aes256-gcm96"}, derived: {type: "ed25519", derived: true},
      open: {type: "ecdsa-p256", exportable: true},
      rotated: {type: "ecdsa-p256", latest: 4, min_available_version: 1, min_decryption_version: 2, min_encryption_version: 3}
    } | with_entries(.key = ":transit/" + .key) + {"team-a:team/transit/p256": {type: "ecdsa-p256"}}),
    policies: {
      default: {"auth/token/lookup-self": ["read"], "sys/capabilities-self": ["update"]},
      verifier: {"transit/keys/*": ["read"]},
      signer: {"transit/keys/*": ["read"], "transit/sign/*": ["update"]},
      team: {"team/transit/*": ["read", "update"]}
    },
    tokens: {($root): {policies: ["root"]}, ($signer): {policies: ["signer"]}, ($verifier): {policies: ["verifier"]},
             ($old): {policies: ["signer"], expires: 1000}, ($team): {policies: ["team"], namespace: "team-a"}},
    approles: {($role): {secret_id: $secret, policies: ["signer"]}},
    jwt: {kubernetes: {public_key: $issuer, audience: "vault", roles: {pod: {subject: "system:serviceaccount:ci:signer", policies: ["signer"]}}},
          github: {public_key: $issuer, audience: "vault", default_role: "release",
                   roles: {release: {subject: "repo:acme/api:ref:refs/heads/main", policies: ["signer"]}}}}
  }' >world/world.json
}
world 0
port=$(free_port)
start_script server.out "$port" python3 "$interop/lib/vault_server.py" "$port" server.pem server.key world
export VAULT_ADDR=https://127.0.0.1:$port VAULT_CACERT=$work/ca.pem
lie() { echo "$1" >world/mode; }
truth() { rm -f world/mode; }
# asked PATTERN: how many requests of the log match.
asked() { grep -cE "$1" world/log; }
# with VARIABLE=VALUE… COMMAND…
with() { env "$@"; }
# jwt SUBJECT EXPIRES-IN [BEGINS-IN]: an RS256 token by issuer.key.
url64() { openssl base64 -A | tr '+/' '-_' | tr -d =; }
jwt() {
  local now head body
  now=$(date +%s)
  head=$(printf '{"alg":"RS256","typ":"JWT"}' | url64)
  body=$(printf '{"sub":"%s","aud":"vault","exp":%d,"nbf":%d}' "$1" $((now + $2)) $((now + ${3:-0})) | url64)
  printf '%s.%s.%s' "$head" "$body" "$(printf %s "$head.$body" | openssl dgst -sha256 -sign issuer.key -binary | url64)"
}
start_registry ggcr
push_image "$registry/vault/api:1"
ref=$registry/vault/api@$digest
sign() { local key=$1; shift; "$hallmark" sign --key "$key" "$ref" "$@"; }
public() { "$hallmark" key public --key "$1" --out "$2" 2>out; }

# -- HashiCorp's own client believes the server, and is refused by it as by the real one ---------------------------------------------------
export VAULT_TOKEN=$signer_token
printf hello >message
digest64=$(openssl dgst -sha256 -binary message | base64 -w0)
ok "the official client reads a key" sh -c 'vault read transit/keys/p256 >key.json'
jq -r '.keys["1"].public_key' key.json >official.pub
ok "the official client signs a digest" sh -c "vault write transit/sign/p256/sha2-256 input=$digest64 prehashed=true key_version=1 >signature.json"
jq -r .signature signature.json | cut -d: -f3 | base64 -d >signature
ok "openssl verifies that" openssl dgst -sha256 -verify official.pub -signature signature message
ok "the server verifies that" sh -c "VAULT_TOKEN=$root_token vault write transit/verify/p256/sha2-256 input=$digest64 prehashed=true signature=$(jq -r .signature signature.json) | jq -e .valid"
ok "the official client asks what its token may" sh -c 'vault capabilities transit/sign/p256/sha2-256 | jq -e "index(\"update\")"'
jwt system:serviceaccount:ci:signer 600 >pod.jwt
jwt repo:acme/api:ref:refs/heads/main 600 >ci.jwt
mark "$(cat pod.jwt)" "$(cut -d. -f3 pod.jwt)" "$(cut -d. -f3 ci.jwt)"
ok "the official client logs in by AppRole" sh -c "vault write auth/approle/login role_id=$role_id secret_id=$secret_id | jq -e '.ttl == 1200'"
ok "the official client logs in by Kubernetes" sh -c "vault write auth/kubernetes/login role=pod jwt=@pod.jwt | jq -e .token"
ok "the official client logs in by JWT" sh -c "vault write auth/github/login jwt=@ci.jwt | jq -e .token"
fails "the official client: an expired token" "invalid token" with VAULT_TOKEN="$old_token" vault read transit/keys/p256
fails "the official client: no token" "missing client token" with -u VAULT_TOKEN vault read transit/keys/p256
fails "the official client: not allowed" "403(.|\n)*permission denied|permission denied" with VAULT_TOKEN="$verifier_token" vault write transit/sign/p256 input="$digest64" prehashed=true
fails "the official client: no such key" "no value found" vault read transit/keys/nobody
fails "the official client: no such key to sign with" "signing key not found" vault write transit/sign/nobody input="$digest64" prehashed=true
fails "the official client: another mount" "route entry not found" with VAULT_TOKEN="$root_token" vault write kv/sign/p256 input="$digest64"
fails "the official client: another namespace" "permission denied|route entry" with VAULT_NAMESPACE=team-a vault read team/transit/keys/p256
fails "the official client: a digest of another length" "no sha2-512 digest" vault write transit/sign/p256/sha2-512 input="$digest64" prehashed=true
fails "the official client: an unknown field" "unknown field" vault write transit/sign/p256 inputs="$digest64"
fails "the official client: an old version" "less than the minimum" vault write transit/sign/rotated input="$digest64" prehashed=true key_version=2
fails "the official client: a version to come" "higher than the latest" vault write transit/sign/rotated input="$digest64" prehashed=true key_version=9
fails "the official client: a wrong secret id" "invalid role or secret ID" vault write auth/approle/login role_id="$role_id" secret_id=no
fails "the official client: an expired JWT" "token is expired" vault write auth/github/login jwt="$(jwt repo:acme/api:ref:refs/heads/main -600)"
lie sealed
fails "the official client: sealed" "Vault is sealed" vault read transit/keys/p256
truth

# -- cosign signs and verifies through it; each signs for the other ---------------------------------------------------------------------------
for kind in $key_kinds; do
  key=hashivault://$kind
  push_image "$registry/vault/$kind:1"
  ref=$registry/vault/$kind@$digest
  ok "hallmark reads the public key ($kind)" public "$key" "$kind.pub"
  ok "cosign reads the same one ($kind)" sh -c "cosign public-key --key $key | cmp - $kind.pub"
  : >world/log
  ok "hallmark signs ($kind)" sign "$key"
  ok "with one request a signature ($kind)" [ "$(asked . ) $(asked /sign/)" = "2 1" ]
  ok "cosign verifies that by the public key ($kind)" cosign_verify bundle "$kind" "$kind.pub" "$ref"
  ok "hallmark verifies by the reference ($kind)" "$hallmark" verify --key "$key" "$ref"
done
for kind in p256 rsa2048; do
  push_image "$registry/cosign/$kind:1"
  ref=$registry/cosign/$kind@$digest
  ok "cosign signs through the server ($kind)" cosign_sign bundle "hashivault://$kind" "$ref"
  ok "hallmark verifies that by the public key ($kind)" "$hallmark" verify --key "$kind.pub" "$ref"
  ok "hallmark verifies that by the reference ($kind)" "$hallmark" verify --key "hashivault://$kind" "$ref"
done
push_image "$registry/vault/kms:1"
ref=$registry/vault/kms@$digest
ok "hallmark signs in cosign's old format" "$hallmark" sign --format simple --key hashivault://p256 "$ref"
VAULT_TOKEN=$root_token
ok "cosign verifies that through the server" cosign_verify simple p256 hashivault://p256 "$ref"
ok "cosign makes a key" cosign generate-key-pair --kms hashivault://by-cosign
ok "hallmark reads it" sh -c "'$hallmark' key public --key hashivault://by-cosign | cmp - cosign.pub"
ok "hallmark makes a key" "$hallmark" key generate --kms hashivault://by-hallmark --type ecdsa-p384
ok "cosign reads it" sh -c "cosign public-key --key hashivault://by-hallmark >made.pub && openssl pkey -pubin -in made.pub -noout -text | grep -q P-384"
ok "it cannot be exported" sh -c "vault read transit/keys/by-hallmark | jq -e '.exportable == false and .allow_plaintext_backup == false'"
key_failure "a name that is taken stays as it is" already-exists "already" "$hallmark" key generate --kms hashivault://by-hallmark
VAULT_TOKEN=$signer_token

# -- where the token comes from -----------------------------------------------------------------------------------------------------------
push_image "$registry/vault/logins:1"
ref=$registry/vault/logins@$digest
key=hashivault://p256
ok "openbao:// and its variables" with -u VAULT_ADDR -u VAULT_TOKEN -u VAULT_CACERT BAO_ADDR="$VAULT_ADDR" BAO_TOKEN="$signer_token" BAO_CACERT="$work/ca.pem" \
  "$hallmark" sign --key openbao://p256 "$ref"
ok "cosign takes openbao:// too" with -u VAULT_ADDR -u VAULT_TOKEN BAO_ADDR="$VAULT_ADDR" BAO_TOKEN="$signer_token" cosign public-key --key openbao://p256
ok "the CA as text" with -u VAULT_CACERT VAULT_CACERT_BYTES="$(cat ca.pem)" "$hallmark" sign --key $key "$ref"
unset VAULT_TOKEN
key_failure "no token anywhere, and where it was looked" no-credentials "VAULT_TOKEN is not set; BAO_TOKEN is not set; $HOME/.vault-token does not exist; VAULT_ROLE_ID" sign $key
(umask 077; echo "$signer_token" >"$HOME/.vault-token")
ok "the token that vault login leaves" sign $key
ok "cosign takes it as well" cosign public-key --key $key
chmod 644 "$HOME/.vault-token"
key_failure "a token file that others can read" no-credentials "chmod 600" sign $key
rm "$HOME/.vault-token"
: >world/log
ok "AppRole" with VAULT_ROLE_ID="$role_id" VAULT_SECRET_ID="$secret_id" "$hallmark" sign --key $key "$ref"
ok "one login, one key, one signature" [ "$(asked .)" = 3 ]
(umask 077; echo "$role_id" >role; echo "$secret_id" >secret-id)
ok "AppRole from files" with HALLMARK_VAULT_AUTH=approle HALLMARK_VAULT_ROLE_ID_FILE=role HALLMARK_VAULT_SECRET_ID_FILE=secret-id "$hallmark" sign --key $key "$ref"
pod=(HALLMARK_VAULT_AUTH=kubernetes HALLMARK_VAULT_ROLE=pod HALLMARK_VAULT_JWT_FILE="$work/pod.jwt")
ci=(HALLMARK_VAULT_AUTH=jwt HALLMARK_VAULT_AUTH_MOUNT=github)
ok "Kubernetes" with "${pod[@]}" "$hallmark" sign --key $key "$ref"
ok "a CI's OIDC token" with "${ci[@]}" HALLMARK_VAULT_JWT="$(cat ci.jwt)" "$hallmark" sign --key $key "$ref"
ok "cosign verifies what they signed" cosign_verify bundle p256 p256.pub "$ref"
key_failure "a wrong secret id" refused-credentials "invalid role or secret ID" with VAULT_ROLE_ID="$role_id" VAULT_SECRET_ID=hush-no "$hallmark" sign --key $key "$ref"
key_failure "no such role" refused-credentials "could not be found" with "${pod[@]}" HALLMARK_VAULT_ROLE=nobody "$hallmark" sign --key $key "$ref"
key_failure "another pod's token" refused-credentials "sub claim" with "${pod[@]}" HALLMARK_VAULT_JWT_FILE="$work/ci.jwt" "$hallmark" sign --key $key "$ref"
key_failure "an expired OIDC token" expired-credentials "token is expired" with "${ci[@]}" HALLMARK_VAULT_JWT="$(jwt repo:acme/api:ref:refs/heads/main -600)" "$hallmark" sign --key $key "$ref"
key_failure "no login at that mount" not-found "HALLMARK_VAULT_AUTH_MOUNT" with "${ci[@]}" HALLMARK_VAULT_AUTH_MOUNT=gitlab HALLMARK_VAULT_JWT="$(cat ci.jwt)" "$hallmark" sign --key $key "$ref"
key_failure "the Kubernetes login outside of a pod" no-credentials "service account" with HALLMARK_VAULT_AUTH=kubernetes HALLMARK_VAULT_ROLE=pod "$hallmark" sign --key $key "$ref"
world 7200
key_failure "a clock that is two hours off" clock-skew "clock is [12] h [0-9]+ min behind" with "${ci[@]}" HALLMARK_VAULT_JWT="$(cat ci.jwt)" "$hallmark" sign --key $key "$ref"
world 0

# -- namespaces, mounts, versions, rights -------------------------------------------------------------------------------------------------
team=(VAULT_TOKEN="$team_token" VAULT_NAMESPACE=team-a TRANSIT_SECRET_ENGINE_PATH=team/transit)
ok "a namespace and a mount of its own" with "${team[@]}" "$hallmark" sign --key $key "$ref"
ok "cosign reads the same key there" sh -c "env ${team[*]} cosign public-key --key $key >team.pub && env ${team[*]} '$hallmark' key public --key $key | cmp - team.pub"
key_failure "the token of another namespace" access-denied "mount transit was asked" with VAULT_TOKEN="$team_token" "$hallmark" sign --key $key "$ref"
key_failure "no such namespace" not-found "namespace team-b was asked" with "${team[@]}" VAULT_NAMESPACE=team-b "$hallmark" sign --key $key "$ref"
export VAULT_TOKEN=$signer_token
key_failure "no engine at that mount" not-found "mount path and the namespace" with TRANSIT_SECRET_ENGINE_PATH=kv "$hallmark" sign --key $key "$ref"
ok "version 3 is still there to sign with" sign "hashivault://rotated?version=3"
ok "version 2 is there to verify with" "$hallmark" key public --key "hashivault://rotated?version=2"
public "hashivault://rotated?version=2" second.pub && public hashivault://rotated newest.pub
ok "and is another key" sh -c "! cmp -s second.pub newest.pub"
key_failure "version 2 signs no more" disabled "min_encryption_version is 3" sign "hashivault://rotated?version=2"
key_failure "version 1 is switched off" disabled "min_decryption_version is 2" sign "hashivault://rotated?version=1"
key_failure "there is no version 9" not-found "newest is 4" sign "hashivault://rotated?version=9"
key_failure "a key that encrypts" wrong-key "aes256-gcm96, which signs no images" sign hashivault://secret
key_failure "a key that is derived" wrong-key "derived" sign hashivault://derived
key_failure "no such key" not-found "there is no such key" sign hashivault://nobody
ok "inspect: place, name, not exportable, rights" sh -c "'$hallmark' key inspect $key -o json >info.json && jq -e '.place == \"Vault at $VAULT_ADDR, mount transit\" and .name == \"p256 version 1\"' info.json"
ok "inspect warns of a key that can be exported" sh -c "'$hallmark' key inspect hashivault://open 2>&1 | grep -qi export"

# -- each failure has its own cause -------------------------------------------------------------------------------------------------------
key_failure "an expired token" expired-credentials "the token of VAULT_TOKEN" with VAULT_TOKEN="$old_token" "$hallmark" sign --key $key "$ref"
key_failure "a verifier may not sign" access-denied '"update" on transit/sign/p256/sha2-256' with VAULT_TOKEN="$verifier_token" "$hallmark" sign --key $key "$ref"
ok "but may verify" with VAULT_TOKEN="$verifier_token" "$hallmark" verify --key $key "$ref"
for lie in "sealed unreachable it.is.sealed" "not-initialised unreachable not.initialised" "standby malformed-answer load.balancer" \
  "read-only unreachable only.reads" "throttled throttled quota.exceeded" "bad-gateway unreachable 502" "huge malformed-answer more.than" \
  "html malformed-answer not.as.documented" "error-in-200 malformed-answer data" "truncated unreachable broke" "echo unsupported is.refused"; do
  read -r name cause words <<<"$lie"
  lie "$name"
  key_failure "$name" "$cause" "$words" sign $key
done
truth
for lie in "other-key wrong-answer does.not.verify" "other-digest wrong-answer does.not.verify" "other-version wrong-answer version.2.has.signed"; do
  read -r name cause words <<<"$lie"
  lie "$name"
  key_failure "$name" "$cause" "$words" sign $key
done
truth
key_failure "no address" no-credentials "VAULT_ADDR nor BAO_ADDR" with -u VAULT_ADDR "$hallmark" sign --key $key "$ref"
key_failure "plain http to another machine" unsupported "without TLS" with VAULT_ADDR=http://vault.example:8200 "$hallmark" sign --key $key "$ref"
key_failure "VAULT_SKIP_VERIFY" unsupported "VAULT_SKIP_VERIFY" with VAULT_SKIP_VERIFY=1 "$hallmark" sign --key $key "$ref"
key_failure "a CA that is not Vault's" unreachable "VAULT_CACERT" with -u VAULT_CACERT "$hallmark" sign --key $key "$ref"
key_failure "nobody listens" unreachable "refused" with VAULT_ADDR="https://127.0.0.1:$(free_port)" "$hallmark" sign --key $key "$ref"
key_failure "a malformed reference" not-found 'hashivault://KEY' sign hashivault://transit/p256
ok "no secret in the server's log" no_secret_in world/log
finish
