#!/bin/bash
# Registries behind TLS, over HTTP/1.1 and HTTP/2: a private CA named by flag, docker's certs.d or containerd's hosts.toml; client
# certificates; mirrors; and every certificate that must not be believed.
. "$(dirname "$0")/lib/common.sh"
. "$interop/lib/registry.sh"
. "$interop/lib/cosign.sh"
. "$interop/lib/nginx.sh"
needs crane openssl cosign nginx

make_key p256 key
make_ca ca
make_ca client-ca
make_certificate server ca IP:127.0.0.1,DNS:localhost
make_certificate client client-ca DNS:client
start_registry docker; upstream=$registry
push_image "$upstream/shop/api:1"
"$hallmark" sign --key key.pem "$upstream/shop/api@$digest" >out 2>&1 || fail "hallmark sign" "$(words_of out)"

verify() { "$hallmark" verify --key key.pub "$@" "$nginx/shop/api@$digest"; }

# hosts_toml DIR HOST LINE…: containerd's file for a host
hosts_toml() { local folder=$1/$2; shift 2; rm -rf "$folder"; mkdir -p "$folder"; printf '%s\n' "$@" >"$folder/hosts.toml"; }

private_ca() { # "HTTP/1.1" or "HTTP/2.0"
  local says=$1
  outcome "a CA nobody named: unreachable ($says)" 20 "registry-ca" verify --tls
  ok "--registry-ca ($says)" verify --registry-ca ca.crt
  ok "it was $says" grep -q "GET 200 $says" "$nginx_log"
  ok "sign ($says)" "$hallmark" sign --key key.pem --format simple --registry-ca ca.crt "$nginx/shop/api@$digest"
  ok "cosign verifies that ($says)" cosign_verify simple p256 key.pub "$nginx/shop/api@$digest" --registry-cacert ca.crt
  ok "SSL_CERT_FILE ($says)" env SSL_CERT_FILE="$work/ca.crt" "$hallmark" verify --tls --key key.pub "$nginx/shop/api@$digest"
  mkdir -p "$HOME/.docker/certs.d/$nginx"; cp ca.crt "$HOME/.docker/certs.d/$nginx/ca.crt"
  ok "docker's certs.d ($says)" verify
  rm -r "$HOME/.docker/certs.d"
  hosts_toml hosts "$nginx" "[host.\"https://$nginx\"]" "  ca = \"$work/ca.crt\""
  ok "containerd's hosts.toml ($says)" verify --certs-dir hosts
  hosts_toml hosts "$nginx" "[host.\"https://$nginx\"]" "  skip_verify = true"
  ok "skip_verify where hosts.toml says so ($says)" verify --certs-dir hosts
  outcome "and only for that host ($says)" 20 "" "$hallmark" verify --tls --certs-dir hosts --key key.pub "localhost:${nginx##*:}/shop/api@$digest"
}

client_certificates() {
  local says=$1
  outcome "no client certificate: refused ($says)" 20 "certificate" verify --registry-ca ca.crt
  ok "--registry-client-cert ($says)" verify --registry-ca ca.crt --registry-client-cert client.crt --registry-client-key client.key
  mkdir -p "$HOME/.docker/certs.d/$nginx"
  cp ca.crt "$HOME/.docker/certs.d/$nginx/ca.crt"
  cp client.crt "$HOME/.docker/certs.d/$nginx/client.cert"; cp client.key "$HOME/.docker/certs.d/$nginx/client.key"
  ok "docker's certs.d with a client certificate ($says)" verify
  rm -r "$HOME/.docker/certs.d"
  hosts_toml hosts "$nginx" "[host.\"https://$nginx\"]" "  ca = \"$work/ca.crt\"" "  client = [[\"$work/client.crt\", \"$work/client.key\"]]"
  ok "hosts.toml with a client certificate ($says)" verify --certs-dir hosts
}

for protocol in HTTP/1.1 HTTP/2.0; do
  [ $protocol = HTTP/2.0 ] && http=" http2" || http=
  tls="server$http" start_nginx "$upstream"
  private_ca $protocol
  tls="server$http" start_nginx "$upstream" "ssl_client_certificate $work/client-ca.crt; ssl_verify_client on;"
  client_certificates $protocol
done

mirrors() {
  tls=server start_nginx "$upstream"; local mirror=$nginx
  nginx=127.0.0.1:1   # nothing is there
  hosts_toml hosts "$nginx" "server = \"https://$nginx\"" "[host.\"https://$mirror\"]" '  capabilities = ["pull", "resolve"]' "  ca = \"$work/ca.crt\""
  ok "a mirror answers for a registry that is gone" verify --certs-dir hosts
  outcome "nothing is written to a mirror" 20 "" "$hallmark" sign --certs-dir hosts --key key.pem "$nginx/shop/api@$digest"
}
mirrors

bad_certificates() {
  make_certificate expired ca IP:127.0.0.1 -days 0   # from now until now: over by the time it is asked for
  make_certificate other ca DNS:other.example
  tls=expired start_nginx "$upstream"
  outcome "an expired certificate [attack 35]" 20 "expired" verify --registry-ca ca.crt
  tls=other start_nginx "$upstream"
  outcome "a certificate for another name [attack 35]" 20 "name|127.0.0.1" verify --registry-ca ca.crt
  tls=ca start_nginx "$upstream"
  outcome "a self-signed certificate [attack 35]" 20 "self-signed|registry-ca" verify --tls
  tls=server start_nginx "$upstream" "ssl_protocols TLSv1 TLSv1.1; ssl_ciphers ALL:@SECLEVEL=0;"
  outcome "a registry with TLS 1.1 at most [attack 35]" 20 "TLS" verify --registry-ca ca.crt
  nginx=$upstream
  outcome "plain HTTP where TLS was asked for" 20 "plain-http|HTTP" verify --tls
}
bad_certificates

redirects() {
  start_nginx "$upstream"; local elsewhere=$nginx elsewhere_log=$nginx_log
  printf 'alice:{PLAIN}open-sesame\n' >passwords
  start_nginx "$upstream" "auth_basic test; auth_basic_user_file $work/passwords;" \
    "location ~ ^/v2/.*/blobs/sha256 { return 307 http://localhost:${elsewhere##*:}\$request_uri; }"
  mkdir -p redirected; echo "{\"auths\": {\"$nginx\": {\"auth\": \"$(printf alice:open-sesame | base64)\"}}}" >redirected/config.json
  chmod 755 "$work"; chmod 644 passwords   # nginx reads it as nobody
  ok "a blob behind a redirect [attack 30]" env DOCKER_CONFIG="$work/redirected" "$hallmark" verify --key key.pub "$nginx/shop/api@$digest"
  ok "the other host was asked without the password [attack 30]" grep -q 'GET 200 HTTP/1.1 "-" /v2/shop/api/blobs' "$elsewhere_log"
  ok "and with none at all [attack 30]" sh -c "! grep -q Basic '$elsewhere_log'"
  ok "the registry itself got it" grep -q '"Basic ' "$nginx_log"
}
redirects
finish
