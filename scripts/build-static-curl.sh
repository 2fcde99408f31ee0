#!/usr/bin/env bash
# usage: build-static-curl.sh FOLDER
# Builds the small libcurl that the static programs carry, from Debian's source package, and prints where it is: FOLDER/curl-KEY with
# include/ and lib/libcurl.a. KEY is a hash of this file, so a change here builds anew and anything else takes what is there.
# HTTP and HTTPS with OpenSSL, HTTP/2 by nghttp2, names by c-ares (never NSS, which needs shared libraries), proxies with Basic and
# Digest, AWS SigV4. Nothing else: no NTLM, cookies, compression, and no reading of openssl.cnf.
set -euo pipefail

version=7.88.1-10+deb12u15
hashes="cdb38b72e36bc5d33d5b8810f8018ece1baa29a8f215b4495e495ded82bbf3c7  curl_7.88.1.orig.tar.gz
961b78bc48492c5693e4decb352ddd176f343260a8956f48b2887874048ef23b  curl_$version.debian.tar.xz"
settings=(
  -DCMAKE_BUILD_TYPE=Release -DCMAKE_POSITION_INDEPENDENT_CODE=ON -DBUILD_SHARED_LIBS=OFF -DBUILD_CURL_EXE=OFF -DBUILD_TESTING=OFF
  -DENABLE_MANUAL=OFF -DHTTP_ONLY=ON -DCURL_USE_OPENSSL=ON -DUSE_NGHTTP2=ON -DENABLE_ARES=ON -DENABLE_UNIX_SOCKETS=OFF
  -DCURL_CA_BUNDLE=none -DCURL_CA_PATH=none -DCURL_DISABLE_OPENSSL_AUTO_LOAD_CONFIG=ON
  -DCURL_DISABLE_ALTSVC=ON -DCURL_DISABLE_COOKIES=ON -DCURL_DISABLE_DOH=ON -DCURL_DISABLE_GETOPTIONS=ON -DCURL_DISABLE_HSTS=ON
  -DCURL_DISABLE_MIME=ON -DCURL_DISABLE_NTLM=ON
  -DCURL_USE_LIBPSL=OFF -DCURL_USE_LIBSSH=OFF -DCURL_USE_LIBSSH2=OFF -DCURL_ZLIB=OFF -DCURL_BROTLI=OFF -DCURL_ZSTD=OFF -DUSE_LIBIDN2=OFF)

[ $# -eq 1 ] || { echo "usage: build-static-curl.sh FOLDER" >&2; exit 2; }
self=$(realpath "$0")
mkdir -p "$1"
folder=$(realpath "$1")
prefix=$folder/curl-$(sha256sum "$self" | cut -c1-16)
if [ -f "$prefix/lib/libcurl.a" ]; then echo "$prefix"; exit 0; fi

work=$(mktemp -d "$folder/work.XXXXXX"); trap 'rm -rf "$work"' EXIT
log=$folder/curl.log

# The source of a package is at the mirrors that this machine has set up for the packages themselves; apt checks its signature.
fetch() {
  mkdir -p sources/parts sources/lists/partial
  if ls /etc/apt/sources.list.d/debian.sources >/dev/null 2>&1; then
    sed 's/^Types:.*/Types: deb-src/' /etc/apt/sources.list.d/debian.sources >sources/parts/debian.sources
  fi
  sed -n 's/^deb /deb-src /p' /etc/apt/sources.list 2>/dev/null >sources/parts/debian.list || true
  local apt=(apt-get -qq -o "Dir::Etc::SourceList=/dev/null" -o "Dir::Etc::SourceParts=$work/sources/parts"
             -o "Dir::State::Lists=$work/sources/lists" -o "Dir::Cache::pkgcache=" -o "Dir::Cache::srcpkgcache=" -o "APT::Sandbox::User=root")
  "${apt[@]}" update
  "${apt[@]}" source --download-only "curl=$version"
  sha256sum --check --strict --quiet <<<"$hashes"
  dpkg-source --no-check --extract "curl_$version.dsc" source
}

compile() {
  local flags="-O2 -DNDEBUG -fstack-protector-strong -fcf-protection=full -D_FORTIFY_SOURCE=2 -ffunction-sections -fdata-sections"
  cmake -G Ninja -S source -B build "${settings[@]}" -DCMAKE_C_FLAGS_RELEASE="$flags -ffile-prefix-map=$work=." \
    -DCMAKE_C_COMPILER_LAUNCHER="${HALLMARK_COMPILER_LAUNCHER:-}" -DCMAKE_INSTALL_PREFIX="$work/out" -DCMAKE_INSTALL_LIBDIR=lib
  cmake --build build
  cmake --install build
}

cd "$work"
{ fetch && compile; } >"$log" 2>&1 || {
  tail -20 "$log" >&2
  echo "build-static-curl.sh: building curl $version failed, see $log; is that version no longer at the mirror, name the one that is" >&2
  exit 1
}
rm -rf "$prefix"
mv out "$prefix"
echo "$prefix"
