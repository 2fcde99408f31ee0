#!/bin/bash
# AWS KMS: a scripted service that the official SDK and cosign believe, and moto; each kind of key, each source of credentials, each
# failure.
. "$(dirname "$0")/lib/common.sh"
. "$interop/lib/registry.sh"
. "$interop/lib/cosign.sh"
. "$interop/lib/keys.sh"
needs cosign crane openssl jq python3 aws-kms
for variable in ${!AWS_*}; do unset "$variable"; done

declare secret_key other_secret session_token pod_token
secret secret_key; secret other_secret; secret session_token; secret pod_token
web_token=$(printf '{"alg":"none"}' | base64 -w0).$(openssl rand -hex 24).sig; mark "$web_token"
mkdir service late
jq -n --arg one "$secret_key" --arg two "$other_secret" --arg token "$session_token" --argjson now "$(date +%s)" '[
  {id: "AKIARELEASE", secret: $one, name: "release"},
  {id: "AKIAVERIFIER", secret: $two, name: "reader", denied: ["kms:Sign", "kms:CreateKey"]},
  {id: "AKIANOALIAS", secret: $one, denied: ["kms:CreateAlias"]},
  {id: "AKIANOBODY", secret: $one, denied: ["kms:GetPublicKey", "kms:DescribeKey"]},
  {id: "ASIAHOUR", secret: $one, token: $token, until: ($now + 3600)},
  {id: "ASIAPAST", secret: $one, token: $token, until: ($now - 60)}]' >service/users.json
cp service/users.json late/
printf %s "$web_token" >service/web-token   # without a line end: the SDK takes it for a part of the token
printf %s "$pod_token" >service/pod-token

make_service_ca
kms=kms.eu-north-1.amazonaws.com
service_certificate service "$kms" sts.eu-north-1.amazonaws.com kms.eu-west-1.amazonaws.com kms-fips.eu-north-1.amazonaws.com \
  vpce-1a-2b.kms.eu-north-1.vpce.amazonaws.com localhost
port=$(free_port); near=$(free_port); late=$(free_port)
start_script service.out "$port" python3 "$interop/lib/aws_kms_server.py" service "$port" service.pem service.key "$near"
start_script late.out "$late" python3 "$interop/lib/aws_kms_server.py" late "$late" service.pem service.key "$(free_port)" 7200
start_routes "$kms:443=$port" "sts.eu-north-1.amazonaws.com:443=$port" "kms.eu-west-1.amazonaws.com:443=$port" \
  "kms-fips.eu-north-1.amazonaws.com:443=$port" "vpce-1a-2b.kms.eu-north-1.vpce.amazonaws.com:443=$port"
start_registry ggcr
export HTTPS_PROXY=$route_proxy SSL_CERT_FILE=$work/ca.pem AWS_EC2_METADATA_DISABLED=true
export AWS_ACCESS_KEY_ID=AKIARELEASE AWS_SECRET_ACCESS_KEY=$secret_key AWS_REGION=eu-north-1
user() { env AWS_ACCESS_KEY_ID="$1" "${@:2}"; }
verifier() { user AKIAVERIFIER AWS_SECRET_ACCESS_KEY="$other_secret" "$@"; }
without_keys() { env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY "$@"; }
requests() { grep -c "^$1" service/requests.log; }

# --- the official client believes it
echo "a message" >message
for key in release:256 p384:384 p521:512 rsa2048:256 rsa4096:256; do
  name=${key%:*}
  aws-kms public-key "alias/$name" >"$name.pub" 2>out && aws-kms sign "alias/$name" message 2>made | base64 -d >signature
  ok "the SDK signs ($name)" openssl dgst "-sha${key#*:}" -verify "$name.pub" -signature signature message
done
aws-kms public-key alias/ed25519 >ed25519.pub 2>out && aws-kms sign alias/ed25519 message 2>made | base64 -d >signature
ok "the SDK signs (ed25519)" openssl pkeyutl -verify -rawin -pubin -inkey ed25519.pub -sigfile signature -in message
aws-kms describe alias/release >described 2>out || fail "the SDK describes a key" "$(words_of out)"
arn=$(awk '{print $3}' described)
ok "the SDK signs by ARN" aws-kms sign "$arn" message
ok "the SDK signs by a role (AssumeRoleWithWebIdentity)" without_keys AWS_WEB_IDENTITY_TOKEN_FILE=service/web-token \
  AWS_ROLE_ARN=arn:aws:iam::123456789012:role/release aws-kms sign alias/release message
