#!/bin/bash
# Credentials: each way they are kept, each way a registry asks for them, and the places they must never go.
. "$(dirname "$0")/lib/common.sh"
. "$interop/lib/registry.sh"
. "$interop/lib/cosign.sh"
. "$interop/lib/nginx.sh"
needs crane docker-registry openssl python3 nginx
make_key p256 key
user=alice password=open-sesame
basic=$(printf '%s' "$user:$password" | base64)

# verify and sign, as one would type them
verify() { "$hallmark" verify --key key.pub "$ref"; }
sign() { "$hallmark" sign --key key.pem "$ref"; }
with_config() { # JSON COMMAND…: with this docker config.json
  rm -rf config; mkdir config; echo "$1" >config/config.json; shift
  DOCKER_CONFIG=$work/config "$@"
}

basic_registry() {
  echo "$user:"'$2b$05$hallmarkhallmarkhallmOJcvzCYui7GaFqzirxpnS/BYYrJMKNlm' >htpasswd
  start_docker_registry "auth: {htpasswd: {realm: test, path: $work/htpasswd}}"
  mkdir admin
  DOCKER_CONFIG=$work/admin crane auth login "$registry" -u $user -p $password >out 2>&1 || { fail "crane auth login" "$(words_of out)"; finish; }
  DOCKER_CONFIG=$work/admin push_image "$registry/shop/api:1"
  ref=$registry/shop/api@$digest
}

login_by_hand() {
  outcome "without credentials: unauthorized" 21 "login" verify
  outcome "a wrong password is refused at login" 21 "" sh -c "echo wrong | '$hallmark' login '$registry' -u $user --password-stdin"
  ok "nothing is stored then" test ! -e "$HOME/.docker/config.json"
  ok "login" sh -c "echo $password | '$hallmark' login '$registry' -u $user --password-stdin"
  ok "only the owner reads the file" [ "$(stat -c %a "$HOME/.docker/config.json")" = 600 ]
  ok "sign with the stored login" sign
  ok "verify with the stored login" verify
  ok "crane uses hallmark's login" crane digest "$registry/shop/api:1"
  ok "logout" "$hallmark" logout "$registry"
  outcome "after logout: unauthorized" 21 "" verify
}

every_file() {
  local auths="{\"auths\": {\"$registry\": {\"auth\": \"$basic\"}}}"
  ok "docker's config.json" with_config "$auths" verify
  ok "docker's config.json, key with a scheme" with_config "{\"auths\": {\"http://$registry/v2/\": {\"auth\": \"$basic\"}}}" verify
  echo "$auths" >elsewhere.json
  ok "REGISTRY_AUTH_FILE" env REGISTRY_AUTH_FILE="$work/elsewhere.json" "$hallmark" verify --key key.pub "$ref"
  mkdir -p "$XDG_RUNTIME_DIR/containers"; echo "$auths" >"$XDG_RUNTIME_DIR/containers/auth.json"
  ok "podman's auth.json in XDG_RUNTIME_DIR" verify
  rm "$XDG_RUNTIME_DIR/containers/auth.json"
  mkdir -p "$HOME/.config/containers"; echo "$auths" >"$HOME/.config/containers/auth.json"
  ok "podman's auth.json in the home" verify
  rm "$HOME/.config/containers/auth.json"
  ok "podman's file, an entry for the repository" with_config "{\"auths\": {\"$registry/shop\": {\"auth\": \"$basic\"}}}" verify
  outcome "another port's password is not used" 21 "" with_config "{\"auths\": {\"127.0.0.1:1\": {\"auth\": \"$basic\"}}}" verify
  outcome "a password that is wrong" 21 "" with_config "{\"auths\": {\"$registry\": {\"auth\": \"$(printf alice:no | base64)\"}}}" verify
  ok "crane's login serves hallmark" env DOCKER_CONFIG="$work/admin" "$hallmark" verify --key key.pub "$ref"
}

