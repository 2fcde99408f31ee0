#!/bin/bash
# The very lines of deploy/ci: sign in CI, verify at deploy, on a registry that wants a password. docker, kubectl and the installation
# are played by small scripts; hallmark, curl, sha256sum and the registry are real.
. "$(dirname "$0")/lib/common.sh"
. "$interop/lib/registry.sh"
needs crane htpasswd curl
python3 -c 'import yaml' 2>/dev/null || { skip "$test_name" "python3-yaml is missing"; finish; }
htpasswd -Bbn ci s3cret-of-ci >htpasswd 2>/dev/null
start_registry docker "auth: {htpasswd: {realm: r, path: $work/htpasswd}}"

mkdir play checkout checkout/deploy
PATH=$work/play:$(dirname "$hallmark"):$PATH
play() { printf '#!/bin/bash\n%s\n' "$2" >"play/$1"; chmod 755 "play/$1"; }
play sudo 'exec "$@"'
play apt-get ':'
play dpkg '[ "$1" = -i ] && [ "$(cat "$2")" = package ] && touch "'"$work"'/installed"'
play docker 'case $1 in login) exec crane auth login -u ci -p "$(cat)" "${!#}" ;; push) exec crane append -f "'"$work"'/layer.tar" -t "$2" ;; esac'
play kubectl '[ "$*" = "apply -f pinned.yaml" ] && cp pinned.yaml "'"$work"'/applied.yaml"'
tar -cf layer.tar htpasswd
printf package >hallmark.deb
HALLMARK_PASSWORD=correct-horse "$hallmark" key generate -q --out release >/dev/null

export REGISTRY=$registry REGISTRY_USER=ci REGISTRY_PASSWORD=s3cret-of-ci GITHUB_REPOSITORY=shop/api GITHUB_REF_NAME=v1 GITHUB_SHA=abc123
export CI_REGISTRY=$registry CI_REGISTRY_USER=ci CI_REGISTRY_PASSWORD=s3cret-of-ci CI_REGISTRY_IMAGE=$registry/shop/web CI_COMMIT_TAG=v1 CI_COMMIT_SHA=abc123
export SIGNING_PASSWORD=correct-horse HALLMARK_DEB_URL=file://$work/hallmark.deb GITHUB_OUTPUT=$work/output
HALLMARK_DEB_SHA256=$(sha256sum hallmark.deb | cut -d' ' -f1); export HALLMARK_DEB_SHA256
cp release.pub checkout/deploy/
sed "s,registry.example/shop/\*\*,$registry/shop/**," "$root/deploy/containerd/policy.yaml" >checkout/deploy/policy.yaml
deployment() { printf 'kind: Pod\nspec:\n  containers:\n  - {name: main, image: "%s"}\n' "$1" >checkout/deploy/deployment.yaml; }
job() { (cd checkout && python3 "$interop/lib/ci_job.py" "$root/deploy/ci/$1" "$2"); }
as_variable() { SIGNING_KEY=$(cat release.key) job "$@"; }
as_file() { cp release.key signing.key; SIGNING_KEY=$work/signing.key job "$@"; }

ok "GitHub: built, pushed and signed" as_variable github.yml sign
ok "the pinned reference is passed on" grep -q "^image=$registry/shop/api@sha256:" output
deployment "$registry/shop/api:v1"
ok "GitHub: verified and deployed" job github.yml deploy
ok "what is deployed is pinned" grep -q "$registry/shop/api@sha256:" applied.yaml
rm -f installed applied.yaml

ok "GitLab: built and pushed" job gitlab.yml build
deployment "$registry/shop/web:v1"
fails "GitLab: what is not signed yet is not deployed" 'nothing signed this digest' job gitlab.yml deploy
ok "nothing reached the cluster" test ! -e applied.yaml
ok "GitLab: signed" as_file gitlab.yml sign
ok "GitLab: the pinned reference is passed on" grep -q "^IMAGE_PINNED=$registry/shop/web@sha256:" checkout/sign.env
ok "GitLab: verified and deployed" job gitlab.yml deploy
ok "GitLab: what is deployed is pinned" grep -q "$registry/shop/web@sha256:" applied.yaml

rm -f installed
printf other >hallmark.deb
fails "a package that is not the one that was named is not installed" 'FAILED' job github.yml deploy
ok "it was not" test ! -e installed
finish
