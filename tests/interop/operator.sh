#!/bin/bash
# Who follows docs/node.md, command by command, has a node that pulls only what the policy admits.
. "$(dirname "$0")/lib/common.sh"
. "$interop/lib/registry.sh"
. "$interop/lib/containerd.sh"
. "$interop/lib/node.sh"
needs crane containerd cri-pull ggcr-registry
places="opt:/opt local:/usr/local/bin containerd:/etc/containerd" on_a_node "$@"
start_registry ggcr

# What an operator has: a checkout that was built, a key, a policy, and containerd.
mv node/etc/policy.d/release.* . && rmdir node/etc/policy.d
mkdir -p build/static
cp "$verifier_program" "$hallmark" build/static/
ln -s "$root/deploy" deploy
sed "s,registry\.example,$registry," "$root/deploy/containerd/policy.yaml" >policy.yaml
containerd_config "$work/c" && mv c/config.toml containerd/config.toml
ln -s /etc/containerd/config.toml c/config.toml
push_index "$registry/shop/api:1"
push_image "$registry/shop/unsigned:1"

sed -n '/^```sh$/,/^```$/p' "$root/docs/node.md" | grep -v -e '^```' -e ^systemctl >steps
ok "docs/node.md has the steps" test "$(wc -l <steps)" -ge 7
# No service runs here, and the machine's own containerd may be another.
sed -i 's,^hallmark doctor$,/usr/local/bin/hallmark doctor --containerd-version 2.4.2,' steps
ok "the steps, and doctor finds no error" bash -e steps
start_containerd "$work/c"
pull() { cri-pull "$containerd_socket" "$registry/$1"; }
fails "what nobody signed is not pulled" 'unsigned: .*nothing signed this digest' pull shop/unsigned:1
ok "it is signed" "$hallmark" sign -q --key release.key --recursive "$registry/shop/api:1"
ok "and pulled" pull shop/api:1
push_image "$registry/elsewhere/api:1"
fails "what no rule names is not pulled" 'denied: ' pull elsewhere/api:1

printf '#!/bin/sh\nexit 0\n' >/opt/containerd/image-verifier/bin/hallmark-verifier
outcome "doctor knows what is not hallmark-verifier" 40 'verifier-impostor' /usr/local/bin/hallmark doctor --containerd-version 2.4.2
stop_containerd
finish
