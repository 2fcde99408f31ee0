# shellcheck shell=bash disable=SC2034,SC2154
# Registries for a live test, each on a free port of loopback and gone with the test. Needs lib/common.sh.
#   start_registry docker     Debian's docker-registry: no referrers API, so the fallback tag is used
#   start_registry ggcr       go-containerregistry's, in memory, with the referrers API
# Both leave HOST:PORT in $registry. With listen=0.0.0.0 before it, on all addresses.

registry_kinds="docker ggcr"

start_registry() {
  case $1 in
    docker) needs docker-registry; start_docker_registry "${2:-}" ;;
    ggcr) needs ggcr-registry; start_ggcr_registry ;;
    *) echo "start_registry: unknown kind $1" >&2; exit 1 ;;
  esac
}

# More of the configuration (YAML lines) may be given, "auth:" for instance. With data=DIR before it, several registries share content.
start_docker_registry() {
  local folder
  folder=$(mktemp -d "$work/docker-registry.XXXXXX")
  cat >"$folder/config.yml" <<CONFIG
version: 0.1
log: {level: info, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: ${data:-$folder/data}}, delete: {enabled: true}}
http: {addr: "${listen:-127.0.0.1}:0"}
${1:-}
CONFIG
  start "$folder/log" docker-registry serve "$folder/config.yml"
  if ! eventually 20 grep -q "listening on" "$folder/log"; then
    fail "$test_name" "docker-registry did not start: $(words_of "$folder/log")"; finish
  fi
  registry=127.0.0.1:$(sed -n 's/.*listening on [^ ]*:\([0-9]*\).*/\1/p' "$folder/log" | head -1)
}

start_ggcr_registry() {
  local log
  log=$(mktemp "$work/ggcr-registry.XXXXXX")
  start "$log" ggcr-registry -listen "${listen:-127.0.0.1}:0"
  if ! eventually 20 grep -q ":" "$log"; then
    fail "$test_name" "ggcr-registry did not start: $(words_of "$log")"; finish
  fi
  registry=127.0.0.1:$(sed -n '1s/.*://p' "$log")
}

# A small image made on the spot: one layer with one file. push_image REPOSITORY:TAG [CONTENT]; its digest is in $digest.
push_image() {
  local folder
  folder=$(mktemp -d "$work/image.XXXXXX")
  echo "${2:-hello from $1}" >"$folder/hello.txt"
  tar -C "$folder" --owner=0 --group=0 --mtime=@0 -cf "$folder/layer.tar" hello.txt
  digest=$(crane append --oci-empty-base -f "$folder/layer.tar" -t "$1" 2>"$folder/log") ||
    { fail "$test_name" "crane could not push $1: $(words_of "$folder/log")"; finish; }
  digest=${digest##*@}
}

# An index of two platforms: push_index REPOSITORY:TAG; digests are in $digest, $amd64 and $arm64.
push_index() {
  push_image "$1-amd64" "amd64 $1"
  amd64=$(crane mutate --set-platform linux/amd64 -t "$1-amd64" "$1-amd64" 2>/dev/null); amd64=${amd64##*@}
  push_image "$1-arm64" "arm64 $1"
  arm64=$(crane mutate --set-platform linux/arm64 -t "$1-arm64" "$1-arm64" 2>/dev/null); arm64=${arm64##*@}
  digest=$(crane index append -m "${1%:*}@$amd64" -m "${1%:*}@$arm64" -t "$1" 2>/dev/null) ||
    { fail "$test_name" "crane could not push the index $1"; finish; }
  digest=${digest##*@}
}