ok "the SDK takes the instance's role" without_keys AWS_EC2_METADATA_DISABLED=false \
  AWS_EC2_METADATA_SERVICE_ENDPOINT="http://127.0.0.1:$near" aws-kms sign alias/release message
ok "the SDK takes a pod's credentials" without_keys AWS_CONTAINER_CREDENTIALS_FULL_URI="http://127.0.0.1:$near/v1/credentials" \
  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=service/pod-token aws-kms sign alias/release message
ok "the SDK makes a key" aws-kms create ECC_NIST_P256 alias/by-sdk
fails "the SDK: what would succeed" "^DryRunOperationException" aws-kms may-sign alias/release
while read -r key code; do
  fails "the SDK: $key is refused with $code" "^$code" aws-kms sign "alias/$key" message
done <<'TABLE'
nothing NotFoundException
disabled DisabledException
pending KMSInvalidStateException
importing KMSInvalidStateException
symmetric UnsupportedOperationException
unavailable KeyUnavailableException
internal KMSInternalException
throttled ThrottlingException
TABLE
printf %020d 0 >short; printf %032d 0 >whole
ok "the SDK: a digest of the right length" aws-kms sign-digest alias/release ECDSA_SHA_256 whole
fails "the SDK: a digest that is too short" "^ValidationException: Digest is invalid length" aws-kms sign-digest alias/release ECDSA_SHA_256 short
fails "the SDK: an algorithm of another key" "^InvalidKeyUsageException" aws-kms sign-digest alias/release ECDSA_SHA_384 whole
fails "the SDK: a wrong secret" "^InvalidSignatureException" env AWS_SECRET_ACCESS_KEY=wrong aws-kms sign alias/release message
fails "the SDK: an unknown key id" "^UnrecognizedClientException" user AKIAUNKNOWN aws-kms sign alias/release message
fails "the SDK: a token that is past" "^ExpiredTokenException" user ASIAPAST AWS_SESSION_TOKEN="$session_token" aws-kms sign alias/release message
fails "the SDK: a token that is missing" "^UnrecognizedClientException" user ASIAHOUR aws-kms sign alias/release message
fails "the SDK: no right to sign" "^AccessDeniedException" verifier aws-kms sign alias/release message
fails "the SDK: a key of another region" "^NotFoundException: Invalid arn" env AWS_REGION=eu-west-1 aws-kms sign "$arn" message
fails "the SDK: an alias that exists" "^AlreadyExistsException" aws-kms create ECC_NIST_P256 alias/by-sdk

# --- hallmark and cosign, each with the other, over every kind of key
for key in release:p256 p384:p384 p521:p521 rsa2048:rsa2048 rsa3072:rsa3072 rsa4096:rsa4096 ed25519:ed25519; do
  name=${key%:*}
  push_image "$registry/kms/$name:1"
  ref=$registry/kms/$name@$digest
  before=$(requests "kms Sign")
  ok "hallmark signs ($name)" "$hallmark" sign --key "awskms:///alias/$name" "$ref"
  ok "by one request ($name)" test $(($(requests "kms Sign") - before)) -eq 1
  "$hallmark" key public --key "awskms:///alias/$name" >"$name.pub" 2>out || fail "hallmark tells its public key ($name)" "$(words_of out)"
  ok "cosign verifies that by the public key ($name)" cosign_verify bundle "${key#*:}" "$name.pub" "$ref"
  ok "hallmark verifies that by the reference ($name)" verifier "$hallmark" verify --key "awskms:///alias/$name" "$ref"
done
push_image "$registry/kms/many:1"; first=$registry/kms/many@$digest
push_image "$registry/kms/many:2" two; second=$registry/kms/many@$digest
before=$(wc -l <service/requests.log)
ok "hallmark signs two images" "$hallmark" sign --key awskms:///alias/release "$first" "$second"
ok "one request for the key and one for each signature" test $(($(wc -l <service/requests.log) - before)) -eq 3

