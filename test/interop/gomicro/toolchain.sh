#!/usr/bin/env bash
# toolchain.sh: prints the path of a `go` that is new enough for the programs here.
#
# The version is the one in v2/go.mod. The machine's own go is taken if it is not
# older; Debian 12's is, and knows nothing of newer toolchains. Those are published
# as a module, which any go can download and check; what an old one unpacks lacks
# only the executable bits.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
wanted=$(sed -n 's/^go \([0-9.]*\)$/\1/p' "$here/v2/go.mod")

if ! own=$(command -v go); then
  echo "toolchain.sh: no go in PATH; scripts/install.sh test installs Debian's" >&2
  exit 1
fi
# Neither the caller's flags nor a toolchain switch may stand in between.
export GOFLAGS='' GOTOOLCHAIN=local
version=$("$own" env GOVERSION)
if printf '%s\n' "$wanted" "${version#go}" | sort -C -V; then
  echo "$own"
  exit 0
fi

module=golang.org/toolchain@v0.0.1-go$wanted.$("$own" env GOOS)-$("$own" env GOARCH)
root=$("$own" env GOMODCACHE)/$module
if [ ! -x "$root/bin/go" ]; then
  echo "toolchain.sh: $own is $version, downloading go$wanted" >&2
  # Outside any module: an old go would refuse this one's go.mod.
  if ! (cd / && "$own" mod download "$module") >&2; then
    echo "toolchain.sh: cannot download $module; is there a way to a Go module proxy (go env GOPROXY)?" >&2
    exit 1
  fi
  # bin/go last: it is what says that the work is done.
  find "$root/pkg/tool" -type f -exec chmod a+x {} +
  chmod a+x "$root/bin/gofmt"
  chmod a+x "$root/bin/go"
fi
"$root/bin/go" version > /dev/null
echo "$root/bin/go"
