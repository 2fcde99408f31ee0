#!/bin/bash
# What `hallmark doctor` says of a containerd is so: with each setting that it calls an error, an image that the verifier refuses is
# pulled over CRI (or, where it says so, none is), and without them it is refused.
. "$(dirname "$0")/lib/common.sh"
. "$interop/lib/registry.sh"
. "$interop/lib/containerd.sh"
needs crane containerd cri-pull ggcr-registry
[ "$(id -u)" = 0 ] || { skip "$test_name" "containerd needs root"; finish; }

start_registry ggcr
image=$registry/shop/api:1
push_image "$image"
mkdir refusing && printf '#!/bin/sh\necho refused by the test\nexit 1\n' >refusing/hallmark-verifier && chmod 755 refusing/hallmark-verifier
ours="bin_dir = \"$work/refusing\""
number=0

doctor() { "$hallmark" doctor --containerd-config "$folder/config.toml" --containerd-version 2.4.2 -q; }
says() { doctor >said 2>&1; grep -qE "^error +$1: " said; }
# What doctor says of the effective configuration that containerd itself prints.
says_of_dump() {
  containerd --config "$folder/config.toml" config dump >dump.toml 2>dump.err || return 1
  "$hallmark" doctor --containerd-config "$work/dump.toml" --containerd-version 2.4.2 -q >said 2>&1
  grep -qE "^error +$1: " said
}
pull() { cri-pull "$containerd_socket" "$image"; }

# case_of NAME ID pulled|refused|broken [LINE…]: with this configuration doctor says ID ("" for nothing about CRI), and a pull does that.
case_of() {
  local name=$1 id=$2 wanted=$3; shift 3
  number=$((number + 1)); folder=$work/n$number
  containerd_config "$folder" "$@"
  if [ -z "$id" ]; then
    if says 'cri-[a-z-]+' || says 'verifier-(plugin-disabled|count|stray|missing|wrong-folder|not-executable)'; then fail "$name: doctor" "$(words_of said)"; else pass "$name: doctor finds nothing"; fi
  elif says "$id"; then pass "$name: doctor says $id"
  else fail "$name: doctor" "does not say $id: $(words_of said)"; fi
  case $id in cri-*) ok "$name: and says it of containerd's own dump" says_of_dump "$id" ;; esac
  start_containerd "$folder"
  case $wanted in
    pulled) ok "$name: what the verifier refuses is pulled" pull ;;
    refused) fails "$name: it is refused" "refused by the test" pull ;;
    broken) fails "$name: nothing can be pulled" "failed to call verifier|failed to list" pull ;;
  esac
  stop_containerd
  rm -rf "$folder/root" "$folder/state"
}

verifier=$ours
case_of "defaults" "" refused
cri_images="use_local_image_pull = true" case_of "use_local_image_pull" cri-use-local-image-pull pulled
cri_images="disable_snapshot_annotations = false" case_of "snapshot annotations" cri-disable-snapshot-annotations pulled
cri_images="discard_unpacked_layers = true" case_of "discard_unpacked_layers" cri-discard-unpacked-layers pulled
cri_images="image_pull_with_sync_fs = true" case_of "image_pull_with_sync_fs" cri-image-pull-with-sync-fs pulled
cri_images="max_concurrent_downloads = 5" case_of "max_concurrent_downloads" cri-max-concurrent-downloads pulled
cri_images="registry = { mirrors = { \"other.example\" = { endpoint = [\"https://mirror.example\"] } } }" \
  case_of "registry.mirrors" cri-registry-mirrors pulled
cri_images="registry = { configs = { \"other.example\" = { tls = { insecure_skip_verify = true } } } }" \
  case_of "registry.configs" cri-registry-configs pulled
cri_images="registry = { auths = { \"https://other.example\" = { username = \"u\", password = \"p\" } } }" \
  case_of "registry.auths" cri-registry-auths pulled
cri_images="max_concurrent_downloads = 3
  discard_unpacked_layers = false
  use_local_image_pull = false
  image_pull_with_sync_fs = false
  disable_snapshot_annotations = true" case_of "the defaults, written down" "" refused
case_of "disabled_plugins" verifier-plugin-disabled pulled 'disabled_plugins = ["io.containerd.image-verifier.v1.bindir"]'

mkdir drop-in
printf 'version = 2\n[plugins."io.containerd.grpc.v1.cri"]\n  max_concurrent_downloads = 8\n' >drop-in/old.toml
case_of "a drop-in of version 2" cri-max-concurrent-downloads pulled "imports = [\"$work/drop-in/*.toml\"]"
printf 'version = 3\n[plugins."io.containerd.cri.v1.images"]\n  discard_unpacked_layers = false\n' >drop-in/old.toml
cri_images="discard_unpacked_layers = true" case_of "a drop-in that mends it" "" refused "imports = [\"$work/drop-in/*.toml\"]"

mkdir empty stray
cp refusing/hallmark-verifier stray/ && touch stray/README
verifier="bin_dir = \"$work/gone\"" case_of "no folder of verifiers" verifier-missing pulled
verifier="bin_dir = \"$work/empty\"" case_of "an empty folder of verifiers" verifier-missing pulled
verifier="$ours"$'\n'"  max_verifiers = 0" case_of "max_verifiers = 0" verifier-count pulled
printf '#!/bin/sh\nexit 0\n' >stray/hallmark-verifier; mv stray/README stray/a-README
verifier="bin_dir = \"$work/stray\"" case_of "a stray file" verifier-stray broken
chmod 644 stray/hallmark-verifier; rm stray/a-README
verifier="bin_dir = \"$work/stray\"" case_of "a verifier that is not executable" verifier-not-executable broken

# A registry's clock, as its Date header tells it.
clock_of() { "$hallmark" doctor --root "$work/empty" --containerd-version 2.4.2 --registry "$1" 2>&1; }
answer_at() { # SECONDS: a registry that many seconds ahead
  start "clock$1" python3 -u -c '
import http.server, sys, time
from email.utils import formatdate
class Registry(http.server.BaseHTTPRequestHandler):
    def date_time_string(self, timestamp=None): return formatdate(time.time() + int(sys.argv[1]), usegmt=True)
    def do_GET(self): self.send_response(200); self.send_header("Content-Length", "2"); self.end_headers(); self.wfile.write(b"{}")
    do_HEAD = do_GET
    def log_message(self, *said): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Registry); print(server.server_port); server.serve_forever()' "$1"
  eventually 10 test -s "clock$1"
  skewed=127.0.0.1:$(cat "clock$1")
}
outcome "the clocks agree" 40 "ok +clock: " clock_of "$registry"
answer_at 40; outcome "40 seconds apart" 40 "warning +clock: .* [0-9]+ seconds (ahead|before)" clock_of "$skewed"
answer_at -7200; outcome "two hours behind" 40 "error +clock: .* [0-9]+ seconds .*wrong time" clock_of "$skewed"
outcome "no registry there: the clock is not known" 40 "warning +clock: the clock could not be compared" clock_of 127.0.0.1:1
finish
