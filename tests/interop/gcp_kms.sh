#!/bin/bash
# Google Cloud KMS: a scripted Google that Google's own client and cosign believe, then hallmark with every kind of credentials, key and
# failure. What hallmark signs cosign verifies, by public key and through the KMS, and the other way round.
# shellcheck disable=SC2154,SC2034
. "$(dirname "$0")/lib/common.sh"
. "$interop/lib/keys.sh"
. "$interop/lib/registry.sh"
. "$interop/lib/cosign.sh"
needs openssl python3 jq curl crane cosign gcp-kms

ring=projects/shop/locations/europe-north1/keyRings/release
version() { echo "$ring/cryptoKeys/$1/cryptoKeyVersions/${2:-1}"; }
ref() { echo "gcpkms://$(version "$@")"; }

# ---- A Google: keys, accounts and secrets are made here.
mkdir google
for each in p256 other p384; do
  curve=P-256; [ "$each" = p384 ] && curve=P-384
  openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$curve" -out "google/$each.pem" 2>/dev/null
done
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out google/rsa.pem 2>/dev/null
openssl genpkey -algorithm ED25519 -out google/ed25519.pem
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out sa.pem 2>/dev/null
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out stranger.pem 2>/dev/null
openssl pkey -in sa.pem -pubout -out google/sa.pub
mark ya29.hush- eyJhbGciOiJSUzI1Ni "$(sed -n 2p sa.pem)" "$(sed -n 5p sa.pem)" "$(sed -n 2p stranger.pem)"
secret user_token; secret client_secret; secret idp_token; secret idp_secret
echo "$user_token" >google/user.token; echo "$client_secret" >google/client.secret
secret aws_secret; secret aws_session; aws_session+='/+=='
jq -n --arg s "$aws_secret" --arg t "$aws_session" '[{id: "AKIASIGNER", secret: $s}, {id: "ASIASIGNER", secret: $s, token: $t}, {id: "AKIALATE", secret: $s}]' \
  >google/aws.users.json
echo "$idp_token" >google/idp.token; echo "$idp_secret" >google/idp.secret
make_service_ca
service_certificate service cloudkms.googleapis.com oauth2.googleapis.com sts.googleapis.com iamcredentials.googleapis.com idp.example
cp service.pem service.key google/
tls=$(free_port) metadata=$(free_port) imds=$(free_port)
start_script google.log "$tls" python3 "$interop/lib/gcp_kms_server.py" google "$tls" "$metadata" "$imds"
start_routes cloudkms.googleapis.com:443="$tls" oauth2.googleapis.com:443="$tls" sts.googleapis.com:443="$tls" \
  iamcredentials.googleapis.com:443="$tls" idp.example:443="$tls"
rest_proxy=$route_proxy
export HTTPS_PROXY=$rest_proxy SSL_CERT_FILE=$work/ca.pem

# account FILE NAME [KEY]: the credentials file of a service account.
account() {
  jq -n --arg mail "$2@shop.iam.gserviceaccount.com" --rawfile key "${3:-sa.pem}" '{type: "service_account", project_id: "shop",
    private_key_id: "key-1", private_key: $key, client_email: $mail, client_id: "1", token_uri: "https://oauth2.googleapis.com/token"}' >"$1"
}
for each in signer viewer admin nobody late short off; do account "$each.json" "$each"; done
account forged.json signer stranger.pem
account unknown.json who
jq '.quota_project_id = "denied-project"' signer.json >quota.json
jq -n --arg s "$client_secret" --arg t "$user_token" '{type: "authorized_user", client_id: "client-1", client_secret: $s, refresh_token: $t}' >user.json
jq '.refresh_token = "hush-old"' user.json >old-user.json; mark hush-old
external() { # FILE SOURCE [EMAIL]
  jq -n --argjson source "$2" --arg mail "${3:-}" '{type: "external_account", subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
    audience: "//iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/ci/providers/idp",
    token_url: "https://sts.googleapis.com/v1/token", credential_source: $source} + if $mail == "" then {} else
    {service_account_impersonation_url: "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/\($mail):generateAccessToken"} end' >"$1"
}
echo "$idp_token" >token; echo "stale.$idp_token" >stale; secret wrong_token; echo "$wrong_token" >wrong
cat >idp.sh <<'PROGRAM'
#!/bin/sh
echo "{\"version\": 1, \"success\": true, \"token_type\": \"$GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE\", \"id_token\": \"$(cat "$1")\"}"
PROGRAM
chmod 700 idp.sh
external file.json "{\"file\": \"$work/token\"}"
external url.json "{\"url\": \"https://idp.example/token?audience=google\", \"headers\": {\"Authorization\": \"bearer $idp_secret\"},
  \"format\": {\"type\": \"json\", \"subject_token_field_name\": \"value\"}}" signer@shop.iam.gserviceaccount.com
