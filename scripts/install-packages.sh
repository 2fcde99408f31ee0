#!/usr/bin/env bash
# usage: install-packages.sh GROUP…   installs the Debian packages of these groups that are missing; groups: build static deb demo test lint sanitize fuzz interop
# Needs root or sudo only when something is missing. Services that come with a package are not started.
set -euo pipefail

packages() {
  case "$1" in
    build) echo g++ cmake ninja-build pkg-config ccache libssl-dev libcurl4-openssl-dev libarchive-dev zlib1g-dev libzstd-dev nlohmann-json3-dev \
                libsodium-dev libsqlite3-dev libseccomp-dev libpsl-dev libtomlplusplus-dev libyaml-cpp-dev libcli11-dev libp11-kit-dev libtss2-dev ;;
    static) echo libc-ares-dev libnghttp2-dev nettle-dev dpkg-dev patch xz-utils ;;
    deb) echo python3 dpkg-dev fakeroot file ;;
    demo) echo busybox-static docker-registry curl python3 openssl ca-certificates ;;
    test) echo catch2 libcpp-httplib-dev busybox-static docker-registry python3 python3-jsonschema openssl ca-certificates \
               apache2-utils procps gdb-minimal swtpm ;;
    lint) echo clang-19 clang-tidy-19 clang-format-19 python3 shellcheck ;;
    sanitize) echo clang-19 libclang-rt-19-dev llvm-19 ;;
    fuzz) echo clang-19 libclang-rt-19-dev llvm-19 ;;
    interop) echo docker-registry nginx-light tinyproxy apache2-utils python3 python3-venv python3-yaml openssl iproute2 skopeo golang-go curl jq valgrind \
                  debootstrap mandoc softhsm2 opensc swtpm swtpm-tools tpm2-tools tpm2-openssl 'kubernetes-client|kubectl' ;;
    *) echo "install-packages.sh: unknown group '$1'" >&2; exit 2 ;;
  esac
}

wanted=()
for group in "$@"; do
  read -r -a listed <<<"$(packages "$group")"
  wanted+=("${listed[@]}")
done

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
missing=()
for package in "${wanted[@]}"; do  # "A|B": A, unless B is there, which brings the same files from elsewhere
  installed "${package%|*}" || installed "${package#*|}" || missing+=("${package%|*}")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "install-packages.sh: install ${missing[*]} as root first (there is no sudo here)" >&2; exit 2; }
  as_root=(sudo)
fi
echo "installing ${#missing[@]} Debian packages: ${missing[*]}" >&2
# RUNLEVEL=1 keeps invoke-rc.d from starting the daemons that some of them bring along.
run_apt() { "${as_root[@]}" env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 "$@"; }
log=$(mktemp); trap 'rm -f "$log"' EXIT
{ run_apt update && run_apt install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
