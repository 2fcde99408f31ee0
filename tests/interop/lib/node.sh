# shellcheck shell=bash disable=SC2034,SC2154
# A node of its own for hallmark-verifier: /etc/hallmark and /var/lib/hallmark are those of a mount namespace. Needs lib/common.sh and root.
#   on_a_node "$@"   first of all: runs the test again in the namespace, once
#   Then $verifier_program is the program, node/etc and node/lib are the two folders, and node/etc/policy.d/release.key signs for it.

on_a_node() {
  verifier_program=${HALLMARK_VERIFIER:-$(dirname "$hallmark")/../containerd_verifier/hallmark-verifier}
  [ -x "$verifier_program" ] || { skip "$test_name" "$verifier_program was not built"; finish; }
  if [ "${1:-}" != inside ]; then
    unshare -m true 2>/dev/null || { skip "$test_name" "no right to make a mount namespace"; finish; }
    HALLMARK=$hallmark HALLMARK_VERIFIER=$verifier_program HALLMARK_PEERS=$peers unshare -m bash "$interop/$test_name.sh" inside
    exit
  fi
  local folder
  made_folders=()
  mkdir -p node/etc/policy.d node/lib node/bin && chmod 755 node node/etc node/etc/policy.d node/lib
  for folder in /etc/hallmark /var/lib/hallmark; do
    [ -d "$folder" ] || { mkdir -m 755 "$folder" && made_folders+=("$folder"); }
  done
  mount --bind node/etc /etc/hallmark && mount --bind node/lib /var/lib/hallmark || { fail "$test_name" "cannot mount"; finish; }
  at_exit+=('umount /etc/hallmark /var/lib/hallmark; [ ${#made_folders[@]} -eq 0 ] || rmdir "${made_folders[@]}"')
  export HALLMARK_PASSWORD=correct-horse  # cosign's, too
  "$hallmark" key generate -q --out node/etc/policy.d/release >/dev/null
  "$hallmark" key generate -q --out foreign >/dev/null
}