external program.json "{\"executable\": {\"command\": \"$work/idp.sh $work/token\", \"timeout_millis\": 5000}}"
external stale.json "{\"file\": \"$work/stale\"}"
external wrong.json "{\"file\": \"$work/wrong\"}"
external denied.json "{\"file\": \"$work/token\"}" nobody@shop.iam.gserviceaccount.com
aws() { # FILE SOURCE [PROVIDER] [EMAIL]
  external "$1" "{\"environment_id\": \"aws1\", \"regional_cred_verification_url\":
    \"https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15\" $2}" "${4:-}"
  jq --arg to "${3:-aws}" '.subject_token_type = "urn:ietf:params:aws:token-type:aws4_request" | .audience |= sub("/idp$"; "/" + $to)' "$1" >aws.new && mv aws.new "$1"
}
at=http://127.0.0.1:$imds/latest
machine=", \"region_url\": \"$at/meta-data/placement/availability-zone\", \"url\": \"$at/meta-data/iam/security-credentials\""
aws aws.json ''
aws aws-signer.json '' aws signer@shop.iam.gserviceaccount.com
aws aws-machine.json "$machine, \"imdsv2_session_token_url\": \"$at/api/token\""
aws aws-v1.json "$machine"
aws aws-far.json ', "url": "http://metadata.example/latest"'
jq '.credential_source.environment_id = "aws2"' aws.json >aws-2.json
jq '.credential_source.regional_cred_verification_url = "https://sts.attacker.example?Action=GetCallerIdentity&Version=2011-06-15"' aws.json >aws-sts.json
jq -n --slurpfile source user.json '{type: "impersonated_service_account", source_credentials: $source[0],
  service_account_impersonation_url: "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/signer@shop.iam.gserviceaccount.com:generateAccessToken"}' >impersonated.json
user_of_aws() { env AWS_ACCESS_KEY_ID="$1" AWS_SECRET_ACCESS_KEY="$aws_secret" AWS_REGION=eu-north-1 "${@:2}"; } # ID [NAME=VALUE…] COMMAND…
as() { export GOOGLE_APPLICATION_CREDENTIALS=$work/$1.json; }

# ---- Google's own client believes it, in success and in each failure.
as signer
for key in p256 p384 ed25519 rsa pss; do
  ok "google's client signs with $key and verifies" gcp-kms sign "$(version $key)"
done
ok "google's client lists the enabled versions over all pages" gcp-kms list "$ring/cryptoKeys/rotated"
[ "$(grep -c ENABLED out)" -eq 10 ] || fail "google's client lists the enabled versions over all pages" "$(words_of out)"
ok "google's client asks for permissions" gcp-kms permissions "$ring/cryptoKeys/p256" cloudkms.cryptoKeyVersions.useToSign cloudkms.cryptoKeyVersions.destroy
[ "$(cat out)" = cloudkms.cryptoKeyVersions.useToSign ] || fail "google's client asks for permissions" "$(words_of out)"
for each in user url file impersonated; do
  as $each; ok "google's client logs in by $each.json" gcp-kms sign "$(version p256)"
done
as program
GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1 ok "google's client logs in by program.json" gcp-kms sign "$(version p256)"
unset GOOGLE_APPLICATION_CREDENTIALS
GCE_METADATA_HOST=127.0.0.1:$metadata ok "google's client logs in at the metadata server" gcp-kms sign "$(version p256)"
as signer
for state in 1:DISABLED 2:DESTROY_SCHEDULED 3:DESTROYED 4:PENDING_GENERATION; do
  fails "google's client is told ${state#*:}" "FAILED_PRECONDITION KEY_${state#*:}: " gcp-kms sign "$(version states "${state%:*}")"
