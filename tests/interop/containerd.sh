#!/bin/bash
# A real containerd pulls over CRI what hallmark-verifier admits, and tells the caller why it does not pull the rest.
. "$(dirname "$0")/lib/common.sh"
. "$interop/lib/registry.sh"
. "$interop/lib/cosign.sh"
. "$interop/lib/containerd.sh"
. "$interop/lib/node.sh"
needs crane containerd cri-pull ggcr-registry cosign
release_format=pkcs8 on_a_node "$@"  # a hundred signatures, each without 64 MiB of scrypt
start_registry ggcr
cp "$verifier_program" node/bin/hallmark-verifier
cat >node/etc/policy.d/policy.yaml <<POLICY
version: 1
trust: {release: {key: release.pub}}
rules:
  - match: $registry/shop/**
    require: {any: [release]}
POLICY

mkdir c; sed "s,/opt/containerd/image-verifier/bin,$work/node/bin," "$root/deploy/containerd/hallmark.toml" >c/hallmark.toml
cri_images="max_concurrent_downloads = 9" containerd_config "$work/c" "imports = [\"$work/c/hallmark.toml\"]"
start_containerd "$work/c"
pull() { cri-pull "$containerd_socket" "$registry/$1"; }
sign_with() { "$hallmark" sign -q --key "$1" --format "$2" "$registry/$3" >/dev/null; }

for format in bundle simple; do
  push_index "$registry/shop/$format:1"
  fails "unsigned: not pulled, and told why ($format)" 'unsigned: .*nothing signed this digest' pull "shop/$format:1"
  sign_with node/etc/policy.d/release.key "$format" "shop/$format:1"
  rm -f node/lib/*  # a denial is remembered for a minute
  ok "signed: pulled ($format)" pull "shop/$format:1"
done
push_image "$registry/shop/foreign:1"; sign_with foreign.key bundle shop/foreign:1
fails "signed by another: not pulled" 'untrusted: ' pull shop/foreign:1
push_image "$registry/shop/cosign:1"
cosign import-key-pair --key node/etc/policy.d/release.key --output-key-prefix by-cosign >out 2>&1  # it reads PKCS#8 here alone
ok "cosign signs" cosign_sign bundle by-cosign.key "$registry/shop/cosign@$digest"
ok "signed by cosign: pulled" pull shop/cosign:1
push_image "$registry/elsewhere/api:1"; sign_with node/etc/policy.d/release.key bundle elsewhere/api:1
fails "no rule for the repository: not pulled" 'denied: ' pull elsewhere/api:1
push_image "$registry/shop/late:1"; sign_with node/etc/policy.d/release.key bundle shop/late:1
mv node/etc/policy.d/policy.yaml .
# without_policy WHAT WORDS: with the policy folder as it is now nothing is pulled.
without_policy() { fails "$1: not pulled" "config: .*$2" pull shop/late:1; }
without_policy "no policy" 'no policy in the folder'
: >node/etc/policy.d/policy.yaml; without_policy "an empty policy" 'policy.yaml'
echo 'rules: [' >node/etc/policy.d/policy.yaml; without_policy "a broken policy" 'not valid YAML'
cp policy.yaml node/etc/policy.d/policy.yaml
for mode in 664 646; do chmod $mode node/etc/policy.d/policy.yaml; without_policy "a policy of mode $mode" 'may be written by others'; done
chmod 644 node/etc/policy.d/policy.yaml
ok "mended: pulled" pull shop/late:1

# What parses the registry's answers is taken over: it says that the signature is good, and runs a program.
cat >taken.c <<'C'
#include <unistd.h>
int EVP_DigestVerify(void* a, const unsigned char* b, unsigned long c, const unsigned char* d, unsigned long e) {
  (void)a, (void)b, (void)c, (void)d, (void)e;
  execl("/bin/true", "true", (char*)0);
  return 1;
}
C
cc -shared -fPIC -o taken.so taken.c
printf '#!/bin/sh\nLD_PRELOAD=%s exec %s "$@"\n' "$work/taken.so" "$verifier_program" >taken && chmod 755 taken
push_image "$registry/shop/taken:1"; sign_with foreign.key bundle shop/taken:1
cp taken node/bin/hallmark-verifier
fails "a call that the verifying process may not make: not pulled [attack 45]" 'ended for a call that it may not make' pull shop/taken:1
cp "$verifier_program" node/bin/hallmark-verifier

many=100
for i in $(seq $many); do push_image "$registry/shop/many:$i" "image $i"; [ $((i % 2)) = 1 ] || sign_with node/etc/policy.d/release.key bundle "shop/many:$i"; done
pids=(); for i in $(seq $many); do pull "shop/many:$i" >"many.$i" 2>&1 & pids+=($!); done
right=0
for i in $(seq $many); do
  code=0; wait "${pids[$((i - 1))]}" || code=1
  [ $code = $((i % 2)) ] && right=$((right + 1))
done
if [ $right = $many ]; then pass "$many pulls at once: each as it should be"; else fail "many pulls" "$right of $many right: $(words_of many.1) $(words_of many.2)"; fi
stop_containerd
finish
