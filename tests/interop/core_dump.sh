#!/bin/bash
# hallmark is killed while it waits for a key service with secrets in its hands: no core file, and nothing of them in what /proc shows of
# its command line and environment.
. "$(dirname "$0")/lib/common.sh"
. "$interop/lib/keys.sh"
needs openssl python3 jq

make_service_ca
service_certificate silent 127.0.0.1
plain_port=$(free_port)
tls_port=$(free_port)
tpm_port=$(two_ports)
start_script plain.out "$plain_port" python3 "$interop/lib/silent_server.py" "$plain_port" plain.log
start_script tpm.out "$tpm_port" python3 "$interop/lib/silent_server.py" "$tpm_port" tpm.log
start_script control.out $((tpm_port + 1)) python3 "$interop/lib/silent_server.py" $((tpm_port + 1)) tpm.log
start_script tls.out "$tls_port" python3 "$interop/lib/silent_server.py" "$tls_port" tls.log silent.pem silent.key

for name in vault_token aws_secret aws_session azure_secret google_token google_secret bearer password; do secret "$name"; done
# shellcheck disable=SC2154 # set by secret
export VAULT_TOKEN=$vault_token AWS_ACCESS_KEY_ID=AKIDTEST AWS_SECRET_ACCESS_KEY=$aws_secret AWS_SESSION_TOKEN=$aws_session AWS_REGION=eu-north-1 \
  AZURE_CLIENT_SECRET=$azure_secret HALLMARK_PASSWORD=$password COSIGN_PASSWORD=$password
export VAULT_ADDR=http://127.0.0.1:$plain_port AWS_ENDPOINT_URL=http://127.0.0.1:$plain_port AWS_EC2_METADATA_DISABLED=true
# shellcheck disable=SC2154
(umask 077; jq -n --arg s "https://127.0.0.1:$tls_port" --rawfile ca ca.pem --arg t "$bearer" '{"current-context": "x",
  contexts: [{name: "x", context: {cluster: "c", user: "u"}}], users: [{name: "u", user: {token: $t}}],
  clusters: [{name: "c", cluster: {server: $s, "certificate-authority-data": ($ca | @base64)}}]}' >kubeconfig)
export KUBECONFIG=$work/kubeconfig
# Google and Azure have https names only: a proxy that never answers is what they wait for.
export HTTPS_PROXY=http://127.0.0.1:$plain_port NO_PROXY=127.0.0.1 AZURE_TENANT_ID=5f3a8f0e-9f6e-4c39-8a55-0d3f3b0f6f11 \
  AZURE_CLIENT_ID=5f3a8f0e-9f6e-4c39-8a55-0d3f3b0f6f12 GOOGLE_APPLICATION_CREDENTIALS=$work/google.json
# shellcheck disable=SC2154
(umask 077; jq -n --arg t "$google_token" --arg s "$google_secret" \
  '{type: "authorized_user", client_id: "c", client_secret: $s, refresh_token: $t}' >google.json)

# Where a core file would land: one that is dumped on purpose must be found, or none that is missing proves anything.
mkdir cores && cd cores || exit 1
ulimit -c unlimited 2>/dev/null
(bash -c 'kill -SEGV $$'; true) >/dev/null 2>&1
if ! compgen -G 'core*' >/dev/null; then
  skip "no core file" "the system dumps none into the working directory here (kernel.core_pattern, ulimit -c)"
  dumps=no
else
  dumps=yes
fi
rm -f core*

# dies NAME SIGNAL LOG REFERENCE: asks for the key, waits until the service was asked, looks, kills, and looks again.
dies() {
  local name=$1 signal=$2 log=$3 reference=$4 before after code=0
  before=$(wc -l <"$work/$log")
  start "$work/victim.log" "$hallmark" key public --key "$reference" --timeout 30s
  after=$started
  if ! eventually 15 sh -c "[ \$(wc -l <'$work/$log') -gt $before ]"; then
    fail "$name" "the service was not asked: $(words_of "$work/victim.log")"
    kill "$after" 2>/dev/null
    return
  fi
  tr '\0' '\n' <"/proc/$after/cmdline" >"$work/seen"
  # As another process of the same user would read it: one that cannot be dumped shows it to root alone.
  tr '\0' '\n' <"/proc/$after/environ" >>"$work/seen" 2>/dev/null
  if ! no_secret_in "$work/seen" >/dev/null; then fail "$name" "/proc shows a secret"
  elif [ "$(id -u)" -eq 0 ] && ! grep -q AWS_REGION=eu-north-1 "$work/seen"; then fail "$name" "/proc shows no environment to look into"
  else pass "$name: /proc shows no secret"; fi
  kill "-$signal" "$after"
  wait "$after" 2>/dev/null || code=$?
  if [ "$code" -ne $((128 + $(kill -l "$signal"))) ]; then fail "$name" "ended with $code"
  elif compgen -G 'core*' >/dev/null; then fail "$name" "left a core file"; rm -f core*
  elif ! no_secret_in "$work/victim.log" >/dev/null; then fail "$name" "printed a secret"
  elif [ "$dumps" = yes ]; then pass "$name: no core file"
  fi
}

for signal in SEGV ABRT BUS; do
  dies "vault, $signal" "$signal" plain.log hashivault://release
  dies "aws, $signal" "$signal" plain.log awskms:///alias/release
  dies "azure, $signal" "$signal" plain.log azurekms://acme.vault.azure.net/release
  dies "google, $signal" "$signal" plain.log gcpkms://projects/p/locations/l/keyRings/r/cryptoKeys/release/versions/1
  dies "tpm, $signal" "$signal" tpm.log "tpm:handle=0x81000001?tcti=swtpm:host=127.0.0.1,port=$tpm_port"
  dies "kubernetes, $signal" "$signal" tls.log k8s://ci/release-key
done
finish