done
fails "google's client is told of no such key" '^gcp-kms: NOT_FOUND' gcp-kms sign "$(version none)"
fails "google's client is told of another location" 'NOT_FOUND .*concerns location' gcp-kms sign "projects/shop/locations/mars/keyRings/release/cryptoKeys/p256/cryptoKeyVersions/1"
fails "google's client may not send a digest of another length" 'INVALID_ARGUMENT .*Digest length' gcp-kms digest "$(version p256)" sha256 00ff
fails "google's client may not send another hash" 'INVALID_ARGUMENT .*Digest type' gcp-kms digest "$(version p256)" sha384 "$(printf '%096d' 0)"
fails "google's client may not send data for a digest" 'INVALID_ARGUMENT' gcp-kms digest "$(version p256)" data 00
fails "google's client may not send a wrong checksum" 'INVALID_ARGUMENT .*checksum' gcp-kms digest "$(version p256)" sha256 "$(printf '%064d' 0)" 1
for each in lie-checksum lie-name lie-verified; do
  fails "google's client sees $each" 'WRONG: the answer' gcp-kms sign "$(version $each)"
done
fails "google's client sees lie-signature" 'WRONG: the signature' gcp-kms sign "$(version lie-signature)"
as nobody; fails "google's client is denied" 'PERMISSION_DENIED IAM_PERMISSION_DENIED: .*viewPublicKey' gcp-kms sign "$(version p256)"
as viewer; fails "google's client may look and not sign" 'PERMISSION_DENIED IAM_PERMISSION_DENIED: .*useToSign' gcp-kms sign "$(version p256)"
as off; fails "google's client is told that the API is off" 'PERMISSION_DENIED SERVICE_DISABLED' gcp-kms sign "$(version p256)"
as quota; GOOGLE_CLOUD_QUOTA_PROJECT=denied-project fails "google's client is told of the quota project" 'USER_PROJECT_DENIED' gcp-kms sign "$(version p256)"
as forged; fails "google's client with a forged key" 'Invalid JWT Signature' gcp-kms sign "$(version p256)"
as late; fails "google's client with a clock that is off" 'short-lived token' gcp-kms sign "$(version p256)"
as old-user; fails "google's client with an old login" 'expired or revoked' gcp-kms sign "$(version p256)"
as stale; fails "google's client with a stale token" 'stale to sign-in' gcp-kms sign "$(version p256)"
as denied; fails "google's client may not impersonate" 'getAccessToken' gcp-kms sign "$(version p256)"
# AWS as the source: what Google would send on to AWS is checked as AWS checks it.
for each in aws aws-signer; do
  as $each; ok "google's client logs in by $each.json" user_of_aws AKIASIGNER gcp-kms sign "$(version p256)"
done
ok "google's client logs in by temporary credentials of AWS" user_of_aws ASIASIGNER AWS_SESSION_TOKEN="$aws_session" gcp-kms sign "$(version p256)"
as aws-machine; ok "google's client logs in by the role of a machine at AWS" gcp-kms sign "$(version p256)"
as aws-v1; fails "google's client without a session for IMDSv2" 'unable to retrieve AWS role' gcp-kms sign "$(version p256)"
as aws
fails "google's client with a wrong secret of AWS" 'SignatureDoesNotMatch: The request' user_of_aws AKIASIGNER AWS_SECRET_ACCESS_KEY="$wrong_token" gcp-kms sign "$(version p256)"
fails "google's client with an unknown access key" InvalidClientTokenId user_of_aws AKIANOBODY gcp-kms sign "$(version p256)"
fails "google's client with a wrong session token" InvalidClientTokenId user_of_aws ASIASIGNER AWS_SESSION_TOKEN="$wrong_token" gcp-kms sign "$(version p256)"
fails "google's client with a signature that is too old" 'Signature expired' user_of_aws AKIALATE gcp-kms sign "$(version p256)"
as aws-2; fails "google's client knows aws1 alone" "aws version '2'" user_of_aws AKIASIGNER gcp-kms sign "$(version p256)"
as admin
ok "google's client makes a key" gcp-kms create "$ring" made-by-google EC_SIGN_P256_SHA256
fails "google's client makes no key twice" 'ALREADY_EXISTS' gcp-kms create "$ring" made-by-google EC_SIGN_P256_SHA256

