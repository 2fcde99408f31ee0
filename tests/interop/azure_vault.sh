#!/bin/bash
# shellcheck disable=SC2154  # secrets are set by name: secret NAME
# Keys in Azure Key Vault. A scripted vault and Entra ID that Microsoft's own SDK (driver azure-vault) and cosign believe: hallmark signs
# there, cosign verifies, and the other way round; each login; each refusal. Run again as "azure_vault.sh machine" in a network of its
# own, where 169.254.169.254 answers.
. "$(dirname "$0")/lib/common.sh"
. "$interop/lib/registry.sh"
. "$interop/lib/cosign.sh"
. "$interop/lib/keys.sh"
mode=${1:-}
needs azure-vault cosign crane jq openssl python3 unshare ip

vault=acme.vault.azure.net
tenant=72f988bf-86f1-41af-91ab-2d7cd011db47
near=127.0.0.1
near_port=$(free_port)
if [ "$mode" = machine ]; then
  if ! { ip link set lo up && ip address add 169.254.169.254/32 dev lo; } 2>out; then fail machine "no address: $(words_of out)"; finish; fi
  near=169.254.169.254 near_port=80
fi

# -- the scripted vault, Entra ID and metadata service ------------------------------------------------------------------------------
secret client_secret
secret identity_header
mkdir state
echo "$client_secret" >state/secret
echo "$identity_header" >state/identity-header
openssl req -x509 -newkey rsa:2048 -nodes -keyout app.key -out state/app.crt -days 2 -subj "/CN=application" >out 2>&1
cat app.key state/app.crt >app.pem
openssl pkcs8 -topk8 -in app.key -v2 aes-256-cbc -passout "pass:$client_secret" -out app.locked.key 2>out
cat app.locked.key state/app.crt >app.locked.pem
openssl req -x509 -newkey rsa:2048 -nodes -keyout stranger.key -out stranger.crt -days 2 -subj "/CN=stranger" >out 2>&1
cat stranger.key stranger.crt >stranger.pem
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out issuer.key 2>out
openssl pkey -in issuer.key -pubout -out state/issuer.pub
make_service_ca
service_certificate service "$vault" elsewhere.vault.azure.net login.microsoftonline.com login.microsoft.com
port=$(free_port)
start_script server.out "$port" python3 "$interop/lib/azure_vault_server.py" state "$port" service.pem service.key "$near" "$near_port"
start_routes "$vault:443=$port" "elsewhere.vault.azure.net:443=$port" "login.microsoftonline.com:443=$port" "login.microsoft.com:443=$port"
start_registry ggcr

azure=(HTTPS_PROXY="$route_proxy" SSL_CERT_FILE="$work/ca.pem")
# with APPLICATION COMMAND…: logged in by a client secret. bare COMMAND…: reaching the services, without credentials.
with() { local application=$1; shift; env "${azure[@]}" AZURE_TENANT_ID=$tenant AZURE_CLIENT_ID="$application" AZURE_CLIENT_SECRET="$client_secret" "$@"; }
bare() { env "${azure[@]}" "$@"; }
key_of() { echo "azurekms://$vault/$1"; }
# requests PATTERN: how many lines of the server's log have it; forget_requests empties the log.
requests() { grep -cE "$1" state/requests.log; }
forget_requests() { : >state/requests.log; }
# count NAME WANTED PATTERN
count() { local found; found=$(requests "$3"); if [ "$found" = "$2" ]; then pass "$1"; else fail "$1" "$found requests, not $2"; fi; }
# federated FILE AUDIENCE SUBJECT LIFE: a token as a cluster or CI system writes it.
federated() {
  local now head
  now=$(date +%s)
  b64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
  head=$(printf '{"alg":"RS256","typ":"JWT"}' | b64url).$(printf '{"iss":"https://issuer.example","aud":"%s","sub":"%s","nbf":%d,"exp":%d}' \
    "$2" "$3" $((now - 7200)) $((now + $4)) | b64url)
  printf %s "$head.$(printf %s "$head" | openssl dgst -sha256 -sign issuer.key -binary | b64url)" >"$1"
  mark "$(cut -d. -f2 "$1")"
}