push_image "$registry/kms/cosign:1"
ref=$registry/kms/cosign@$digest
at=awskms://localhost:$port/alias/release
ok "cosign signs with the key" cosign_sign bundle "$at" "$ref"
ok "cosign verifies by the key's reference" cosign_verify bundle p256 "$at" "$ref"
ok "hallmark verifies what cosign signed, by the same reference" "$hallmark" verify --key "$at" "$ref"
ok "hallmark verifies what cosign signed, by the public key" "$hallmark" verify --key release.pub "$ref"
push_image "$registry/kms/simple:1"
ref=$registry/kms/simple@$digest
ok "hallmark signs in the older format, at an endpoint" "$hallmark" sign --format simple --key "$at" "$ref"
ok "cosign verifies that by the key's reference" cosign_verify simple p256 "$at" "$ref"
ok "cosign makes a key" cosign generate-key-pair --kms "awskms://localhost:$port/alias/by-cosign"
ok "hallmark signs with it" "$hallmark" sign --key "awskms://localhost:$port/alias/by-cosign" "$ref"
ok "hallmark makes a key" "$hallmark" key generate --kms awskms:///alias/team/by-hallmark
ok "cosign signs with it" cosign_sign bundle "awskms://localhost:$port/alias/team/by-hallmark" "$ref"
ok "an Ed25519 key too" "$hallmark" key generate --kms awskms:///alias/fast --type ed25519

# --- by every spelling, endpoint and source of credentials
for name in "$arn" "${arn##*/}" "${arn%%:key/*}:alias/release"; do
  ok "hallmark finds the key by $name" "$hallmark" sign --key "awskms:///$name" "$ref"
done
ok "an ARN needs no region" env -u AWS_REGION "$hallmark" sign --key "awskms:///$arn" "$ref"
ok "a VPC endpoint tells the region" env -u AWS_REGION "$hallmark" sign --key awskms://vpce-1a-2b.kms.eu-north-1.vpce.amazonaws.com/alias/release "$ref"
ok "FIPS" env AWS_USE_FIPS_ENDPOINT=true "$hallmark" sign --key awskms:///alias/release "$ref"
ok "that was the FIPS endpoint" grep -q "kms-fips.eu-north-1" routes.log
ok "AWS_ENDPOINT_URL_KMS" env AWS_ENDPOINT_URL_KMS="https://localhost:$port" "$hallmark" sign --key awskms:///alias/release "$ref"
ok "AWS_CA_BUNDLE" env -u SSL_CERT_FILE AWS_CA_BUNDLE="$work/ca.pem" "$hallmark" sign --key awskms:///alias/release "$ref"
ok "a session token" user ASIAHOUR AWS_SESSION_TOKEN="$session_token" "$hallmark" sign --key awskms:///alias/release "$ref"

role=arn:aws:iam::123456789012:role/release
mkdir -m 700 "$HOME/.aws"
cat >"$HOME/.aws/config" <<CONFIG
[profile release]
region = eu-north-1
[profile by-role]
role_arn = $role
source_profile = release
region = eu-north-1
[profile by-web]
role_arn = $role
web_identity_token_file = $work/service/web-token
region = eu-north-1
[profile by-tool]
credential_process = "$work/tool" release
region = eu-north-1
[profile by-instance]
role_arn = $role
credential_source = Ec2InstanceMetadata
ec2_metadata_service_endpoint = http://127.0.0.1:$near
[profile by-sso]
sso_session = corp
CONFIG
(umask 077; printf '[release]\naws_access_key_id = AKIARELEASE\naws_secret_access_key = %s\n' "$secret_key" >"$HOME/.aws/credentials")
cat >tool <<TOOL
#!/bin/sh
[ "\$1" = release ] || exit 1
echo '{"Version": 1, "AccessKeyId": "AKIARELEASE", "SecretAccessKey": "$secret_key"}'
TOOL
chmod 700 tool
for profile in release by-role by-web by-tool; do
  ok "the SDK finds the profile $profile" without_keys -u AWS_REGION AWS_PROFILE="$profile" aws-kms sign alias/release message
  ok "hallmark finds the profile $profile" without_keys -u AWS_REGION AWS_PROFILE="$profile" "$hallmark" sign --key awskms:///alias/release "$ref"
done
ok "hallmark assumes a role by the instance's" without_keys AWS_PROFILE=by-instance AWS_EC2_METADATA_DISABLED=false \
  "$hallmark" sign --key awskms:///alias/release "$ref"
web="AWS_WEB_IDENTITY_TOKEN_FILE=service/web-token"
ok "hallmark takes a web identity" without_keys "$web" AWS_ROLE_ARN=$role "$hallmark" sign --key awskms:///alias/release "$ref"
instance="AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:$near"
before=$(wc -l <service/requests.log)
ok "hallmark takes the instance's role and region" without_keys -u AWS_REGION -u AWS_EC2_METADATA_DISABLED "$instance" \
  "$hallmark" sign --key awskms:///alias/release "$first" "$second"
