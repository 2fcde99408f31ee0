#!/bin/bash
# What a node's registries are like: TLS by a private CA, a mirror, logins of its own and of kubelet's plugins, trouble between the resolve and
# the verification. And what attackers make of images. A real containerd pulls, over CRI and as ctr does.
. "$(dirname "$0")/lib/common.sh"
. "$interop/lib/registry.sh"
. "$interop/lib/nginx.sh"
. "$interop/lib/containerd.sh"
. "$interop/lib/node.sh"
needs crane containerd ctr cri-pull ggcr-registry cosign nginx openssl curl python3
places="c:/etc/containerd eks:/etc/eks" on_a_node "$@"
start_registry ggcr; upstream=$registry
make_ca ca
make_certificate server ca IP:127.0.0.1,DNS:localhost
cp "$verifier_program" node/bin/hallmark-verifier
release=node/etc/policy.d/release

sign() { "$hallmark" sign -q --key "${3:-$release.key}" --format "${2:-bundle}" "$upstream/$1" >/dev/null || fail "$test_name" "cannot sign $1"; }
policy() { # LINE…: more of it
  printf '%s\n' 'version: 1' 'trust: {release: {key: release.pub}}' 'rules:' '  - {match: "**", require: {any: [release]}}' "$@" >node/etc/policy.d/policy.yaml
  rm -f node/lib/*
}
policy
# hosts_toml HOST LINE…: in containerd's config_path, which the verifier finds in its configuration
hosts_toml() { local folder=certs.d/$1; shift; mkdir -p "$folder"; printf '%s\n' "$@" >"$folder/hosts.toml"; }
pull() { cri-pull "$containerd_socket" "$@"; }
ctr_pull() { ctr -a "$containerd_socket" images pull --hosts-dir "$work/certs.d" "$1"; }

cri_images="registry = { config_path = \"$work/certs.d\" }" verifier="bin_dir = \"$work/node/bin\"" containerd_config "$work/c"
start_containerd "$work/c"

push_index "$upstream/shop/good:1"; sign shop/good:1
push_image "$upstream/shop/unsigned:1"

tls=server start_nginx "$upstream"; private=$nginx
fails "TLS: a registry on loopback that nobody said speaks TLS" 'unreachable: .*TLS' pull "$private/shop/good:1"
hosts_toml "$private" "[host.\"https://$private\"]" "  ca = \"$work/ca.crt\""
ok "TLS: containerd's private CA is the verifier's, too" pull "$private/shop/good:1"
fails "TLS: unsigned" 'unsigned: ' pull "$private/shop/unsigned:1"
ok "ctr images pull: signed" ctr_pull "$private/shop/good:1"
fails "ctr images pull: unsigned" 'unsigned: ' ctr_pull "$private/shop/unsigned:1"

# A mirror answers for a registry that is not there; the rule is that of the registry.
hosts_toml registry.acme.test "server = \"https://registry.acme.test\"" "[host.\"https://$private\"]" "  capabilities = [\"pull\", \"resolve\"]" "  ca = \"$work/ca.crt\""
policy "  - {match: \"registry.acme.test/shop/unsigned\", reject: never}"
ok "a mirror: pulled by the registry's name" pull "registry.acme.test/shop/good:1"
fails "a mirror: the rule for the registry's name decides" 'denied: .*never' pull "registry.acme.test/shop/unsigned:1"
policy

# Logins: containerd has those of the pod; the verifier needs its own.
basic=$(printf node:s3cret | base64)
start_nginx "$upstream" "if (\$http_authorization != \"Basic $basic\") { return 401; }" "add_header WWW-Authenticate 'Basic realm=\"r\"' always;"; locked=$nginx
fails "a login that the verifier does not have" 'unauthorized: ' pull "$locked/shop/good:1" node s3cret
printf '{"auths":{"%s":{"auth":"%s"}}}' "$locked" "$basic" >node/etc/auth.json
ok "a login in /etc/hallmark/auth.json" pull "$locked/shop/good:1" node s3cret
rm -f node/etc/auth.json node/lib/*
mkdir -p eks/image-credential-provider
cat >eks/image-credential-provider/config.json <<CONFIG
{"kind": "CredentialProviderConfig", "apiVersion": "kubelet.config.k8s.io/v1", "providers": [{"name": "test-provider", "apiVersion":
 "credentialprovider.kubelet.k8s.io/v1", "matchImages": ["$locked"], "defaultCacheDuration": "1m"}]}
CONFIG
cat >eks/image-credential-provider/test-provider <<PLUGIN
#!/bin/sh
read -r request
case \$request in *'"image":"$locked/shop/good'*) ;; *) exit 1 ;; esac
echo '{"kind": "CredentialProviderResponse", "apiVersion": "credentialprovider.kubelet.k8s.io/v1", "cacheKeyType": "Registry",
 "auth": {"$locked": {"username": "node", "password": "s3cret"}}}'
PLUGIN
chmod 755 eks/image-credential-provider/test-provider
ok "a login by kubelet's credential plugin" pull "$locked/shop/good:1" node s3cret
rm -rf eks/image-credential-provider node/lib/*

# The image resolves; then what the verifier asks for does not come. Never an admission, and each word is its own.
trouble() { # NAME WORD CONFIG
  start_nginx "$upstream" "location ~ /(referrers/|manifests/sha256-) { $3 }"
  fails "$1" "$2" pull "$nginx/shop/good:1"
}
trouble "the listing fails after the resolve" 'unreachable: ' 'return 500;'
trouble "the connection is cut after the resolve" 'unreachable: ' 'return 444;'
trouble "throttled after the resolve" 'throttled: ' 'add_header Retry-After 3600 always; return 429;'
start silent.log python3 -u -c 'import socket, time
door = socket.create_server(("127.0.0.1", 0)); print(door.getsockname()[1]); time.sleep(600)'
eventually 10 test -s silent.log
trouble "no answer after the resolve: refused before containerd's 10 seconds end" 'unreachable: .*(time|answer)' "proxy_pass http://127.0.0.1:$(cat silent.log);"

# What attackers make of images.
push_image "$upstream/shop/copied:1" copied; copied=$digest
push_image "$upstream/shop/copied:2" honest; honest=$digest
sign "shop/copied@$honest" simple
crane copy "$upstream/shop/copied:sha256-${honest#*:}.sig" "$upstream/shop/copied:sha256-${copied#*:}.sig" 2>/dev/null || fail "$test_name" "crane copy"
fails "a signature copied to another image [attack 39]" '(untrusted|invalid): ' pull "$upstream/shop/copied:1"
push_image "$upstream/shop/altered:1" altered; altered=$digest
sign "shop/altered@$altered" simple
tag=sha256-${altered#*:}.sig
crane manifest "$upstream/shop/altered:$tag" |
  sed 's/\(cosign\/signature":"[^"]\{20\}\)A/\1B/; t; s/\(cosign\/signature":"[^"]\{20\}\)./\1A/' >altered.json
crane manifest "$upstream/shop/altered:$tag" | cmp -s - altered.json && fail "$test_name" "the signature was not altered"
curl -fsS -X PUT -H 'Content-Type: application/vnd.oci.image.manifest.v1+json' --data-binary @altered.json "http://$upstream/v2/shop/altered/manifests/$tag" || fail "$test_name" "curl"
fails "an altered signature" '(untrusted|invalid|malformed): ' pull "$upstream/shop/altered:1"
push_image "$upstream/shop/revoked:1" revoked; revoked=$digest
sign shop/revoked:1
policy "revoked: {digests: [\"$revoked\"]}"
fails "a revoked digest" 'revoked: ' pull "$upstream/shop/revoked:1"
policy
ok "the same, not revoked" pull "$upstream/shop/revoked:1"

# Attestations.
push_image "$upstream/built/api:1" built; built=$digest
sign built/api:1
policy "  - {match: $upstream/built/**, require: {any: [release]}, attestations: [{type: slsaprovenance1, by: [release]}]}"
fails "an attestation is missing" '(denied|unsigned): .*attest' pull "$upstream/built/api:1"
echo '{"buildDefinition": {"buildType": "t", "externalParameters": {}}, "runDetails": {"builder": {"id": "b"}}}' >provenance.json
ok "cosign attests" cosign attest --key $release.key --type slsaprovenance1 --predicate provenance.json --tlog-upload=false --use-signing-config=false -y "$upstream/built/api@$built"
rm -f node/lib/*
ok "an attestation by cosign is there" pull "$upstream/built/api:1"
stop_containerd
finish
