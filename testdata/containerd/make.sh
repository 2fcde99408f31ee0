#!/usr/bin/env bash
# usage: make.sh [VERSION…]   writes default-VERSION.toml, what each containerd prints as its default configuration, built from its released module.
# Needs Go and the module proxy; takes minutes. The versions: the last of 1.7, 2.0 and 2.1, and the one of tests/interop/peers/versions.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d); trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
export CGO_ENABLED=0 GOFLAGS=-buildvcs=false
[ $# -gt 0 ] || set -- v1.7.35 v2.0.14 v2.1.9 v2.4.2
for version in "$@"; do
  module=github.com/containerd/containerd
  case $version in v2.*) module=$module/v2 ;; esac
  mkdir "$work/$version" && cd "$work/$version"
  cat >main.go <<GO
package main

import (
	"os"

	_ "$module/cmd/containerd/builtins"
	"$module/cmd/containerd/command"
)

func main() {
	if err := command.App().Run([]string{"containerd", "config", "default"}); err != nil {
		os.Exit(1)
	}
}
GO
  go mod init defaults 2>/dev/null
  go get "$module@$version" 2>/dev/null
  go mod tidy 2>/dev/null
  go run -tags no_btrfs,no_devmapper,no_zfs,no_aufs . >"$here/default-${version#v}.toml"
  echo "default-${version#v}.toml"
done