push_image "$registry/azure/app:1"
ref=$registry/azure/app@$digest
sign() { "$hallmark" sign --key "$@"; }

if [ "$mode" = machine ]; then
  ok "Microsoft's SDK believes the metadata service of the machine" bare azure-vault sign $vault release "" ES256 32
  ok "hallmark signs as the machine's managed identity" bare "$hallmark" sign --key "$(key_of release)" "$ref"
  ok "and as one that AZURE_CLIENT_ID names" bare AZURE_CLIENT_ID=app-identity "$hallmark" sign --key "$(key_of release)" "$ref"
  fails "Microsoft's SDK is refused an identity that is not assigned" "isn't assigned" bare AZURE_CLIENT_ID=app-other azure-vault get $vault release
  key_failure "so is hallmark" refused-credentials "app-other .AZURE_CLIENT_ID. is not assigned" \
    bare AZURE_CLIENT_ID=app-other "$hallmark" sign --key "$(key_of release)" "$ref"
  if grep -q 169.254 routes.log; then fail "the proxy sees nothing of it" "$(words_of routes.log)"; else pass "the proxy sees nothing of it"; fi
  finish
fi

# -- Microsoft's SDK believes it: success, and each refusal --------------------------------------------------------------------------
for each in "release ES256 32" "p384 ES384 48" "p521 ES512 64" "rsa2048 RS256 32" "rsa3072 RS256 32" "rsa4096 RS256 32"; do
  # shellcheck disable=SC2086 # words, wanted apart
  set -- $each
  ok "Microsoft's SDK signs with $1 ($2)" with app-signer azure-vault sign $vault "$1" "" "$2" "$3"
done
ok "Microsoft's SDK makes an EC key" with app-creator azure-vault create $vault by-sdk EC P-384
ok "Microsoft's SDK makes an RSA key" with app-creator azure-vault create $vault by-sdk-rsa RSA 3072
sdk_fails() { local name=$1 pattern=$2; shift 2; fails "Microsoft's SDK: $name" "$pattern" "$@"; }
sdk_fails "no such key" "status 404 code KeyNotFound" with app-reader azure-vault get $vault nothing
sdk_fails "no such version" "status 404 code KeyNotFound" with app-reader azure-vault get $vault release 00000000000000000000000000000000
sdk_fails "may not sign" "status 403 code Forbidden" with app-reader azure-vault sign $vault release "" ES256 32
sdk_fails "may not read" "status 403 code Forbidden" with app-nobody azure-vault get $vault release
sdk_fails "behind the firewall" "ForbiddenByFirewall" with app-reader azure-vault get $vault walled
sdk_fails "disabled" "KeyDisabled" with app-signer azure-vault sign $vault disabled "" ES256 32
sdk_fails "expired" "KeyExpired" with app-signer azure-vault sign $vault expired "" ES256 32
sdk_fails "not yet valid" "KeyNotYetValid" with app-signer azure-vault sign $vault future "" ES256 32
sdk_fails "a digest of another length" "status 400 code BadParameter" with app-signer azure-vault sign $vault release "" ES256 48
sdk_fails "an algorithm of another key" "status 400 code BadParameter" with app-signer azure-vault sign $vault release "" RS256 32
sdk_fails "deleted" "status 404" with app-reader azure-vault get $vault lost
sdk_fails "a deleted name" "status 409 code Conflict" with app-creator azure-vault create $vault lost EC P-256
sdk_fails "a curve that is none" "status 400 code BadParameter" with app-creator azure-vault create $vault odd EC P-999
sdk_fails "too many requests" "status 429 code Throttled" with app-signer azure-vault sign $vault busy "" ES256 32
sdk_fails "a lying signature" "does not verify" with app-signer azure-vault sign $vault lies-digest "" ES256 32
sdk_fails "a token that has ended" "status 401 code Unauthorized" with app-stale azure-vault get $vault release
sdk_fails "a token for another resource" "AKV10022" with app-strays azure-vault get $vault release
sdk_fails "a wrong secret" "AADSTS7000215" with app-reader AZURE_CLIENT_SECRET=wrong azure-vault get $vault release
sdk_fails "an old secret" "AADSTS7000222" with app-old-secret azure-vault get $vault release
sdk_fails "an unknown application" "AADSTS700016" with app-unknown azure-vault get $vault release
sdk_fails "another tenant than the vault's"  "isn't configured to acquire tokens for tenant" with app-reader AZURE_TENANT_ID=nowhere.example azure-vault get $vault release
sdk_fails "a vault of another tenant" "isn't configured to acquire tokens for tenant" with app-reader azure-vault get elsewhere.vault.azure.net release
ok "Microsoft's SDK logs in by certificate" bare AZURE_TENANT_ID=$tenant AZURE_CLIENT_ID=app-signer AZURE_CLIENT_CERTIFICATE_PATH="$work/app.pem" \
  azure-vault get $vault release
