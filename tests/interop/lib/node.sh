# shellcheck shell=bash disable=SC2034,SC2154
# A node of its own for hallmark-verifier: /etc/hallmark and /var/lib/hallmark are those of a mount namespace. Needs lib/common.sh and root.
#   on_a_node "$@"   first of all: runs the test again in the namespace, once
#   With places="FOLDER:MOUNTED …" before it, further folders of $work stand in other places of the node.
#   Then $verifier_program is the program, node/etc and node/lib are the two folders, and node/etc/policy.d/release.key signs for it.

on_a_node() {
  verifier_program=${HALLMARK_VERIFIER:-$(dirname "$hallmark")/../containerd_verifier/hallmark-verifier}
  [ -x "$verifier_program" ] || { skip "$test_name" "$verifier_program was not built"; finish; }
  if [ "${1:-}" != inside ]; then
    unshare -m true 2>/dev/null || { skip "$test_name" "no right to make a mount namespace"; finish; }
    HALLMARK=$hallmark HALLMARK_VERIFIER=$verifier_program HALLMARK_PEERS=$peers unshare -m bash "$interop/$test_name.sh" inside
    exit
  fi
  local each folder
  made_folders=() mounted=()
  mkdir -p node/etc/policy.d node/lib node/bin && chmod 755 node node/etc node/etc/policy.d node/lib
  for each in node/etc:/etc/hallmark node/lib:/var/lib/hallmark ${places:-}; do
    folder=${each#*:}
    mkdir -p "${each%%:*}"
    [ -d "$folder" ] || { mkdir -m 755 "$folder" && made_folders+=("$folder"); }
    mount --bind "${each%%:*}" "$folder" || { fail "$test_name" "cannot mount $folder"; finish; }
    mounted+=("$folder")
  done
  at_exit+=('umount "${mounted[@]}"; [ ${#made_folders[@]} -eq 0 ] || rmdir "${made_folders[@]}"')
  export HALLMARK_PASSWORD=correct-horse  # cosign's, too
  "$hallmark" key generate -q --out node/etc/policy.d/release ${release_format:+--format "$release_format"} >/dev/null
  "$hallmark" key generate -q --out foreign >/dev/null
}
