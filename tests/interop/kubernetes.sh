#!/bin/bash
# k8s://NAMESPACE/SECRET against a scripted API server that kubectl and cosign believe: both directions with cosign, every way to log in,
# every refusal.
. "$(dirname "$0")/lib/common.sh"
. "$interop/lib/keys.sh"
. "$interop/lib/registry.sh"
. "$interop/lib/cosign.sh"
needs cosign crane ggcr-registry kubectl openssl python3 jq unshare

# The server, its rules, and who is who.
make_service_ca
port=$(free_port)
server=https://127.0.0.1:$port
mkdir api pod
service_certificate server 127.0.0.1 cluster.test
cp server.pem server.key ca.pem api
echo '["ci", "other"]' >api/namespaces.json
cat >api/rules.json <<'RULES'
[{"user": "admin", "verbs": ["get", "create", "update", "delete"], "namespace": "*", "names": null},
 {"user": "system:serviceaccount:ci:signer", "verbs": ["get"], "namespace": "ci", "names": ["by-cosign", "by-hallmark"]},
 {"user": "system:serviceaccount:ci:maker", "verbs": ["create"], "namespace": "ci", "names": null},
 {"user": "system:serviceaccount:ci:verifier", "verbs": ["get"], "namespace": "ci", "names": ["public-only"]}]
RULES
start_script server.log "$port" python3 "$interop/lib/kubernetes_server.py" serve "$port" api
token() { python3 "$interop/lib/kubernetes_server.py" token api "$@"; }
mode() { echo "$*" >api/mode; }
good() { rm -f api/mode; }
asked() { grep -c -- "$1" api/requests; }