sdk_fails "a foreign certificate" "AADSTS700027" bare AZURE_TENANT_ID=$tenant AZURE_CLIENT_ID=app-signer \
  AZURE_CLIENT_CERTIFICATE_PATH="$work/stranger.pem" azure-vault get $vault release
workload=(AZURE_TENANT_ID="$tenant" AZURE_CLIENT_ID=app-workload AZURE_FEDERATED_TOKEN_FILE="$work/federated")
federated federated api://AzureADTokenExchange system:serviceaccount:ci:release 3600
ok "Microsoft's SDK logs in as a workload" bare "${workload[@]}" azure-vault get $vault release
federated ended api://AzureADTokenExchange system:serviceaccount:ci:release -3600
federated misled api://other system:serviceaccount:ci:release 3600
federated foreign api://AzureADTokenExchange system:serviceaccount:ci:other 3600
sdk_fails "a workload's token that has ended" "AADSTS700024" bare "${workload[@]}" AZURE_FEDERATED_TOKEN_FILE="$work/ended" azure-vault get $vault release
sdk_fails "a workload's token for others" "AADSTS700212" bare "${workload[@]}" AZURE_FEDERATED_TOKEN_FILE="$work/misled" azure-vault get $vault release
sdk_fails "another workload" "AADSTS700213" bare "${workload[@]}" AZURE_FEDERATED_TOKEN_FILE="$work/foreign" azure-vault get $vault release
app=(IDENTITY_ENDPOINT="http://127.0.0.1:$near_port/msi/token" IDENTITY_HEADER="$identity_header")
ok "Microsoft's SDK logs in as an app" bare "${app[@]}" azure-vault get $vault release
sdk_fails "a wrong identity header" "401|Unauthorized" bare "${app[@]}" IDENTITY_HEADER=wrong azure-vault get $vault release

# -- hallmark signs, cosign verifies -------------------------------------------------------------------------------------------------
for kind in p256 p384 p521 rsa2048 rsa3072 rsa4096; do
  name=$kind; [ $kind = p256 ] && name=release
  push_image "$registry/azure/$kind:1"
  image=$registry/azure/$kind@$digest
  ok "hallmark reads the public key ($kind)" with app-reader "$hallmark" key public --key "$(key_of $name)" --out $kind.pub
  for format in bundle simple; do
    forget_requests
    ok "hallmark signs in the vault ($kind, $format)" with app-signer "$hallmark" sign --key "$(key_of $name)" --format $format "$image"
    count "by one request, after one for the key and one login ($kind, $format)" 1 "^POST $vault .*/sign 200 bearer$"
    count "and no other ($kind, $format)" 3 "^"
    ok "cosign verifies by the public key ($kind, $format)" cosign_verify $format $kind $kind.pub "$image"
  done
  ok "hallmark verifies by the vault's public key ($kind)" with app-reader "$hallmark" verify --key "$(key_of $name)" "$image"
