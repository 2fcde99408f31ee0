#!/bin/bash
# Through a proxy: plain and CONNECT, with credentials, behind TLS with a private CA; and when not to go through one.
. "$(dirname "$0")/lib/common.sh"
. "$interop/lib/registry.sh"
. "$interop/lib/cosign.sh"
. "$interop/lib/nginx.sh"
. "$interop/lib/proxy.sh"
needs crane openssl cosign nginx tinyproxy python3

# Loopback never goes through a proxy, so the registry has to be seen at another address of this machine.
address=$(hostname -I 2>/dev/null | tr ' ' '\n' | grep -m1 '^[0-9.]*$')
[ -n "$address" ] || { skip proxy "this machine has no address but loopback"; finish; }

make_key p256 key
make_ca ca
make_certificate server ca "IP:$address"
make_certificate proxy ca IP:127.0.0.1
listen=0.0.0.0 start_registry docker; port=${registry##*:}
push_image "127.0.0.1:$port/shop/api:1"
"$hallmark" sign --key key.pem "127.0.0.1:$port/shop/api@$digest" >out 2>&1 || fail "hallmark sign" "$(words_of out)"
listen=0.0.0.0 tls=server start_nginx "127.0.0.1:$port"; tls_port=${nginx##*:}

plain() { "$hallmark" verify --key key.pub --plain-http "$@" "$address:$port/shop/api@$digest"; }
secure() { "$hallmark" verify --key key.pub --registry-ca ca.crt "$@" "$address:$tls_port/shop/api@$digest"; }
dead=http://127.0.0.1:$(free_port)

start_proxy
ok "HTTP_PROXY" env HTTP_PROXY="http://$proxy" "$hallmark" verify --key key.pub --plain-http "$address:$port/shop/api@$digest"
ok "the proxy was asked" grep -q "/v2/shop/api" "$proxy_log"
ok "HTTPS_PROXY, by CONNECT" env HTTPS_PROXY="http://$proxy" "$hallmark" verify --key key.pub --registry-ca ca.crt "$address:$tls_port/shop/api@$digest"
ok "it was a CONNECT" grep -q "CONNECT $address:$tls_port" "$proxy_log"
ok "lower case, too" env https_proxy="http://$proxy" "$hallmark" verify --key key.pub --registry-ca ca.crt "$address:$tls_port/shop/api@$digest"
ok "--proxy before the environment" env HTTP_PROXY=$dead "$hallmark" verify --key key.pub --plain-http --proxy "http://$proxy" "$address:$port/shop/api@$digest"
ok "signing through it" "$hallmark" sign --key key.pem --format simple --registry-ca ca.crt --proxy "http://$proxy" "$address:$tls_port/shop/api@$digest"

start_proxy user pass-word
ok "a proxy with credentials" plain --proxy "http://user:pass-word@$proxy"
ok "and by CONNECT" secure --proxy "http://user:pass-word@$proxy"
outcome "without them: unreachable, and says which" 20 "prox" plain --proxy "http://$proxy"
outcome "by CONNECT, too" 20 "prox" secure --proxy "http://$proxy"
outcome "wrong ones" 20 "prox" secure --proxy "http://user:not-the-word@$proxy"
ok "the password is in no message" sh -c '! grep -q not-the-word out'

start_proxy user pass-word
start_tls_front proxy
outcome "an https proxy with a CA nobody named" 20 "prox" secure --proxy "https://user:pass-word@$proxy_tls"
ok "an https proxy with --proxy-ca" secure --proxy "https://user:pass-word@$proxy_tls" --proxy-ca ca.crt
ok "plain HTTP through it" plain --proxy "https://user:pass-word@$proxy_tls" --proxy-ca ca.crt

outcome "a proxy that is not there: unreachable" 20 "prox" plain --proxy "$dead" --timeout 4s
for none in "$address" "$address:$port" "*" "${address%.*}.0/24"; do
  ok "NO_PROXY=$none" env NO_PROXY="$none" HTTP_PROXY="$dead" "$hallmark" verify --key key.pub --plain-http "$address:$port/shop/api@$digest"
done
outcome "NO_PROXY for another" 20 "prox" env NO_PROXY=registry.example HTTP_PROXY="$dead" "$hallmark" verify --timeout 4s --key key.pub \
  --plain-http "$address:$port/shop/api@$digest"
ok "loopback never goes through a proxy" env HTTP_PROXY="$dead" "$hallmark" verify --key key.pub "127.0.0.1:$port/shop/api@$digest"
finish
