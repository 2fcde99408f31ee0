# shellcheck shell=bash disable=SC2034,SC2154
# nginx before a registry, and certificates. Needs lib/common.sh.
#   make_ca NAME                          NAME.crt and NAME.key
#   make_certificate NAME CA SAN [FLAG…]  NAME.crt and NAME.key, for "IP:127.0.0.1" or so; more flags go to openssl x509
#   start_nginx UPSTREAM CONFIG…          each CONFIG is a line for its server block; its address is left in $nginx, its
#                                         log ($method $status $protocol "$authorization" $uri) in $nginx_log
# Variables before start_nginx: tls="CERTIFICATE [http2]" for HTTPS, listen=ADDRESS, more=CONFIG for the http block.

make_ca() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$1.key" -out "$1.crt" -days 2 \
    -subj "/CN=interop $1" -addext basicConstraints=critical,CA:TRUE 2>out ||
    { fail "$test_name" "openssl made no CA: $(words_of out)"; finish; }
}

make_certificate() {
  local name=$1 ca=$2 san=$3; shift 3
  [ $# -gt 0 ] || set -- -days 2
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$name.key" -out "$name.csr" -subj "/CN=$name" 2>out &&
    openssl x509 -req -in "$name.csr" -CA "$ca.crt" -CAkey "$ca.key" -CAcreateserial -out "$name.crt" \
      -extfile <(echo "subjectAltName=$san") "$@" 2>out ||
    { fail "$test_name" "openssl made no certificate: $(words_of out)"; finish; }
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

start_nginx() {
  needs nginx python3
  local upstream=$1 address=${listen:-127.0.0.1} folder port config="" certificate="" flags="" each; shift
  folder=$(mktemp -d "$work/nginx.XXXXXX")
  port=$(free_port)
  for each in "$@"; do config+="    $each"$'\n'; done
  if [ -n "${tls:-}" ]; then
    certificate=${tls%% *}
    flags="ssl $([ "$tls" = "$certificate" ] || echo "${tls#* }")"
    certificate="ssl_certificate $work/$certificate.crt; ssl_certificate_key $work/$certificate.key;"
  fi
  mkdir "$folder/t1" "$folder/t2" "$folder/t3" "$folder/t4" "$folder/t5"
  cat >"$folder/nginx.conf" <<CONFIG
daemon off; pid $folder/pid; error_log $folder/error; worker_processes 1;
events { worker_connections 256; }
http {
  log_format told '\$request_method \$status \$server_protocol "\$http_authorization" \$request_uri';
  access_log $folder/access told;
  client_max_body_size 0; client_body_buffer_size 4m; proxy_buffers 64 16k; proxy_max_temp_file_size 0;
  client_body_temp_path $folder/t1; proxy_temp_path $folder/t2; fastcgi_temp_path $folder/t3;
  uwsgi_temp_path $folder/t4; scgi_temp_path $folder/t5;
  proxy_http_version 1.1; proxy_set_header Host \$http_host; proxy_set_header X-Forwarded-Proto \$scheme;
  ${more:-}
  server {
    listen $address:$port $flags;
    $certificate
$config
    location / { proxy_pass http://$upstream; }
  }
}
CONFIG
  start "$folder/log" nginx -e "$folder/error" -p "$folder" -c "$folder/nginx.conf"
  eventually 10 bash -c ": >/dev/tcp/${address/0.0.0.0/127.0.0.1}/$port" ||
    { fail "$test_name" "nginx did not start: $(words_of "$folder/log")"; finish; }
  nginx=${address/0.0.0.0/127.0.0.1}:$port
  nginx_log=$folder/access
}