done

# On its way to the vault cosign 3.1.3 drops leading zeros of r and s: half of all P-521 signatures are then of no length that a vault
# takes. One among several that it sends whole is enough.
accepted_through_vault() { # KEY IMAGE SIGN-COMMAND…
  local key=$1 image=$2 try; shift 2
  for try in {1..20}; do
    with app-verifier cosign verify --key "$(key_of "$key")" --insecure-ignore-tlog "$image" && return
    echo "try $try"
    with app-signer "$@" "$image" || return
  done
  return 1
}
for name in release p384 p521; do
  kind=$name; [ $name = release ] && kind=p256
  ok "cosign verifies hallmark's signature through the vault ($name)" accepted_through_vault $name "$registry/azure/$kind@$(crane digest "$registry/azure/$kind:1")" \
    "$hallmark" sign --key "$(key_of $name)"
done

# -- cosign itself through the vault -------------------------------------------------------------------------------------------------
push_image "$registry/azure/by-cosign:1"
image=$registry/azure/by-cosign@$digest
for format in bundle simple; do
  # shellcheck disable=SC2046 # flags, wanted apart
  ok "cosign signs in the scripted vault ($format)" with app-signer cosign sign --key "$(key_of release)" --tlog-upload=false \
    --use-signing-config=false -y $(cosign_format $format) "$image"
  ok "hallmark verifies that by the vault's key ($format)" with app-reader "$hallmark" verify --key "$(key_of release)" --format $format "$image"
  ok "hallmark verifies that without the vault ($format)" "$hallmark" verify --key p256.pub --format $format "$image"
done
with app-reader cosign public-key --key "$(key_of p384)" >by-cosign.pub 2>out
ok "cosign and hallmark read the same public key" cmp by-cosign.pub p384.pub
ok "cosign verifies its own through the vault" accepted_through_vault release "$image" \
  cosign sign --key "$(key_of release)" --tlog-upload=false --use-signing-config=false -y
fails "cosign is refused what hallmark is refused" "ForbiddenByRbac" with app-reader cosign sign --key "$(key_of release)" --tlog-upload=false \
  --use-signing-config=false -y "$image"

# -- each login ----------------------------------------------------------------------------------------------------------------------
certificate=(AZURE_TENANT_ID="$tenant" AZURE_CLIENT_ID=app-signer AZURE_CLIENT_CERTIFICATE_PATH="$work/app.pem")
ok "hallmark logs in by certificate" bare "${certificate[@]}" "$hallmark" sign --key "$(key_of release)" "$ref"
ok "and sends its chain" bare "${certificate[@]}" AZURE_CLIENT_SEND_CERTIFICATE_CHAIN=true "$hallmark" sign --key "$(key_of release)" "$ref"
ok "and by one with an encrypted key" bare "${certificate[@]}" AZURE_CLIENT_CERTIFICATE_PATH="$work/app.locked.pem" \
  AZURE_CLIENT_CERTIFICATE_PASSWORD="$client_secret" "$hallmark" sign --key "$(key_of release)" "$ref"
ok "hallmark logs in as a workload" bare "${workload[@]}" "$hallmark" sign --key "$(key_of release)" "$ref"
ok "hallmark logs in as an app" bare "${app[@]}" "$hallmark" sign --key "$(key_of release)" "$ref"
forget_requests
ok "without AZURE_TENANT_ID the vault tells its tenant" with app-signer AZURE_TENANT_ID= "$hallmark" sign --key "$(key_of release)" "$ref"
count "by one question without a token" 1 "^GET $vault /keys/release 401 anonymous$"
older=$(with app-reader azure-vault get $vault release | sed 's/ .*//; s,.*/,,')
ok "a version can be named" with app-signer "$hallmark" sign --key "$(key_of release/"$older")" "$ref"

