#!/usr/bin/env bash
# usage: run.sh BUILD_DIR   installs hallmark into a new prefix, builds two programs against it (CMake package, then pkg-config), and has
# one sign and the other verify an image.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
build=$(realpath "$1")
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT

cmake --install "$build" --prefix "$work/prefix" >/dev/null
hallmark=$work/prefix/bin/hallmark
"$hallmark" version >/dev/null

cmake -S "$here" -B "$work/cmake" -G Ninja -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_BUILD_TYPE=Debug \
      -DCMAKE_CXX_COMPILER_LAUNCHER="${HALLMARK_COMPILER_LAUNCHER:-}" >/dev/null
cmake --build "$work/cmake" >/dev/null

PKG_CONFIG_PATH=$(dirname "$(find "$work/prefix" -name hallmark.pc)"); export PKG_CONFIG_PATH
mkdir "$work/pkgconfig"
for program in verify_image:hallmark sign_image:hallmark-keys; do
  read -r -a flags <<<"$(pkg-config --define-prefix --cflags --libs "${program#*:}")"
  ${CXX:-g++} -std=c++23 "$here/${program%:*}.cpp" -o "$work/pkgconfig/${program%:*}" "${flags[@]}"
done

"$here/../support/make_image.sh" "$work/image"
printf 'a password of the test\n' >"$work/password"
(cd "$work" && "$hallmark" key generate --out release --password-file password)
for programs in cmake pkgconfig; do
  cp -r "$work/image" "$work/image-$programs"
  digest=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["manifests"][0]["digest"])' "$work/image/index.json")
  refused=0; "$work/$programs/verify_image" "$work/image-$programs" "$digest" "$work/release.pub" || refused=$?
  [ "$refused" = 10 ] || { echo "an unsigned image must exit with 10, not $refused" >&2; exit 1; }
  "$work/$programs/sign_image" "$work/image-$programs" "$digest" "$work/release.key" "$work/password"
  "$work/$programs/verify_image" "$work/image-$programs" "$digest" "$work/release.pub" | grep -qx "verified $digest"
done
echo "two programs built against the installed libraries signed and verified, by CMake and by pkg-config"