# ---- Images to sign.
start_registry ggcr
image() { push_image "$registry/$1:1" "$1"; image=$registry/$1@$digest; } # NAME: a new image; sets $image
public() { openssl pkey -in "google/$1.pem" -pubout -out "$1.pub" 2>/dev/null; }
for each in p256 p384 rsa ed25519 other; do public $each; done

# ---- hallmark signs; everyone verifies.
as signer
for key in p256 p384 rsa ed25519; do
  image "h-$key"
  : >google/requests.log
  ok "hallmark signs with $key" "$hallmark" sign --key "$(ref $key)" "$image"
  ok "hallmark verifies $key by its public key" "$hallmark" verify --key "$key.pub" "$image"
  ok "hallmark verifies $key through the KMS" "$hallmark" verify --key "$(ref $key)" "$image"
  ok "cosign verifies $key by its public key" cosign_verify bundle "$key" "$key.pub" "$image"
done
image one; : >google/requests.log
ok "hallmark signs in one request, after one for the key and one for the login" "$hallmark" sign --key "$(ref p256)" "$image"
asked=$(cut -d' ' -f1,2 google/requests.log | sort | uniq -c | tr -s ' \n' ' ')
[ "$asked" = " 1 GET cloudkms.googleapis.com 1 POST cloudkms.googleapis.com 1 POST oauth2.googleapis.com " ] ||
  fail "hallmark signs in one request, after one for the key and one for the login" "$asked"
image simple
ok "hallmark signs in the older format" "$hallmark" sign --format simple --key "$(ref p256)" "$image"
ok "cosign verifies the older format" cosign_verify simple p256 p256.pub "$image"
image pss
ok "hallmark signs with pss" "$hallmark" sign --key "$(ref pss)" "$image"
ok "the public key of pss says that it is one" sh -c "'$hallmark' key public --key '$(ref pss)' >pss.pub && openssl asn1parse -in pss.pub | grep -q rsassaPss"
ok "hallmark verifies pss by its public key" "$hallmark" verify --key pss.pub "$image"
outcome "hallmark does not take pss for the plain key" 12 'another key' "$hallmark" verify --key rsa.pub "$image"
image rotated
ok "hallmark signs with the newest version that is enabled" "$hallmark" sign --key "gcpkms://$ring/cryptoKeys/rotated" "$image"
ok "which is number 10" "$hallmark" verify --key p256.pub "$image"
image short-form
ok "hallmark takes /versions/ for /cryptoKeyVersions/" "$hallmark" sign --key "gcpkms://$ring/cryptoKeys/p256/versions/1" "$image"

# ---- Every kind of credentials.
for each in user file url impersonated; do
  as $each; image "as-$each"; ok "hallmark logs in by $each.json" "$hallmark" sign --key "$(ref p256)" "$image"
done
as program; image as-program
GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1 ok "hallmark logs in by program.json" "$hallmark" sign --key "$(ref p256)" "$image"
for each in aws aws-signer; do
  as $each; image "as-$each"; ok "hallmark logs in by $each.json" user_of_aws AKIASIGNER "$hallmark" sign --key "$(ref p256)" "$image"
done
ok "hallmark verifies through the KMS by AWS's credentials" user_of_aws AKIASIGNER "$hallmark" verify --key "$(ref p256)" "$image"
image as-aws-session
ok "hallmark logs in by temporary credentials of AWS" user_of_aws ASIASIGNER AWS_SESSION_TOKEN="$aws_session" "$hallmark" sign --key "$(ref p256)" "$image"
as aws-machine; image as-aws-machine; : >google/imds.log
ok "hallmark logs in by the role of a machine at AWS" "$hallmark" sign --key "$(ref p256)" "$image"
[ "$(wc -l <google/imds.log)" -eq 4 ] || fail "hallmark asks AWS's metadata service four things" "$(words_of google/imds.log)"
ok "hallmark verifies what a machine at AWS signed" "$hallmark" verify --key p256.pub "$image"
grep -q "127.0.0.1:$imds" routes.log && fail "AWS's metadata is never asked for through a proxy" "$(words_of routes.log)"
# exchange PROVIDER: the token that AWS's machine just used, presented once more.
exchange() {
  curl -s --proxy "$rest_proxy" --cacert ca.pem https://sts.googleapis.com/v1/token --data-urlencode subject_token@google/subject.token \
    -d grant_type=urn:ietf:params:oauth:grant-type:token-exchange -d requested_token_type=urn:ietf:params:oauth:token-type:access_token \
    -d subject_token_type=urn:ietf:params:aws:token-type:aws4_request --data-urlencode scope=https://www.googleapis.com/auth/cloud-platform \
    --data-urlencode "audience=//iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/ci/providers/$1" | tee out
}
exchange aws | jq -e .access_token >/dev/null && exchange aws-other | grep -q 'InvalidTarget: x-goog-cloud-target-resource is for .*providers/aws,' &&
  pass "hallmark's token of AWS is for its own provider alone" || fail "hallmark's token of AWS is for its own provider alone" "$(words_of out)"