# -- each failure: its cause, and no secret ------------------------------------------------------------------------------------------
failure() { local name=$1 cause=$2 pattern=$3; shift 3; key_failure "$name" "$cause" "$pattern" "$@"; }
# as APPLICATION KEY [NAME=VALUE] [FLAG…]
as() {
  local application=$1 key=$2 setting=HALLMARK_UNUSED=; shift 2
  case ${1:-} in *=*) setting=$1; shift ;; esac
  with "$application" "$setting" "$hallmark" sign --key "$key" "$ref" "$@"
}
failure "no credentials" no-credentials "AZURE_CLIENT_ID is not set; a workload identity.*a managed identity.*az, azd" \
  bare "$hallmark" sign --key "$(key_of release)" "$ref"
failure "the login of az" unsupported "AZURE_AUTH_METHOD" as app-signer "$(key_of release)" AZURE_AUTH_METHOD=cli
failure "a wrong secret" refused-credentials "client secret is wrong.*AADSTS7000215" as app-signer "$(key_of release)" AZURE_CLIENT_SECRET="hush-$(openssl rand -hex 8)"
failure "an old secret" expired-credentials "has expired.*AADSTS7000222" as app-old-secret "$(key_of release)"
failure "an unknown application" refused-credentials "AADSTS700016" as app-unknown "$(key_of release)"
failure "an unknown tenant" refused-credentials "AADSTS90002" as app-signer "$(key_of release)" AZURE_TENANT_ID=nowhere.example
failure "a foreign certificate" refused-credentials "AADSTS700027" bare "${certificate[@]}" AZURE_CLIENT_CERTIFICATE_PATH="$work/stranger.pem" \
  "$hallmark" sign --key "$(key_of release)" "$ref"
failure "a workload's token that has ended" expired-credentials "AADSTS700024" bare "${workload[@]}" AZURE_FEDERATED_TOKEN_FILE="$work/ended" \
  "$hallmark" sign --key "$(key_of release)" "$ref"
failure "a workload's token for others" refused-credentials "audience.*AADSTS700212" bare "${workload[@]}" AZURE_FEDERATED_TOKEN_FILE="$work/misled" \
  "$hallmark" sign --key "$(key_of release)" "$ref"
failure "another workload" refused-credentials "subject.*AADSTS700213" bare "${workload[@]}" AZURE_FEDERATED_TOKEN_FILE="$work/foreign" \
  "$hallmark" sign --key "$(key_of release)" "$ref"
failure "a wrong identity header" refused-credentials "managed identity of the app" bare "${app[@]}" IDENTITY_HEADER="hush-$(openssl rand -hex 8)" \
  "$hallmark" sign --key "$(key_of release)" "$ref"
failure "an identity endpoint far away" unsupported "neither a loopback nor a link-local" bare "${app[@]}" \
  IDENTITY_ENDPOINT=http://metadata.example/msi/token "$hallmark" sign --key "$(key_of release)" "$ref"
