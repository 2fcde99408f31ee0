#!/usr/bin/env bash
# usage: deb_test.sh PACKAGE.deb   installs the package into a new, minimal Debian 12 root, uses it there, and removes and purges it again
# Needs root, debootstrap, mandoc and a package mirror.
set -euo pipefail
deb=$(realpath "$1") source=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
root=$work/root
trap 'umount -l "$root/proc" 2>/dev/null || true; rm -rf --one-file-system "$work"' EXIT
failed=0
check() { if "${@:2}" >"$work/said" 2>&1; then echo "ok $1"; else echo "FAIL $1: $(tail -n 3 "$work/said")"; failed=1; fi; }
in_root() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HALLMARK_PASSWORD=correct-horse chroot "$root" "$@"; }
# All there is but what dpkg and the loader write down for themselves.
files() { (cd "$root" && find . -xdev \( -path ./proc -o -path ./tmp -o -path ./var/lib/dpkg -o -path ./var/log -o -path ./var/cache \) -prune -o -print | sort); }

mkdir "$root"
mirror=$(sed -n 's/^URIs: *//p; s/^deb \(http[^ ]*\) .*/\1/p' /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null | head -n 1) || true
debootstrap --variant=minbase bookworm "$root" "$mirror" >"$work/log" 2>&1 || { tail -n 5 "$work/log" >&2; exit 1; }
mount -t proc proc "$root/proc"
cp "$deb" "$root/tmp/hallmark.deb"
"$source/tests/support/make_image.sh" "$root/tmp/image" >/dev/null
files >"$work/before"

check "it installs, and needs no other package" in_root dpkg -i /tmp/hallmark.deb
check "hallmark runs" in_root hallmark version
in_root sh -ec 'cd /tmp; hallmark key generate -q --out release; hallmark sign -q --key release.key oci:image:1.0' >/dev/null
check "signs and verifies" in_root hallmark verify -q --key /tmp/release.pub oci:/tmp/image:1.0
check "manual pages are there" test -s "$root/usr/share/man/man1/hallmark-verify.1.gz" -a -s "$root/usr/share/man/man8/hallmark-verifier.8.gz"
check "and mandoc reads them" sh -c "zcat '$root'/usr/share/man/man?/hallmark*.gz | mandoc -T lint -W error"
check "completions are there" test -s "$root/usr/share/bash-completion/completions/hallmark" -a -s "$root/usr/share/zsh/vendor-completions/_hallmark"
check "installing puts nothing in containerd's way" test ! -e "$root/opt/containerd"

# As docs/node.md has it.
examples=/usr/share/doc/hallmark/examples/containerd
in_root sh -ec "install -d /opt/containerd/image-verifier/bin /etc/containerd/conf.d
  ln -s /usr/libexec/hallmark/hallmark-verifier /opt/containerd/image-verifier/bin/
  cp $examples/hallmark.toml /etc/containerd/conf.d/
  printf 'version = 3\nimports = [\"/etc/containerd/conf.d/*.toml\"]\n[plugins.\"io.containerd.cri.v1.images\"]\nmax_concurrent_downloads = 9\n' > /etc/containerd/config.toml
  cp $examples/policy.yaml /tmp/release.pub /etc/hallmark/policy.d/
  touch /usr/bin/containerd; chmod 755 /usr/bin/containerd"
check "doctor finds nothing wrong with the files of deploy/containerd" in_root hallmark doctor -q --containerd-version 2.1.0
check "the policy is one" in_root hallmark policy check /etc/hallmark/policy.d
descriptor='{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2}'
said=$(printf '%s\n' "$descriptor" | in_root /opt/containerd/image-verifier/bin/hallmark-verifier -name elsewhere.example/x:1 \
  -stdin-media-type application/vnd.oci.descriptor.v1+json \
  -digest sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a) && code=0 || code=$?
check "the verifier refuses what no rule names: $said" test "$code" = 15

check "it is removed" in_root dpkg -r hallmark
check "no link is left that would block every pull" test ! -L "$root/opt/containerd/image-verifier/bin/hallmark-verifier"
check "policy and key stay" test -s "$root/etc/hallmark/policy.d/policy.yaml" -a -s "$root/etc/hallmark/policy.d/release.pub"
rm -rf "$root"/etc/{hallmark,containerd} "$root/opt/containerd" "$root/usr/bin/containerd"
check "it is purged" in_root dpkg -P hallmark
files >"$work/after"
check "nothing else is left" diff "$work/before" "$work/after"
exit $failed