# client NAME [DAYS]: a client certificate by our CA.
client() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=${2:-$1}" >/dev/null 2>&1
  openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days "${3:-2}" -out "$1.pem" \
    -extfile <(echo extendedKeyUsage=clientAuth) >/dev/null 2>&1
}
client admin
client ended admin -1
secret COSIGN_PASSWORD
export COSIGN_PASSWORD
signer=$(token system:serviceaccount:ci:signer 3600)
verifier=$(token system:serviceaccount:ci:verifier 3600)
old=$(token system:serviceaccount:ci:signer -60)
foreign=$(token system:serviceaccount:ci:signer 3600 https://other.test)
forged=${signer%.*}.$(printf '%032d' 0)
mark "$signer" "$verifier" "$old" "$foreign" "$forged"

# kubeconfig NAME USER: cluster and context by kubectl; the user as JSON, for Debian's kubectl 1.20 crashes in set-credentials.
kubeconfig() {
  local file=$work/$1.config
  {
    kubectl --kubeconfig "$file" config set-cluster c --server="${at:-$server}" --certificate-authority="${ca:-ca.pem}" --embed-certs=true &&
      kubectl --kubeconfig "$file" config set-context x --cluster=c --user=u --namespace=ci &&
      kubectl --kubeconfig "$file" config use-context x
  } >out 2>&1 || fail "kubectl config" "$(words_of out)"
  python3 -c 'import json, sys, yaml
with open(sys.argv[1]) as file: config = yaml.safe_load(file)
config["users"] = [{"name": "u", "user": json.loads(sys.argv[2])}]
with open(sys.argv[1], "w") as file: yaml.safe_dump(config, file)' "$file" "$2"
}
by_token() { jq -nc --arg t "$1" '{token: $t}'; }
by_certificate() { jq -nc --rawfile c "$1.pem" --rawfile k "$1.key" '{"client-certificate-data": ($c | @base64), "client-key-data": ($k | @base64)}'; }
kubeconfig admin "$(by_certificate admin)"
kubeconfig files '{"client-certificate": "admin.pem", "client-key": "admin.key"}'
for who in signer verifier old foreign forged; do kubeconfig "$who" "$(by_token "${!who}")"; done
kubeconfig maker "$(by_token "$(token system:serviceaccount:ci:maker 3600)")"
kubeconfig ended "$(by_certificate ended)"
kubeconfig nobody '{}'
as() { local who=$1; shift; env KUBECONFIG="$work/$who.config" "$@"; }
# edit FROM TO CODE: a copy of a kubeconfig, in which `user` and `cluster` are changed by a line of Python.
edit() {
  (umask 077; python3 -c 'import sys, yaml
config = yaml.safe_load(sys.stdin)
user, cluster = config["users"][0]["user"], config["clusters"][0]["cluster"]
exec(sys.argv[1])
yaml.safe_dump(config, sys.stdout)' "$3" <"$1.config" >"$2.config")
}
# Debian 12 has kubectl 1.20, which knows no client.authentication.k8s.io/v1 yet.
kubectl_minor=$(kubectl version --client -o json 2>/dev/null | jq -r '.clientVersion.minor | sub("[^0-9].*"; "")')

# --- kubectl believes the server -------------------------------------------------------------------------------------------
fails "kubectl: a secret that is missing" 'NotFound.*secrets "none" not found' as admin kubectl get secret none
ok "kubectl makes a secret" as admin kubectl create secret generic plain --from-literal=a=b
fails "kubectl: a name that is taken" "already exists" as admin kubectl create secret generic plain --from-literal=a=b
fails "kubectl: a namespace that is missing" 'namespaces "none" not found' as admin kubectl create secret generic plain -n none --from-literal=a=b
ok "kubectl reads it" sh -c "KUBECONFIG=$work/admin.config kubectl get secret plain -o jsonpath='{.data.a}' | grep -qx Yg=="
fails "kubectl: what the role does not allow" 'Forbidden.*User "system:serviceaccount:ci:signer" cannot get resource "secrets"' as signer kubectl get secret plain
for who in old foreign forged ended; do fails "kubectl: $who credentials" "[Uu]nauthorized|logged in" as "$who" kubectl get secret plain; done
fails "kubectl: no credentials" "system:anonymous|Username|logged in" as nobody kubectl get secret plain -o name </dev/null
ok "kubectl asks what the admin may" as admin kubectl auth can-i delete secrets/plain
fails "kubectl asks what the signer may not" "^no" as signer kubectl auth can-i delete secrets/by-cosign
ok "kubectl asks what the signer may" as signer kubectl auth can-i get secrets/by-cosign

# --- cosign and hallmark, in both directions -----------------------------------------------------------------------------------
start_registry ggcr
export KUBECONFIG=$work/admin.config
ok "cosign makes a pair in the cluster" cosign generate-key-pair k8s://ci/by-cosign
ok "cosign's secret is immutable" sh -c "kubectl get secret by-cosign -o jsonpath='{.immutable}' | grep -qx true"
fails "cosign cannot change it" "immutable" cosign generate-key-pair k8s://ci/by-cosign
mv cosign.pub by-cosign.pub
mark "$(kubectl get secret by-cosign -o jsonpath='{.data.cosign\.key}' | tail -c 40)"

secret own_password
# shellcheck disable=SC2154 # set by secret
(umask 077; echo "$own_password" >password)
"$hallmark" key generate --kms k8s://ci/by-hallmark --password-file password >by-hallmark.pub 2>out || fail "hallmark makes a pair" "$(words_of out)"
ok "hallmark makes a pair in the cluster" grep -q "BEGIN PUBLIC KEY" by-hallmark.pub
ok "with cosign's fields" test "$(kubectl get secret by-hallmark -o json | jq -c '[(.data | keys), .immutable, .type]')" = \
  '[["cosign.key","cosign.password","cosign.pub"],true,"Opaque"]'
ok "and its password in it" test "$(kubectl get secret by-hallmark -o jsonpath='{.data.cosign\.password}' | base64 -d)" = "$own_password"
key_failure "a name that is taken stays" already-exists "ci/by-hallmark exists already: nothing was written" \
  "$hallmark" key generate --kms k8s://ci/by-hallmark --password-file password
key_failure "a namespace that is missing" not-found "there is no namespace none" "$hallmark" key generate --kms k8s://none/x --password-file password
"$hallmark" key generate --kms k8s://ci/p384 --type ecdsa-p384 --password-file password >p384.pub 2>out || fail "hallmark makes P-384" "$(words_of out)"
ok "cosign opens a P-384 pair of hallmark's" cosign public-key --key k8s://ci/p384

for name in by-cosign by-hallmark; do
  for format in bundle simple; do
    push_image "$registry/kubernetes/$name-$format:1"
    ref=$registry/kubernetes/$name-$format@$digest
    : >api/requests
    ok "hallmark signs with $name ($format)" "$hallmark" sign --key "k8s://ci/$name" --format "$format" "$ref"
    ok "by one question to the cluster" test "$(asked .)" = 1
    ok "cosign verifies that by the secret" cosign_verify "$format" p256 "k8s://ci/$name" "$ref"
    ok "cosign verifies that by the public key" cosign_verify "$format" p256 "$name.pub" "$ref"
    ok "hallmark verifies that by the secret" "$hallmark" verify --key "k8s://ci/$name" "$ref"
    push_image "$registry/kubernetes/$name-$format:2"
    ref=$registry/kubernetes/$name-$format@$digest
    ok "cosign signs with $name ($format)" cosign_sign "$format" "k8s://ci/$name" "$ref"
    ok "hallmark verifies that by the secret" "$hallmark" verify --key "k8s://ci/$name" "$ref"
    ok "hallmark verifies that by the public key" "$hallmark" verify --key "$name.pub" "$ref"
  done
done
push_image "$registry/kubernetes/app:1"
ref=$registry/kubernetes/app@$digest

# A verifier's secret holds no more than the public key.
kubectl create secret generic public-only --from-file=cosign.pub=by-cosign.pub >out 2>&1 || fail "kubectl create" "$(words_of out)"
export KUBECONFIG=$work/verifier.config
ok "a public key alone verifies" "$hallmark" verify --key k8s://ci/public-only "$registry/kubernetes/by-cosign-bundle:1"
key_failure "and does not sign" not-found "has no field cosign.key.*can verify, not sign" "$hallmark" sign --key k8s://ci/public-only "$ref"
key_failure "the verifier cannot read the signer's" access-denied 'verifier" may not get the secret ci/by-cosign' "$hallmark" verify --key k8s://ci/by-cosign "$ref"

# What inspect says is what kubectl auth can-i says.
inspect() { "$hallmark" key inspect "$1" -o json 2>/dev/null | jq -c '[.private, .exportable, (.rights | map([.name, .held]))]'; }
ok "inspect: the signer's rights" test "$(as signer "$hallmark" key inspect k8s://ci/by-cosign -o json 2>/dev/null | jq -c '[.private, .exportable, (.rights | map([.action, .held]))]')" = \
  '[true,"yes",[["read-public-key","yes"],["sign","yes"],["export","yes"],["delete","no"]]]'
ok "inspect: the admin's" test "$(KUBECONFIG=$work/admin.config inspect k8s://ci/public-only)" = \
  '[false,"yes",[["get secrets/public-only","yes"],["delete secrets/public-only","yes"],["update secrets/public-only","yes"]]]'
mode no-reviews
ok "inspect: unknown where nobody answers" test "$(inspect k8s://ci/public-only)" = \
  '[false,"yes",[["get secrets/public-only","yes"],["delete secrets/public-only","unknown"],["update secrets/public-only","unknown"]]]'
good

# --- every way to log in -------------------------------------------------------------------------------------------------------
public() { "$hallmark" key public --key "${1:-k8s://ci/by-cosign}"; }
same_key() { public "$@" >got.pub 2>out && cmp got.pub by-cosign.pub; }
sign() { # [KEY] FLAG…
  local key=k8s://ci/by-cosign
  case ${1:-} in k8s:*) key=$1; shift ;; esac
  "$hallmark" sign --key "$key" "$ref" "$@"
}
for who in admin files signer; do KUBECONFIG=$work/$who.config ok "log in: $who" same_key; done
KUBECONFIG=/nonexistent:$work/signer.config:$work/admin.config ok "log in: the first file that names it wins" same_key
ok "by the signer" grep -q "signer 200" <(tail -1 api/requests)
mkdir -p "$HOME/.kube" && cp signer.config "$HOME/.kube/config"
(unset KUBECONFIG; ok "log in: ~/.kube/config" same_key)
rm "$HOME/.kube/config"
jq -n --arg t "$signer" --arg s "$server" --rawfile ca ca.pem '{"current-context": "none", contexts: [{name: "x", context: {cluster: "c", user: "u"}}],
  clusters: [{name: "c", cluster: {server: $s, "certificate-authority-data": ($ca | @base64)}}], users: [{name: "u", user: {token: $t}}]}' >json.config
