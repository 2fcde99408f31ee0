#!/bin/bash
# A mirror in hosts.toml that is behind: what it lists may admit, and where that does not suffice the registry itself decides.
. "$(dirname "$0")/lib/common.sh"
. "$interop/lib/registry.sh"
needs crane openssl
for name in old new; do
  (umask 077; openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out $name.pem)
  openssl pkey -in $name.pem -pubout -out $name.pub
done

# hosts_toml SERVER LINE…: of the mirror, then more of the file
hosts_toml() {
  mkdir -p "certs.d/$upstream"
  printf '%s\n' "server = \"http://$1\"" "${@:2}" "[host.\"http://$mirror\"]" '  capabilities = ["pull", "resolve"]' >"certs.d/$upstream/hosts.toml"
}
sign() { "$hallmark" sign -q --key "$1.pem" --format "$2" "$image" >/dev/null || fail "$test_name" "cannot sign"; }
mirrored() { local word=$1; shift; "$hallmark" "$word" --certs-dir certs.d --timeout 5s "$@"; }

old_list() { # FORMAT REGISTRY_KIND
  local says="$1, $2 registry"
  push_image "$upstream/app/$1:1"; image=$upstream/app/$1@$digest
  sign old "$1"
  "$hallmark" copy "$image" "$mirror/app/$1:1" >out 2>&1 || fail "$test_name" "cannot copy: $(words_of out)"
  outcome "signed by another key, here and there ($says)" 12 untrusted mirrored verify --key new.pub "$image"
  sign new "$1"
  ok "a signature that the mirror has not heard of counts ($says)" mirrored verify --key new.pub "$image"
  ok "inspect shows it ($says)" test "$(mirrored inspect --output json "$image" | grep -oE '"kind": *"(signature|attestation)"' | wc -l)" = 2
  ok "copy takes it along ($says)" mirrored copy "$image" "oci:$1-$2:1"
  ok "the copy verifies ($says)" "$hallmark" verify --key new.pub "oci:$1-$2:1"
  hosts_toml 127.0.0.1:1
  ok "what the mirror lists is enough without the registry ($says)" mirrored verify --key old.pub "$image"
  outcome "without the registry nothing is called untrusted ($says)" 20 'asking the registry itself.*unreachable' mirrored verify --key new.pub "$image"
  hosts_toml "$upstream"
}

for registry_kind in $registry_kinds; do
  start_registry "$registry_kind"; upstream=$registry
  start_registry "$registry_kind"; mirror=$registry
  hosts_toml "$upstream"
  for format in bundle simple; do old_list "$format" "$registry_kind"; done

  push_image "$upstream/app/bare:1"
  hosts_toml "$upstream" 'capabilities = ["pull", "resolve"]'
  outcome "unsigned where nobody may push ($registry_kind registry)" 10 unsigned mirrored verify --key new.pub "$upstream/app/bare@$digest"
done
finish