ok "it asked once" test $(($(wc -l <service/requests.log) - before)) -eq 8
pod="AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:$near/v1/credentials"
ok "hallmark takes a pod's credentials" without_keys "$pod" AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=service/pod-token \
  "$hallmark" sign --key awskms:///alias/release "$ref"
ok "a throttled service is waited for" "$hallmark" sign --key awskms:///alias/busy "$ref"
mapfile -t minted <service/minted; mark "${minted[@]}"

# --- what a key is, and who may do what
"$hallmark" key inspect -o json awskms:///alias/release >release.json 2>out || fail "hallmark inspects the key" "$(words_of out)"
ok "where it lives" jq -en 'input | .place == "AWS KMS in eu-north-1, account 123456789012" and .exportable == "no"' release.json
ok "who signs may sign" jq -en 'input | .rights[] | select(.action == "sign") | .held == "yes"' release.json
verifier "$hallmark" key inspect -o json awskms:///alias/release >verifier.json 2>out || fail "a verifier inspects" "$(words_of out)"
ok "a verifier may not" jq -en 'input | .rights[] | select(.action == "sign") | .held == "no"' verifier.json
ok "both were asked for without effect" test "$(requests "kms Sign alias/release dry ")" -eq 3   # the SDK's, and these two

# --- each failure
hallmark_sign() { key_failure "$1" "$2" "$3" "${@:5}" "$hallmark" sign --key "$4" "$ref"; }
while IFS='|' read -r key cause words; do
  hallmark_sign "a key that is $key: $cause" "$cause" "$words" "awskms:///alias/$key" env
done <<'TABLE'
nothing|not-found|there is no alias/nothing in eu-north-1.*set AWS_REGION
disabled|disabled|alias/disabled in eu-north-1 is disabled
pending|pending-deletion|is to be deleted.*cancel-key-deletion
importing|disabled|pending import
encrypt|wrong-key|is for ENCRYPT_DECRYPT, not for signing
bitcoin|wrong-key|ECC_SECG_P256K1
symmetric|wrong-key|SYMMETRIC_DEFAULT
unavailable|unreachable|not available
internal|unreachable|fails in itself
throttled|throttled|too many requests
other-key|wrong-answer|it signed with arn:
other-algorithm|wrong-answer|it signed with ECDSA_SHA_384
other-digest|wrong-answer|does not verify
other-signature|wrong-answer|does not verify
no-signature|malformed-answer|Signature: missing
huge|malformed-answer|bytes
redirect|malformed-answer|redirects
error-body|malformed-answer|missing
truncated|unreachable|.
html|malformed-answer|not as documented
gateway|unreachable|502
TABLE
there=awskms:///alias/release
hallmark_sign "a wrong secret" refused-credentials "signature of the request is wrong" $there env AWS_SECRET_ACCESS_KEY="$other_secret"
hallmark_sign "an unknown access key" refused-credentials "not known" $there user AKIAUNKNOWN
hallmark_sign "a token that is past" expired-credentials "have ended" $there user ASIAPAST AWS_SESSION_TOKEN="$session_token"
hallmark_sign "a token that is missing" refused-credentials "not known" $there user ASIAHOUR
hallmark_sign "no right to sign" access-denied "may not kms:Sign with alias/release in eu-north-1" $there verifier
hallmark_sign "no right to read" access-denied "may not kms:GetPublicKey" $there user AKIANOBODY
hallmark_sign "a key of another region" not-found "set AWS_REGION" $there env AWS_REGION=eu-west-1
hallmark_sign "an endpoint of another region" wrong-region "the key is in eu-north-1" "awskms://kms.eu-west-1.amazonaws.com/$arn" env
hallmark_sign "a clock that is behind" clock-skew "this machine's clock is (119 min|2 h 0 min) behind" "awskms://localhost:$late/alias/release" env
hallmark_sign "nobody there" unreachable "AWS KMS" "awskms://localhost:$(free_port)/alias/release" env
hallmark_sign "a CA that is not known" unreachable "AWS_CA_BUNDLE" "awskms://localhost:$port/alias/release" env -u SSL_CERT_FILE
hallmark_sign "a proxy that refuses" unreachable "." awskms:///alias/release env AWS_REGION=eu-south-1
hallmark_sign "no region" wrong-region "AWS_REGION and AWS_DEFAULT_REGION are not set" $there env -u AWS_REGION
hallmark_sign "no credentials" no-credentials "environment: AWS_ACCESS_KEY_ID is not set; web identity: .*; profile default: .*; container: .*; EC2 metadata service: switched off" \
  $there without_keys