chmod 600 json.config
KUBECONFIG=$work/json.config HALLMARK_KUBE_CONTEXT=x ok "log in: JSON, another context" same_key

printf '%s\n' "$old" >token
edit signer token-file 'user.clear(); user["tokenFile"] = "token"'
export KUBECONFIG=$work/token-file.config
key_failure "log in: a token file that ended" expired-credentials 'the token of "u" ended at 20' sign
printf '%s\n' "$signer" >token
ok "log in: a token file, renewed" same_key
fails "kubectl reads the same file" "NotFound|Forbidden" kubectl get secret none

# Exec plugins: run by kubectl first, then by hallmark.
mkdir login
cat >login/plugin <<PLUGIN
#!/bin/sh
echo run >>$work/runs
[ "\$1" = get-token ] && [ "\$WHO" = signer ] || exit 3
case \$KUBERNETES_EXEC_INFO in *'"kind":"ExecCredential"'*'"server":"$server"'*'"certificate-authority-data":'*) ;; *) exit 4 ;; esac
[ -z "\$HALLMARK_PASSWORD\$COSIGN_PASSWORD" ] || exit 5
version=\$(echo "\$KUBERNETES_EXEC_INFO" | jq -r .apiVersion)
cat "$work/plugin.status" | jq -c --arg v "\$version" '{apiVersion: \$v, kind: "ExecCredential", status: .}'
PLUGIN
chmod 755 login/plugin
kubeconfig exec-v1beta1 '{"exec": {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": "./login/plugin", "args": ["get-token"],
  "env": [{"name": "WHO", "value": "signer"}], "provideClusterInfo": true}}'