unset GOOGLE_APPLICATION_CREDENTIALS
mkdir -p "$HOME/.config/gcloud"; cp user.json "$HOME/.config/gcloud/application_default_credentials.json"
image as-gcloud; ok "hallmark logs in by gcloud's file" "$hallmark" sign --key "$(ref p256)" "$image"
rm "$HOME/.config/gcloud/application_default_credentials.json"
mkdir sdk; cp user.json sdk/application_default_credentials.json
CLOUDSDK_CONFIG=$work/sdk ok "hallmark logs in by gcloud's file elsewhere" "$hallmark" key public --key "$(ref p256)"
image as-machine
GCE_METADATA_HOST=127.0.0.1:$metadata ok "hallmark logs in at the metadata server" "$hallmark" sign --key "$(ref p256)" "$image"
grep -q 169.254 routes.log && fail "metadata is never asked for through a proxy" "$(words_of routes.log)"

# ---- What a key is, and making one.
as signer
ok "hallmark inspects a key" "$hallmark" key inspect "$(ref p256)" -o json
jq -e '.exportable == "no"' out >/dev/null || fail "hallmark inspects a key" "$(words_of out)"
as admin
ok "hallmark makes a key" "$hallmark" key generate --kms "gcpkms://$ring/cryptoKeys/made" --type ecdsa-p256
image made; ok "and signs with it" "$hallmark" sign --key "gcpkms://$ring/cryptoKeys/made" "$image"
key_failure "but not twice" already-exists 'exists already' "$hallmark" key generate --kms "gcpkms://$ring/cryptoKeys/made" --type ecdsa-p256
key_failure "nor in a ring that is not there" not-found 'gcloud kms keyrings create nowhere' \
  "$hallmark" key generate --kms gcpkms://projects/shop/locations/global/keyRings/nowhere/cryptoKeys/k --type ecdsa-p256

