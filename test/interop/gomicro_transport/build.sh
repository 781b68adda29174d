#!/usr/bin/env bash
# build.sh OUT: builds the peer as OUT/gomicro-transport, unless it is newer than its
# sources.
set -euo pipefail

[ $# -eq 1 ] || { echo "usage: build.sh OUT" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)
# One Go build at a time, as for the other peers.
exec {lock}> "$out/.gomicro.lock"
flock "$lock"
program=$out/gomicro-transport
if [ -x "$program" ] && [ -z "$(find "$here" -type f -newer "$program" -print -quit)" ]; then
  exit 0
fi
go=$(bash "$here/../gomicro/toolchain.sh")
echo "building $program"
cd "$here"
CGO_ENABLED=0 GOFLAGS='' GOTOOLCHAIN=local GOWORK=off \
  "$go" build -mod=readonly -buildvcs=false -trimpath -o "$program" .
touch "$program"