edit exec-v1beta1 exec-v1 'user["exec"].update(apiVersion="client.authentication.k8s.io/v1", interactiveMode="Never")'
for version in v1beta1 v1; do
  export KUBECONFIG=$work/exec-$version.config
  jq -n --arg t "$signer" '{token: $t}' >plugin.status
  if [ "$version" = v1beta1 ] || [ "$kubectl_minor" -ge 22 ]; then
    fails "kubectl runs the plugin ($version)" 'secrets "plain" is forbidden.*signer' env -u COSIGN_PASSWORD kubectl get secret plain
  fi
  ok "hallmark runs the plugin ($version)" env HALLMARK_PASSWORD=x "$hallmark" key public --key k8s://ci/by-cosign
done
: >runs
ok "a plugin is run once for one command" "$hallmark" key inspect k8s://ci/by-cosign
ok "that is so" test "$(wc -l <runs)" = 1
edit exec-v1 exec-path 'user["exec"]["command"] = "plugin"'
KUBECONFIG=$work/exec-path.config ok "a plugin in PATH" env PATH="$work/login:$PATH" "$hallmark" key public --key k8s://ci/by-cosign
jq -n --rawfile c admin.pem --rawfile k admin.key '{clientCertificateData: $c, clientKeyData: $k}' >plugin.status
ok "a plugin gives a client certificate" same_key
edit exec-v1 exec-fails 'user["exec"]["env"] = None'
KUBECONFIG=$work/exec-fails.config key_failure "a plugin that fails" no-credentials 'plugin" failed with exit code 3' sign
jq -n --arg t "$old" '{token: $t}' >plugin.status
key_failure "a plugin that gives what has ended" expired-credentials 'the token of "u" ended' sign
echo '{}' >plugin.status
key_failure "a plugin that gives nothing" malformed-answer "neither a token nor a client certificate" sign
edit exec-v1 exec-none 'user["exec"]["command"] = "no-such-plugin"'
KUBECONFIG=$work/exec-none.config key_failure "a plugin that is missing" no-credentials '"no-such-plugin" is not in PATH' sign