# ---- Each failure is its own.
image failing
as signer
sign() { "$hallmark" sign --key "$1" "$image" "${@:2}"; }
key_failure "disabled" disabled 'is disabled' sign "$(ref states 1)"
key_failure "scheduled for destruction" pending-deletion 'scheduled for destruction' sign "$(ref states 2)"
key_failure "destroyed" pending-deletion 'is destroyed' sign "$(ref states 3)"
key_failure "not yet generated" disabled 'not yet usable' sign "$(ref states 4)"
key_failure "disabled since it was opened" disabled 'is disabled' sign "$(ref gone-disabled)"
key_failure "no enabled version" disabled 'no version that is enabled' sign "gcpkms://$ring/cryptoKeys/empty"
key_failure "no such key" not-found 'does not exist' sign "$(ref none)"
key_failure "no such version" not-found 'does not exist' sign "$(ref p256 9)"
key_failure "another location" wrong-region 'location' sign gcpkms://projects/shop/locations/mars/keyRings/release/cryptoKeys/p256/versions/1
key_failure "a decryption key" wrong-key 'RSA_DECRYPT_OAEP_2048_SHA256' sign "$(ref decrypt)"
key_failure "a key with SHA-512" wrong-key 'RSA_SIGN_PKCS1_4096_SHA512' sign "$(ref rsa512)"
key_failure "a malformed reference" not-found 'projects/PROJECT/locations' sign gcpkms://projects/shop/p256
key_failure "throttled" throttled 'Google Cloud KMS' sign "$(ref busy)"
key_failure "an internal error" unreachable 'status 500' sign "$(ref broken)"
key_failure "another key's answer" wrong-answer 'asked was' sign "$(ref lie-name)"
key_failure "another key's public key" wrong-answer 'rsa-2048' sign "$(ref lie-key)"
key_failure "another algorithm" wrong-key 'RSA_DECRYPT' sign "$(ref lie-algorithm)"
key_failure "another key's signature" wrong-answer 'does not verify' sign "$(ref lie-signature)"
key_failure "a damaged signature" wrong-answer 'checksum' sign "$(ref lie-checksum)"
key_failure "a digest that was not checked" wrong-answer 'verifiedDigestCrc32c' sign "$(ref lie-verified)"
key_failure "success with an error in it" wrong-answer 'says success' sign "$(ref lie-error)"
key_failure "a redirect" malformed-answer 'redirects' sign "$(ref lie-redirect)"
key_failure "an answer of 2 MiB" malformed-answer 'Google Cloud KMS' sign "$(ref lie-huge)"
key_failure "a captive portal" malformed-answer 'Google Cloud KMS' sign "$(ref lie-html)"
key_failure "the token said back" access-denied 'no access with Bearer \*\*\*' sign "$(ref echo)"
as nobody; key_failure "denied to look" access-denied 'nobody@shop.* viewPublicKey|viewPublicKey on projects/shop/' sign "$(ref p256)"
as viewer; key_failure "denied to sign" access-denied 'cloudkms.cryptoKeyVersions.useToSign on projects/shop/.*/p256/.*roles/cloudkms.signer' sign "$(ref p256)"
as off; key_failure "the API is off" access-denied 'gcloud services enable' sign "$(ref p256)"
as quota; key_failure "the quota project" access-denied 'serviceusage.services.use' sign "$(ref p256)"
as forged; key_failure "a forged service account" refused-credentials 'signer@shop.* is refused' sign "$(ref p256)"
as unknown; key_failure "an unknown service account" refused-credentials 'account not found' sign "$(ref p256)"
as late; key_failure "a clock that is off" clock-skew 'clock is (120 min|2 h 0 min|1 h 59 min|119 min) behind' sign "$(ref p256)"
as old-user; key_failure "an old login" expired-credentials 'expired or was revoked' sign "$(ref p256)"
as stale; key_failure "a stale token" expired-credentials 'has expired' sign "$(ref p256)"
as wrong; key_failure "another provider's token" refused-credentials 'issuer, audience and claims' sign "$(ref p256)"
as denied; key_failure "impersonation denied" access-denied 'iam.serviceAccounts.getAccessToken on nobody@shop' sign "$(ref p256)"
as program; key_failure "a program that is not allowed" no-credentials 'ALLOW_EXECUTABLES=1' sign "$(ref p256)"
as aws
key_failure "a wrong secret of AWS" refused-credentials 'AWS account and role' user_of_aws AKIASIGNER AWS_SECRET_ACCESS_KEY="$wrong_token" "$hallmark" sign --key "$(ref p256)" "$image"
key_failure "an unknown access key of AWS" refused-credentials InvalidClientTokenId user_of_aws AKIANOBODY "$hallmark" sign --key "$(ref p256)" "$image"
key_failure "a wrong session token of AWS, said back" refused-credentials InvalidClientTokenId \
  user_of_aws ASIASIGNER AWS_SESSION_TOKEN="$wrong_token" "$hallmark" sign --key "$(ref p256)" "$image"