hallmark_sign "a profile that is nowhere" no-credentials "the profile nowhere is not in" $there env AWS_PROFILE=nowhere
hallmark_sign "SSO" unsupported "export-credentials" $there without_keys AWS_PROFILE=by-sso
hallmark_sign "a metadata service that is not near" unsupported "neither a link-local address" $there \
  without_keys -u AWS_EC2_METADATA_DISABLED AWS_EC2_METADATA_SERVICE_ENDPOINT=http://metadata.example
hallmark_sign "a pod's token that is wrong" refused-credentials "AccessDeniedException" $there \
  without_keys "$pod" AWS_CONTAINER_AUTHORIZATION_TOKEN="$session_token"
hallmark_sign "a container service that is not near" unsupported "in plain HTTP" $there \
  without_keys AWS_CONTAINER_CREDENTIALS_FULL_URI=http://10.0.0.1/ AWS_CONTAINER_AUTHORIZATION_TOKEN="$pod_token"
echo "expired-$web_token" >past-token
hallmark_sign "a web identity that is past" expired-credentials "AWS STS" $there without_keys AWS_WEB_IDENTITY_TOKEN_FILE=past-token AWS_ROLE_ARN=$role
echo "$session_token" >other-token
hallmark_sign "a web identity that is not known" refused-credentials "web identity token is not accepted" $there \
  without_keys AWS_WEB_IDENTITY_TOKEN_FILE=other-token AWS_ROLE_ARN=$role
hallmark_sign "a role that may not be assumed" access-denied "sts:AssumeRoleWithWebIdentity on the role" $there \
  without_keys "$web" AWS_ROLE_ARN=arn:aws:iam::123456789012:role/admin
printf '[profile gone]\ncredential_process = /gone\n' >gone.config
hallmark_sign "a tool that is not there" no-credentials "gone is not there" $there \
  without_keys AWS_PROFILE=gone AWS_CONFIG_FILE=gone.config
key_failure "an alias that exists" already-exists "exists already" "$hallmark" key generate --kms awskms:///alias/release
key_failure "a key without a name" unsupported "by an alias" "$hallmark" key generate --kms "awskms:///$arn"
key_failure "a key that got no alias is named" access-denied "arn:aws:kms:eu-north-1:123456789012:key/[0-9a-f-]+ was made" \
  user AKIANOALIAS "$hallmark" key generate --kms awskms:///alias/no-alias
key_failure "no right to make a key" access-denied "kms:CreateKey" verifier "$hallmark" key generate --kms awskms:///alias/mine
key_failure "a reference that is none" not-found "awskms:///alias/NAME" "$hallmark" sign --key awskms:///release "$ref"

# --- moto: another's service, which signs digests wrongly and says so to nobody
if ! command -v moto_server >/dev/null; then skip "moto" "moto_server is not installed (tests/interop/peers/install.sh)"; finish; fi
moto_port=$(free_port)
start moto.log moto_server -H 127.0.0.1 -p "$moto_port"
eventually 60 curl -sf "http://127.0.0.1:$moto_port/moto-api/" || { fail "moto" "does not start: $(words_of moto.log)"; finish; }
export AWS_ENDPOINT_URL=http://127.0.0.1:$moto_port AWS_ACCESS_KEY_ID=AKIAMOTO
ok "moto: hallmark makes a key" "$hallmark" key generate --kms awskms:///alias/moto
ok "moto: the SDK finds it" aws-kms describe alias/moto
ok "moto: hallmark reads its public key" "$hallmark" key public --key awskms:///alias/moto
key_failure "moto: a digest that is hashed again is not published" wrong-answer "does not verify" "$hallmark" sign --key awskms:///alias/moto "$ref"
"$hallmark" key inspect awskms:///alias/moto >moto.text 2>out || fail "moto: hallmark inspects it" "$(words_of out)"
ok "moto: where it lives" grep -q "AWS KMS in eu-north-1, account 123456789012" moto.text
key_failure "moto: an alias that is not there" not-found "there is no alias/none" "$hallmark" sign --key awskms:///alias/none "$ref"
ok "moto: a role by STS, signed" without_keys AWS_PROFILE=by-role \
  "$hallmark" key public --key awskms:///alias/moto
finish