# In a pod. kubectl first.
in_pod() {
  env -u KUBECONFIG KUBERNETES_SERVICE_HOST=127.0.0.1 KUBERNETES_SERVICE_PORT="$port" unshare -rm sh -c '
    mount -t tmpfs none /run && mkdir -p /run/secrets/kubernetes.io && cp -r "$0" /run/secrets/kubernetes.io/serviceaccount && exec "$@"' "$work/pod" "$@"
}
cp ca.pem pod/ca.crt; printf ci >pod/namespace; printf %s "$signer" >pod/token
if in_pod true 2>/dev/null && [ "$(readlink -f /var/run)" = /run ]; then
  fails "kubectl in a pod" 'secrets "plain" is forbidden.*signer' in_pod kubectl get secret plain
  ok "cosign in a pod" in_pod cosign public-key --key k8s://ci/by-cosign
  ok "hallmark in a pod" in_pod "$hallmark" key public --key k8s://ci/by-cosign
  printf %s "$old" >pod/token
  key_failure "a pod whose token ended" expired-credentials "the token of \"the pod's service account\" ended" in_pod "$hallmark" sign --key k8s://ci/by-cosign "$ref"
else
  skip "in a pod" "this user cannot make a mount namespace"
fi

# proxy-url: the name leads nowhere but through the proxy.
start_routes cluster.test:6443="$port"
at=https://cluster.test:6443 kubeconfig proxied "$(by_token "$signer")"
edit proxied proxied-by "cluster['proxy-url'] = '$route_proxy'"
export KUBECONFIG=$work/proxied-by.config
fails "kubectl goes through proxy-url" 'secrets "plain" is forbidden' kubectl get secret plain
ok "hallmark goes through proxy-url" env NO_PROXY='*' "$hallmark" key public --key k8s://ci/by-cosign
ok "through that proxy" grep -q "CONNECT cluster.test:6443" routes.log
KUBECONFIG=$work/proxied.config ok "hallmark goes through HTTPS_PROXY" env HTTPS_PROXY="$route_proxy" "$hallmark" key public --key k8s://ci/by-cosign
edit proxied socks 'cluster["proxy-url"] = "socks5://127.0.0.1:1"'
KUBECONFIG=$work/socks.config key_failure "a proxy of another kind" unsupported "its proxy-url" sign

# --- every refusal -------------------------------------------------------------------------------------------------------------
refused() { local who=$1 name=$2; shift 2; KUBECONFIG=$work/$who.config key_failure "$name" "$@" sign; }
refused old "a token that ended" expired-credentials 'the token of "u" ended at 20'
refused foreign "a token for another audience" refused-credentials "does not take the token"
refused forged "a token wrongly signed" refused-credentials "does not take the token"
refused ended "a client certificate that ended" expired-credentials "the client certificate of \"u\" ended"
refused nobody "nobody" access-denied '"system:anonymous" may not get the secret ci/by-cosign'
refused maker "what the role does not allow" access-denied 'the user "system:serviceaccount:ci:maker" may not get the secret ci/by-cosign'
KUBECONFIG=$work/signer.config key_failure "making one without the right" access-denied 'signer" may not create the secret ci/new' \
  "$hallmark" key generate --kms k8s://ci/new --password-file password
