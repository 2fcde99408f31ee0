#!/bin/bash
# hallmark-verifier as containerd calls it, on a node of its own: /etc/hallmark and /var/lib/hallmark are those of a mount namespace.
. "$(dirname "$0")/lib/common.sh"
. "$interop/lib/registry.sh"
. "$interop/lib/node.sh"
needs crane
on_a_node "$@"
start_registry docker
cat >node/etc/policy.d/policy.yaml <<POLICY
version: 1
trust: {release: {key: release.pub}}
rules:
  - match: $registry/shop/**
    require: {any: [release]}
  - match: $registry/vendor/**
    require: {any: [release]}
    mode: warn
  - match: "**"
    reject: nothing else runs here
POLICY

# ask NAME DIGEST: as containerd does it.
ask() {
  printf '{"mediaType":"%s","digest":"%s","size":1}\n' application/vnd.oci.image.manifest.v1+json "$2" |
    timeout 20 "$verifier_program" -name "$1" -digest "$2" -stdin-media-type application/vnd.oci.descriptor.v1+json
}

push_image "$registry/shop/api:1"; good=$digest
push_image "$registry/shop/foreign:1"; foreign=$digest
push_image "$registry/shop/unsigned:1"; unsigned=$digest
push_image "$registry/vendor/tool:1"; vendor=$digest
for format in bundle simple; do
  push_image "$registry/shop/$format:1"
  "$hallmark" sign -q --format "$format" --key node/etc/policy.d/release.key "$registry/shop/$format@$digest" >/dev/null
  outcome "a $format signature admits" 0 '^verified: ' ask "$registry/shop/$format:1" "$digest"
done
"$hallmark" sign -q --key node/etc/policy.d/release.key "$registry/shop/api@$good" >/dev/null
"$hallmark" sign -q --key foreign.key "$registry/shop/foreign@$foreign" >/dev/null

ln -s /etc/hallmark-elsewhere/config.yaml node/etc/config.yaml
outcome "settings that lead nowhere are not no settings" 40 'hallmark-elsewhere' ask "$registry/shop/api:1" "$good"
rm node/etc/config.yaml
# Whoever opened these would wait for ever: nobody writes into them.
mkfifo openssl.cnf cas.pem
with_environment() { OPENSSL_CONF=$work/openssl.cnf SSL_CERT_FILE=$work/cas.pem ask "$@"; }
rm -f node/lib/*
outcome "no variable but those of proxies is read" 0 '^verified: ' with_environment "$registry/shop/bundle:1" "$(crane digest "$registry/shop/bundle:1")"
outcome "a person who asks gets an answer, but never the 0 that admits" 2 '/etc/hallmark/policy.d' "$verifier_program" --help
outcome "the version, the same way" 2 '^hallmark-verifier [0-9]' "$verifier_program" --version
outcome "a signed image is admitted" 0 "^verified: $registry/shop/api@$good" ask "$registry/shop/api:1" "$good"
outcome "and again, without a request" 0 'decided earlier' ask "$registry/shop/api:1" "$good"
outcome "an unsigned image is refused" 10 '^unsigned: .*nothing signed this digest' ask "$registry/shop/unsigned:1" "$unsigned"
outcome "a foreign signature is refused" 12 '^untrusted: ' ask "$registry/shop/foreign:1" "$foreign"
outcome "warn admits and says why" 0 '^unsigned: .*only warns' ask "$registry/vendor/tool:1" "$vendor"
outcome "no rule but the last: refused" 15 '^denied: .*nothing else runs here' ask "$registry/other:1" "$good"
outcome "a digest that is not there is refused" 22 '^not-found: ' ask "$registry/shop/api:1" "${good%??}00"
ask_with() { printf '%s' "$1" | "$verifier_program" -name "$registry/shop/api:1" -digest "$good" -stdin-media-type application/vnd.oci.descriptor.v1+json; }
outcome "no descriptor: refused [attack 44]" 24 'standard input is empty' ask_with ''
outcome "another descriptor: refused [attack 44]" 24 "-digest is $good" \
  ask_with "{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"digest\":\"$unsigned\",\"size\":1}"
outcome "an unknown flag: refused [attack 44]" 2 'unknown flag' "$verifier_program" -name a -platform b

chmod 664 node/etc/policy.d/policy.yaml
outcome "a policy that the group can write: refused [attack 44]" 40 'may be written by others' ask "$registry/shop/api:1" "$good"
chmod 644 node/etc/policy.d/policy.yaml
echo 'policy: policy.d' >node/etc/config.yaml && chmod 666 node/etc/config.yaml
outcome "settings that others can write: refused [attack 44]" 40 'config.yaml may be written by others' ask "$registry/shop/api:1" "$good"
rm node/etc/config.yaml
mv node/etc/policy.d/policy.yaml .
outcome "no policy: refused [attack 44]" 40 'no policy in the folder' ask "$registry/shop/api:1" "$good"
echo 'version: [' >node/etc/policy.d/policy.yaml
outcome "a broken policy: refused [attack 44]" 40 'policy.yaml:2:1: not valid YAML' ask "$registry/shop/api:1" "$good"
(cat policy.yaml; echo "revoked: {digests: [\"$good\"]}") >node/etc/policy.d/policy.yaml
outcome "a revocation takes effect at once" 14 '^revoked: ' ask "$registry/shop/api:1" "$good"
cp policy.yaml node/etc/policy.d/policy.yaml

# A policy that must be signed, and none older than one that was in force.
"$hallmark" key generate -q --format pkcs8 --out node/etc/officer >/dev/null
echo 'policy-key: officer.pub' >node/etc/config.yaml
with_serial() { sed "s/^version: 1/version: 1\nserial: $1/" policy.yaml >node/etc/policy.d/policy.yaml; }
sign_policy() { rm -f node/etc/policy.d/policy.yaml.sigstore.json; "$hallmark" policy sign -q --key node/etc/officer.key node/etc/policy.d/policy.yaml >/dev/null; }
outcome "a policy without the signature that it needs: refused [attack 40]" 40 'policy.yaml: not signed' ask "$registry/shop/api:1" "$good"
with_serial 7 && sign_policy
cp node/etc/policy.d/policy.yaml old.yaml; cp node/etc/policy.d/policy.yaml.sigstore.json old.json
ok "a signed policy" ask "$registry/shop/api:1" "$good"
flock node/lib sleep 20 & holder=$!  # whoever can read the folder can do that
with_serial 8
outcome "a policy that was changed: refused [attack 40]" 40 'changed after it was signed' ask "$registry/shop/api:1" "$good"
sign_policy
ok "its successor, while somebody else holds a lock on the folder" ask "$registry/shop/api:1" "$good"
kill $holder
cp old.yaml node/etc/policy.d/policy.yaml; cp old.json node/etc/policy.d/policy.yaml.sigstore.json
outcome "the older policy again: refused [attack 40]" 40 'serial 7 is older than 8' ask "$registry/shop/api:1" "$good"
chmod 777 node/lib
outcome "serials that others could take back: refused [attack 40]" 40 'lib/hallmark may be written by others' ask "$registry/shop/api:1" "$good"
chmod 700 node/lib
rm node/etc/config.yaml node/etc/policy.d/policy.yaml.sigstore.json node/etc/officer.* node/lib/policy-serials.json
cp policy.yaml node/etc/policy.d/policy.yaml
outcome "and so does its end" 0 '^verified: ' ask "$registry/shop/api:1" "$good"

# A key of a key service: pinned, or refused; no service is asked.
sed 's|release.pub|"hashivault://release"|' policy.yaml >node/etc/policy.d/policy.yaml
outcome "a key that is not pinned: refused" 30 'hashivault://release is not pinned in /etc/hallmark/trust.json' ask "$registry/shop/api:1" "$good"
# pin FILE: as "hallmark trust pin" writes it.
pin() {
  python3 - "$1" <<'PIN'
import base64, hashlib, json, sys
pem = open(sys.argv[1]).read()
der = base64.b64decode("".join(pem.splitlines()[1:-1]))
print(json.dumps({"version": 1, "pins": [{"key": "hashivault://release", "id": hashlib.sha256(der).hexdigest(),
                                          "algorithm": "ecdsa-p256", "pem": pem, "pinned": "2026-11-28T20:00:00Z"}]}))
PIN
}
pin node/etc/policy.d/release.pub >node/etc/trust.json
outcome "a pinned key admits" 0 '^verified: ' ask "$registry/shop/api:1" "$good"
outcome "and again, without a request" 0 'decided earlier' ask "$registry/shop/api:1" "$good"
pin foreign.pub >node/etc/trust.json
outcome "another pin: what was decided with the old one counts for nothing" 12 '^untrusted: ' ask "$registry/shop/api:1" "$good"
chmod 666 node/etc/trust.json
outcome "pins that others can write: refused [attack 44]" 40 'trust.json may be written by others' ask "$registry/shop/api:1" "$good"
chmod 644 node/etc/trust.json
echo '{"version": 1' >node/etc/trust.json
outcome "broken pins: refused [attack 44]" 40 'trust.json' ask "$registry/shop/api:1" "$good"
rm node/etc/trust.json
cp policy.yaml node/etc/policy.d/policy.yaml

kill "$started"; rm -f node/lib/*
outcome "a registry that is down: refused" 20 '^unreachable: ' ask "$registry/shop/api:1" "$good"
finish