grep -qE 'Signature=[0-9a-f]{12}' out.json out.text && fail "the signature for AWS is not shown" "$(words_of out.json)"
key_failure "a signature that is too old" clock-skew 'clock is .* behind' user_of_aws AKIALATE "$hallmark" sign --key "$(ref p256)" "$image"
key_failure "no access key of AWS" no-credentials 'AWS_ACCESS_KEY_ID is not set; the credential_source has no url' sign "$(ref p256)"
as aws-machine; export AWS_EC2_METADATA_DISABLED=true
key_failure "AWS's metadata service is switched off" no-credentials AWS_EC2_METADATA_DISABLED sign "$(ref p256)"
unset AWS_EC2_METADATA_DISABLED
jq --arg to "http://127.0.0.1:$(free_port)/latest" '.credential_source.imdsv2_session_token_url = $to' aws-machine.json >aws-silent.json
as aws-silent; key_failure "AWS's metadata service does not answer" unreachable 'AWS_ACCESS_KEY_ID is not set.*hop limit' sign "$(ref p256)"
as aws-v1; key_failure "a machine that wants IMDSv2" refused-credentials enable-imdsv2 sign "$(ref p256)"
as aws-far; key_failure "AWS's metadata service is not near" no-credentials 'url is no metadata service near by' sign "$(ref p256)"
as aws-sts; key_failure "an STS that is not AWS's" no-credentials 'no GetCallerIdentity of AWS STS' user_of_aws AKIASIGNER "$hallmark" sign --key "$(ref p256)" "$image"
as aws-2; key_failure "another version of AWS's" unsupported 'environment_id aws2 is not supported' sign "$(ref p256)"
as missing; key_failure "a file that is not there" no-credentials 'missing.json' sign "$(ref p256)"
echo '{"type": "external_account"' >torn.json
as torn; key_failure "a file that is torn" no-credentials 'torn.json' sign "$(ref p256)"
unset GOOGLE_APPLICATION_CREDENTIALS
GCE_METADATA_HOST=127.0.0.1:$(free_port) key_failure "nothing found" no-credentials \
  'GOOGLE_APPLICATION_CREDENTIALS is not set; .*application_default_credentials.json is not there; .*metadata server' sign "$(ref p256)"
GCE_METADATA_HOST=metadata.example key_failure "a metadata server that is not near" no-credentials 'no address near by' sign "$(ref p256)"
as signer
HTTPS_PROXY=http://127.0.0.1:$(free_port) key_failure "no proxy" unreachable 'token server' sign "$(ref p256)"
SSL_CERT_FILE=$work/empty key_failure "a certificate of nobody" unreachable 'token server' sign "$(ref p256)"
outcome "nothing was published" 10 'no signature|unsigned' "$hallmark" verify --key p256.pub "$image"

# ---- cosign signs and verifies through it, over gRPC, which its library alone speaks.
bridge=$(free_port)
start_script bridge.log "$bridge" gcp-kms bridge "$bridge" service.pem service.key
start_routes cloudkms.googleapis.com:443="$bridge" oauth2.googleapis.com:443="$tls"
cosign_proxy=$route_proxy
by_cosign() { HTTPS_PROXY=$cosign_proxy "$@"; } # COMMAND…
for key in p256 p384 rsa; do
  image "c-$key"
  ok "cosign signs with $key through the KMS" by_cosign cosign_sign bundle "$(ref $key)" "$image"
  ok "hallmark verifies what cosign signed with $key" "$hallmark" verify --key "$key.pub" "$image"
  ok "cosign verifies what it signed with $key" by_cosign cosign_verify bundle "$key" "$(ref $key)" "$image"
done
image "hc"
ok "hallmark signs for cosign" "$hallmark" sign --key "$(ref p256)" "$image"
ok "cosign verifies it through the KMS" by_cosign cosign_verify bundle p256 "$(ref p256)" "$image"
image rotated-by-cosign
ok "cosign signs with the newest version" by_cosign cosign_sign bundle "gcpkms://$ring/cryptoKeys/rotated" "$image"
ok "which is hallmark's newest, too" "$hallmark" verify --key p256.pub "$image"
image pss-by-hallmark
ok "hallmark signs with pss for cosign" "$hallmark" sign --key "$(ref pss)" "$image"
ok "cosign verifies pss through the KMS" by_cosign cosign_verify bundle pss "$(ref pss)" "$image"
image pss-by-cosign
ok "cosign signs with pss through the KMS" by_cosign cosign_sign bundle "$(ref pss)" "$image"
ok "cosign verifies what it signed with pss" by_cosign cosign_verify bundle pss "$(ref pss)" "$image"
ok "hallmark verifies what cosign signed with pss" "$hallmark" verify --key pss.pub "$image"
fails "cosign cannot read the public key of pss" 'unknown public key algorithm' cosign_verify bundle pss pss.pub "$image"
fails "cosign has no Ed25519 in this KMS" 'unknown algorithm' by_cosign cosign_sign bundle "$(ref ed25519)" "$image"
finish
