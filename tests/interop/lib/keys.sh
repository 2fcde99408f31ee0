# shellcheck shell=bash disable=SC2034,SC2154
# What the live tests of key providers share:  . "$interop/lib/keys.sh"
#
# `key_failure` demands an outcome, a cause and words, and that none of the marked secrets appears in what is printed. A secret is
# marked by `secret NAME`, which makes one and remembers it.

marked=()

# secret NAME: sets $NAME to a fresh secret that key_failure looks for.
secret() {
  local value
  value="hush-$(openssl rand -hex 12)"
  marked+=("$value")
  printf -v "$1" '%s' "$value"
}

# mark TEXT…: the same for secrets that somebody else made.
mark() { marked+=("$@"); }

# no_secret_in FILE…: fails (1) and names the file where a marked secret stands in one of them, also in base64.
no_secret_in() {
  local each
  for each in "${marked[@]}"; do
    if grep -qF -e "$each" -e "$(printf %s "$each" | base64 -w0 | head -c 24)" "$@"; then echo "a secret is in what is printed"; return 1; fi
  done
}

# key_failure NAME CAUSE PATTERN COMMAND…: hallmark (with -o json added) must end with 30, say "cause": CAUSE and PATTERN in its reason
# or hint, and print no secret, neither so nor with --verbose.
key_failure() {
  local name=$1 cause=$2 pattern=$3 code=0 problem; shift 3
  "$@" -o json --verbose >out.json 2>out.text || code=$?
  if [ "$code" -ne 30 ]; then fail "$name" "exit $code, not 30: $(words_of out.text)"
  elif [ "$(jq -r .cause out.json)" != "$cause" ]; then fail "$name" "cause $(jq -r .cause out.json), not $cause: $(words_of out.text)"
  elif ! jq -r '.reason + " " + (.hint // "")' out.json | grep -qE -- "$pattern"; then fail "$name" "does not say /$pattern/: $(words_of out.json)"
  elif ! problem=$(no_secret_in out.json out.text); then fail "$name" "$problem"
  else pass "$name"; fi
}

# free_port: one that nobody listens on just now.
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# two_ports: the first of two that follow each other; a driver of swtpm takes the second for the control channel.
two_ports() {
  python3 - <<'PYTHON'
import socket
while True:
    first, second = socket.socket(), socket.socket()
    first.bind(("127.0.0.1", 0))
    port = first.getsockname()[1]
    try:
        second.bind(("127.0.0.1", port + 1))
    except (OSError, OverflowError):
        continue
    print(port)
    break
PYTHON
}

# start_script LOG PORT COMMAND…: a scripted server that listens on PORT; waits until it does.
start_script() {
  local log=$1 port=$2; shift 2
  start "$log" "$@"
  eventually 60 python3 -c "import socket; socket.create_connection(('127.0.0.1', $port), 1)" || fail "$log" "does not listen: $(words_of "$log")"
}

# make_service_ca: ca.pem and ca.key, the CA of all scripted services; service_certificate NAME HOST…: NAME.pem and NAME.key by it.
make_service_ca() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 2 -subj "/CN=test services" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign >/dev/null 2>&1
}
service_certificate() {
  local name=$1 names="" each; shift
  for each in "$@"; do
    case $each in *[0-9].[0-9]*) names+="${names:+,}IP:$each" ;; *) names+="${names:+,}DNS:$each" ;; esac
  done
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$name.key" -out "$name.csr" -subj "/CN=$1" >/dev/null 2>&1
  openssl x509 -req -in "$name.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out "$name.pem" \
    -extfile <(printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\n' "$names") >/dev/null 2>&1
}

# start_routes HOST:PORT=LOCALPORT…: a CONNECT proxy that leads these names to scripted servers and refuses all others; sets
# $route_proxy, to be given as HTTPS_PROXY to hallmark and to the peers alike. Each request is a line of routes.log.
start_routes() {
  local port
  port=$(free_port)
  start_script routes.out "$port" python3 "$interop/lib/routes.py" "$port" routes.log "$@"
  route_proxy=http://127.0.0.1:$port
}
