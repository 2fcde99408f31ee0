# shellcheck shell=bash disable=SC2034,SC2154
# A containerd of its own, without systemd. Needs lib/common.sh and root.
#   containerd_config FOLDER [LINE…]   writes FOLDER/config.toml; the lines are a whole configuration but for what is below
#   start_containerd FOLDER            its socket is left in $containerd_socket
#   stop_containerd

# More of CRI's images plugin goes into $cri_images, of the verifier plugin into $verifier, before the call.
containerd_config() {
  local folder=$1; shift
  mkdir -p "$folder"
  cat >"$folder/config.toml" <<CONFIG
version = 3
root = "$folder/root"
state = "$folder/state"
$(printf '%s\n' "$@")
[grpc]
  address = "$folder/sock"
[plugins."io.containerd.nri.v1.nri"]
  disable = true
[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = true
  disable_apparmor = true
[plugins."io.containerd.image-verifier.v1.bindir"]
  ${verifier:-}
[plugins."io.containerd.cri.v1.images"]
  ${cri_images:-}
CONFIG
}

start_containerd() {
  local folder=$1
  containerd_socket=$folder/sock
  start "$folder/log" containerd --config "$folder/config.toml"
  containerd_pid=$started
  eventually 60 grep -q "containerd successfully booted" "$folder/log" ||
    { fail "$test_name" "containerd did not start: $(words_of "$folder/log")"; finish; }
}

stop_containerd() {
  kill "$containerd_pid" 2>/dev/null
  wait "$containerd_pid" 2>/dev/null
}