failure "a token that has ended" expired-credentials "has ended or was revoked" as app-stale "$(key_of release)"
failure "a token for another resource" refused-credentials "AKV10022" as app-strays "$(key_of release)"
failure "a vault of another tenant" refused-credentials "belongs to tenant 11111111" as app-signer azurekms://elsewhere.vault.azure.net/release
failure "may not sign" access-denied "may not keys/sign on release of $vault.*vaults/keys/sign/action" as app-reader "$(key_of release)"
failure "may not read" access-denied "may not keys/get on release of $vault.*vaults/keys/read" as app-nobody "$(key_of release)"
failure "an access policy without sign" access-denied "ForbiddenByPolicy" as app-signer "$(key_of policy)"
failure "behind the firewall" access-denied "firewall" as app-signer "$(key_of walled)"
failure "no such key" not-found "there is no key nothing" as app-signer "$(key_of nothing)"
failure "no such version" not-found "there is no key release, version 0000" as app-signer "$(key_of release/00000000000000000000000000000000)"
failure "deleted" pending-deletion "can be recovered until" as app-signer "$(key_of lost)"
failure "disabled" disabled "is disabled" as app-signer "$(key_of disabled)"
failure "expired" disabled "has expired at" as app-signer "$(key_of expired)"
failure "not yet valid" disabled "not yet to be used" as app-signer "$(key_of future)"
failure "not for signing" wrong-key "key operations" as app-signer "$(key_of verify-only)"
failure "a curve that is not for images" wrong-key "P-256K" as app-signer "$(key_of koblitz)"
failure "too many requests" throttled "" as app-signer "$(key_of busy)"
failure "a vault that is broken" unreachable "HTTP 500" as app-signer "$(key_of broken)"
failure "a signature over another digest" wrong-answer "does not verify" as app-signer "$(key_of lies-digest)"
failure "a signature by another key" wrong-answer "does not verify" as app-signer "$(key_of lies-key)"
failure "a signature of another version" wrong-answer "has signed, asked was" as app-signer "$(key_of lies-kid)"
failure "a refusal that says 200" malformed-answer "not as documented" as app-signer "$(key_of lies-200)"
failure "an answer that is too large" malformed-answer "" as app-signer "$(key_of lies-huge)"
failure "an answer that is cut off" unreachable "" as app-signer "$(key_of lies-cut)"
failure "an answer that is HTML" malformed-answer "not as documented" as app-signer "$(key_of lies-html)"
forget_requests
failure "a redirect" malformed-answer "redirects .307." as app-signer "$(key_of lies-redirect)"
count "is not followed" 0 "elsewhere.vault.azure.net"
failure "a vault that cannot be reached" unreachable "" env AZURE_TENANT_ID=$tenant AZURE_CLIENT_ID=app-signer AZURE_CLIENT_SECRET="$client_secret" \
  HTTPS_PROXY="$route_proxy" SSL_CERT_FILE="$work/ca.pem" "$hallmark" sign --key azurekms://unknown.vault.azure.net/release "$ref"
failure "a vault whose certificate nobody knows" unreachable "" env AZURE_TENANT_ID=$tenant AZURE_CLIENT_ID=app-signer \
  AZURE_CLIENT_SECRET="$client_secret" HTTPS_PROXY="$route_proxy" "$hallmark" sign --key "$(key_of release)" "$ref"
failure "a host that is no vault" not-found "is no vault of Azure" as app-signer azurekms://acme.vault.azure.net.evil.example/release
if grep -q evil routes.log; then fail "is asked nothing" "$(words_of routes.log)"; else pass "is asked nothing"; fi

# -- keys are made, and shown --------------------------------------------------------------------------------------------------------
for type in ecdsa-p256 ecdsa-p521 rsa-2048; do
  ok "hallmark makes a key ($type)" with app-creator "$hallmark" key generate --type $type --kms "$(key_of made-$type)"
  ok "Microsoft's SDK finds it ($type)" with app-reader azure-vault get $vault made-$type
done
ok "hallmark signs with the key that it made" with app-signer "$hallmark" sign --key "$(key_of made-ecdsa-p521)" "$ref"
key_failure "a name that is taken is left alone" already-exists "already" with app-creator "$hallmark" key generate --kms "$(key_of release)"
key_failure "a deleted name is not free" pending-deletion "deleted, and its name not yet free" with app-creator "$hallmark" key generate --kms "$(key_of lost)"
key_failure "who may not create is told" access-denied "keys/create" with app-reader "$hallmark" key generate --kms "$(key_of fresh)"
ok "hallmark key inspect" with app-reader "$hallmark" key inspect "$(key_of release)"
for words in "ecdsa-p256" "Azure Key Vault $vault .public cloud., in software, enabled" "Recoverable.Purgeable" "/keys/release/$older"; do
  if grep -qE "$words" out; then pass "it shows: $words"; else fail "it shows: $words" "$(words_of out)"; fi
done

HALLMARK=$hallmark HALLMARK_PEERS=$peers unshare -rn bash "$interop/$test_name.sh" machine >machine.out 2>&1 || failures=$((failures + 1))
cat machine.out
grep -q '^ok ' machine.out || fail "a network of its own" "$(words_of machine.out)"
finish
