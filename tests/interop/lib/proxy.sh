# shellcheck shell=bash disable=SC2034,SC2154
# tinyproxy on a free port of loopback. Needs lib/common.sh and lib/nginx.sh.
#   start_proxy [USER PASSWORD]   its address in $proxy, its log in $proxy_log
#   start_tls_front CERTIFICATE   the same proxy behind TLS (https://$proxy_tls)

start_proxy() {
  needs tinyproxy
  local folder port
  folder=$(mktemp -d "$work/proxy.XXXXXX")
  port=$(free_port)
  cat >"$folder/tinyproxy.conf" <<CONFIG
Port $port
Listen 127.0.0.1
Timeout 60
MaxClients 50
LogFile "$folder/tinyproxy.log"
LogLevel Connect
PidFile "$folder/pid"
DisableViaHeader Yes
${1:+BasicAuth $1 $2}
CONFIG
  start "$folder/log" tinyproxy -d -c "$folder/tinyproxy.conf"
  eventually 10 bash -c ": >/dev/tcp/127.0.0.1/$port" || { fail "$test_name" "tinyproxy did not start: $(words_of "$folder/log")"; finish; }
  proxy=127.0.0.1:$port
  proxy_log=$folder/tinyproxy.log
}

start_tls_front() {
  start tls-front.out python3 "$interop/lib/tls_front.py" "$work/$1.crt" "$work/$1.key" "$proxy"
  eventually 10 grep -q : tls-front.out || { fail "$test_name" "the TLS front did not start: $(words_of tls-front.out)"; finish; }
  proxy_tls=$(head -1 tls-front.out)
}