helper() {
  mkdir -p bin
  cat >bin/docker-credential-interop <<HELPER
#!/bin/sh
read -r host
echo "\$1 \$host" >>"$work/helper.log"
[ "\$host" = "$registry" ] || { echo "credentials not found in native keychain"; exit 1; }
echo '{"ServerURL": "$registry", "Username": "$user", "Secret": "$password"}'
HELPER
  chmod +x bin/docker-credential-interop
  PATH=$work/bin:$PATH
  ok "a credential helper for the host" with_config "{\"credHelpers\": {\"$registry\": \"interop\"}}" verify
  ok "it was asked for this host" grep -qx "get $registry" helper.log
  ok "a credential helper for all" with_config '{"credsStore": "interop"}' verify
  : >helper.log
  outcome "another host's helper is not asked" 21 "" with_config '{"credHelpers": {"127.0.0.1:1": "interop"}}' verify
  ok "indeed not" test ! -s helper.log
  fails "a helper that is not there is named" "docker-credential-missing" \
    with_config "{\"credHelpers\": {\"$registry\": \"missing\"}}" verify
  ok "a helper that is not there keeps no login from being used" \
    with_config "{\"credHelpers\": {\"$registry\": \"missing\"}, \"auths\": {\"$registry\": {\"auth\": \"$basic\"}}}" verify
}

start_token_server() {
  openssl req -x509 -newkey rsa:2048 -nodes -keyout token.key -out token.crt -days 2 -subj "/CN=test-issuer" 2>out
  : >tokens.log
  start token-server.out python3 "$interop/lib/token_server.py" "$work/tokens.log" test-registry "$work/token.key" "$work/token.crt"
  eventually 10 grep -q : token-server.out
  token_server=$(head -1 token-server.out)
}

token_registry() { # REALM; holds an image that was pushed while nobody asked for tokens
  local data=$work/data
  start_docker_registry
  push_image "$registry/shop/api:1"
  start_docker_registry "auth: {token: {realm: \"$1\", service: test-registry, issuer: test-issuer, rootcertbundle: $work/token.crt}}"
}

tokens() {
  token_registry "http://$token_server/token"
  ref=$registry/shop/api@$digest
  outcome "token server, no credentials: unauthorized" 21 "" verify
  : >tokens.log
  ok "token server: sign" with_config "{\"auths\": {\"$registry\": {\"auth\": \"$basic\"}}}" sign
  ok "signing asks to push to this repository alone" grep -qE "^(GET|POST) basic alice repository:shop/api:(pull,push|push,pull)$" tokens.log
  : >tokens.log
  ok "token server: verify" with_config "{\"auths\": {\"$registry\": {\"auth\": \"$basic\"}}}" verify
  ok "verifying asks to pull only" [ "$(sort -u tokens.log)" = "GET basic alice repository:shop/api:pull" ]
  ok "one token serves one verification" [ "$(wc -l <tokens.log)" = 1 ]
  : >tokens.log
  ok "a refresh token" with_config "{\"auths\": {\"$registry\": {\"identitytoken\": \"a-refresh-token\", \"auth\": \"$(printf '<token>:' | base64)\"}}}" verify
  ok "it was sent as one" grep -q "^POST refresh" tokens.log
  ok "login at a registry with a token server" sh -c "echo $password | '$hallmark' login '$registry' -u $user --password-stdin"
  ok "verify with that login" verify
  ok "logout there" "$hallmark" logout "$registry"
}

# A realm elsewhere: on another address of this machine, over TLS, so that nothing but its place speaks against it.
foreign_realm() {
  local address realm
  address=$(hostname -I 2>/dev/null | tr ' ' '\n' | grep -m1 '^[0-9.]*$')
  [ -n "$address" ] || { skip "a token realm on another host [attack 29]" "this machine has no address but loopback"; return; }
  make_ca ca
  make_certificate server ca "IP:127.0.0.1,IP:$address"
  listen=$address tls=server start_nginx "$token_server"; realm=https://$address:${nginx##*:}
  token_registry "$realm/token"
  tls=server start_nginx "$registry"
  ref=$nginx/shop/api@$digest
  local config="{\"auths\": {\"$nginx\": {\"auth\": \"$basic\"}}}"
  : >tokens.log
  outcome "a token realm on another host gets no password [attack 29]" 21 "token-realm" \
    with_config "$config" "$hallmark" verify --key key.pub --registry-ca ca.crt "$ref"
  ok "indeed none [attack 29]" sh -c '! grep -q alice tokens.log'
  : >tokens.log
  outcome "unless the user names it [attack 29]" 10 "unsigned" \
    with_config "$config" "$hallmark" verify --key key.pub --registry-ca ca.crt --token-realm "$realm" "$ref"
  ok "then it gets it [attack 29]" grep -q "basic alice" tokens.log
}

basic_registry
login_by_hand
every_file
helper
start_token_server
tokens
foreign_realm
finish
