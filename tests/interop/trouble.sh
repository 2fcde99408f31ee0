#!/bin/bash
# Registries in trouble: each kind has its own outcome, and none is ever "unsigned".
. "$(dirname "$0")/lib/common.sh"
. "$interop/lib/registry.sh"
. "$interop/lib/cosign.sh"
. "$interop/lib/nginx.sh"
needs crane openssl cosign nginx

make_key p256 key
make_key p256 foreign
start_registry docker; upstream=$registry
push_image "$upstream/shop/api:1"; signed=$digest
push_image "$upstream/shop/api:2" "another"; unsigned=$digest
"$hallmark" sign --key key.pem "$upstream/shop/api@$signed" >out 2>&1 || fail "hallmark sign" "$(words_of out)"
push_image "$upstream/shop/old:1"; old=$digest
"$hallmark" sign --key key.pem --format simple "$upstream/shop/old@$old" >out 2>&1 || fail "hallmark sign" "$(words_of out)"

verify() { local reference=$1; shift; "$hallmark" verify --key key.pub "$@" "$nginx/$reference"; }
# within SECONDS COMMAND…: also a matter of time
within() { local most=$1 begin=$SECONDS code=0; shift; "$@" || code=$?; [ $((SECONDS - begin)) -le "$most" ] || { echo "took $((SECONDS - begin)) s"; return 99; }; return $code; }

slow_down='location @slow { add_header Retry-After $retry_after always; return 429 "slow down"; }'
limited() { # RETRY_AFTER RATE
  more="limit_req_zone \$server_port zone=all:1m rate=$2; map \$server_port \$retry_after { default $1; }" \
    start_nginx "$upstream" "limit_req zone=all burst=2 nodelay; limit_req_status 429; error_page 429 = @slow;" "$slow_down"
}
limited 1 2r/s
ok "throttled, it waits as Retry-After says" verify "shop/api@$signed"
ok "it was throttled indeed" grep -q " 429 " "$nginx_log"
ok "sign waits, too" "$hallmark" sign --key key.pem "$nginx/shop/api@$unsigned"
limited 3600 1r/m
for _ in 1 2 3; do verify "shop/api@$signed" --timeout 1s >/dev/null 2>&1; done
outcome "Retry-After later than the deadline: throttled at once [attack 20]" 23 "3600|retry|slow" within 5 verify "shop/api@$signed"

push_image "$upstream/shop/api:3" "a third"; unsigned=$digest
outcome_of() { # NAME EXIT PATTERN STATUS
  start_nginx "$upstream" "location /v2/ { return $4; }"
  outcome "$1" "$2" "$3" within 20 verify "shop/api@$signed" --timeout 4s
}
outcome_of "500 is unreachable" 20 "500" 500
outcome_of "503 for ever is unreachable" 20 "503" 503
outcome_of "403 is unauthorized" 21 "403|denied|forbidden|login|permission" 403
outcome_of "429 for ever is throttled" 23 "" 429

# One lookup fails, the others succeed: what was read counts if it suffices, else the failure is told.
start_nginx "$upstream" "location ~ /referrers/ { return 500; }"
ok "a good .sig suffices though the referrers fail" verify "shop/old@$old" --timeout 4s
outcome "unsigned cannot be said when the referrers fail" 20 "" verify "shop/api@$unsigned" --timeout 4s
outcome "nor untrusted" 20 "" "$hallmark" verify --timeout 4s --key foreign.pub "$nginx/shop/old@$old"
start_nginx "$upstream" "location ~ /manifests/sha256-.*\\.sig\$ { return 500; }"
ok "a good bundle suffices though the .sig fails" verify "shop/api@$signed" --timeout 4s
outcome "unsigned cannot be said when the .sig fails" 20 "" verify "shop/api@$unsigned" --timeout 4s
start_nginx "$upstream" "location ~ /manifests/sha256-[0-9a-f]*\$ { return 403; }"
outcome "unsigned cannot be said when the fallback tag is forbidden" 21 "" verify "shop/api@$unsigned" --timeout 4s

start_nginx "$upstream"
outcome "an image that is not there: not found" 22 "" verify "shop/api@sha256:$(printf nothing | sha256sum | cut -c1-64)"
outcome "a tag that is not there: not found" 22 "" verify "shop/api:none"
outcome "a repository that is not there: not found" 22 "" verify "shop/none:1"
outcome "unsigned, and said so" 10 "" verify "shop/api@$unsigned"

nginx=127.0.0.1:$(free_port)
outcome "nobody listens: unreachable" 20 "refused|connect" within 20 verify "shop/api@$signed" --timeout 4s
# A listener that never answers.
start silent.out python3 -c 'import socket, time; s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(9); print(s.getsockname()[1], flush=True); time.sleep(600)'
eventually 10 grep -q . silent.out
nginx=127.0.0.1:$(head -1 silent.out)
outcome "a registry that never answers: unreachable in time" 20 "timed? ?out|time" within 6 verify "shop/api@$signed" --timeout 2s
outcome "a name that is not there: unreachable" 20 "no-such-host" within 20 "$hallmark" verify --key key.pub --timeout 4s "no-such-host.invalid/shop/api@$signed"
finish