KUBECONFIG=$work/maker.config ok "making one with no other right" "$hallmark" key generate --kms k8s://ci/made --password-file password
export KUBECONFIG=$work/admin.config
key_failure "a secret that is missing" not-found "there is no secret none in namespace ci" sign k8s://ci/none
key_failure "a secret without the fields" not-found "the secret ci/plain has no field cosign.key" sign k8s://ci/plain
key_failure "a malformed reference" not-found "k8s://NAMESPACE/SECRET" sign k8s://ci
export KUBECONFIG=/nonexistent
key_failure "no cluster anywhere" no-credentials "/nonexistent: no such file; KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set" sign

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout other.key -out other.pem -days 2 -subj /CN=other >/dev/null 2>&1
ca=other.pem kubeconfig distrust "$(by_token "$signer")"
refused distrust "a server by another CA" unreachable "cannot be trusted.*CA is taken from certificate-authority-data of cluster \"c\""
at=https://127.0.0.1:$(free_port) kubeconfig closed "$(by_token "$signer")"
refused closed "nobody listens" unreachable "onnection refused"
edit signer careless 'del cluster["certificate-authority-data"]; cluster["insecure-skip-tls-verify"] = True'
fails "kubectl would take any server" "Forbidden" as careless kubectl get secret plain
refused careless "hallmark takes none unverified" unsupported "insecure-skip-tls-verify is refused"
edit signer basic 'user.clear(); user.update(username="u", password="hush")'
edit signer named 'cluster["tls-server-name"] = "cluster.test"'
refused named "a server's name that is not its host" unsupported "tls-server-name"
refused basic "user names and passwords" unsupported "logs in by username"
cp signer.config loose.config; chmod 644 loose.config
refused loose "a token that others can read" no-credentials "others can read the token"
chmod 620 loose.config
refused loose "a kubeconfig that others can write" no-credentials "others can change this kubeconfig"

export KUBECONFIG=$work/signer.config
spoiled() { local name=$1 spoil=$2; shift 2; mode "$spoil"; key_failure "$name" "$@" "$hallmark" sign --key k8s://ci/by-cosign --timeout 3s "$ref"; good; }
other=$(free_port)
spoiled "too many requests" 429 throttled "429"
spoiled "service unavailable" 503 unreachable "503"
spoiled "an internal error" 500 unreachable "500 .InternalError"
spoiled "a page instead of an answer" html malformed-answer "not as documented"
spoiled "success that is none" error-200 malformed-answer "not as documented"
spoiled "an answer without end" huge malformed-answer "more than 2097152"
spoiled "an answer that breaks off" truncated unreachable "Kubernetes"
spoiled "another secret than asked for" "other ci by-hallmark" wrong-answer "another object than the secret ci/by-cosign"
spoiled "a redirect" "redirect https://127.0.0.1:$other/" malformed-answer "redirects .307., which is not followed"
spoiled "an answer that does not come" slow unreachable "time limit"
spoiled "a clock that is wrong" skew clock-skew "clock is .* behind"
spoiled "a server that repeats the token" echo access-denied "may not get the secret"

# Secrets that others wrote, by kubectl.
export KUBECONFIG=$work/admin.config
kubectl get secret by-cosign -o jsonpath='{.data.cosign\.key}' | base64 -d >in-secret.key
put() { local name=$1; shift; kubectl create secret generic "$name" "$@" >out 2>&1 || fail "kubectl create $name" "$(words_of out)"; }
put swapped --from-file=cosign.key=in-secret.key --from-file=cosign.pub=by-hallmark.pub --from-literal=cosign.password="$COSIGN_PASSWORD"
put wrong-password --from-file=cosign.key=in-secret.key --from-file=cosign.pub=by-cosign.pub --from-literal=cosign.password=wrong
put no-password --from-file=cosign.key=in-secret.key --from-file=cosign.pub=by-cosign.pub
put junk --from-literal=cosign.key=junk --from-literal=cosign.pub=junk
key_failure "a public key that was exchanged" wrong-answer "is the key .*, but cosign.key is" sign k8s://ci/swapped
key_failure "a wrong password" wrong-pin "cosign.key of the secret ci/wrong-password: wrong password" sign k8s://ci/wrong-password
(umask 077; echo "$COSIGN_PASSWORD" >cosign-password)
ok "a password that is kept elsewhere" "$hallmark" sign --key k8s://ci/no-password --password-file cosign-password "$ref"
key_failure "junk for a key" wrong-key "cosign.key of the secret ci/junk" sign k8s://ci/junk
key_failure "junk for a public key" wrong-key "cosign.pub of the secret ci/junk" "$hallmark" verify --key k8s://ci/junk "$ref"
ok "no secret in the server's log of paths" no_secret_in api/requests
finish
