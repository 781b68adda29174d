#!/usr/bin/env bash
# build_one.sh FOLDER OUT: builds the peer in the folder beside this one, e.g.
# gomicro_brokers, as OUT/gomicro-brokers, unless it is newer than its sources.
set -euo pipefail

[ $# -eq 2 ] || { echo "usage: build_one.sh FOLDER OUT" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
sources=$here/../$1
mkdir -p "$2"
out=$(cd "$2" && pwd)
# One Go build at a time, as for the other peers.
exec {lock}> "$out/.gomicro.lock"
flock "$lock"
program=$out/${1//_/-}
if [ -x "$program" ] && [ -z "$(find "$sources" -type f -newer "$program" -print -quit)" ]; then
  exit 0
fi
go=$(bash "$here/toolchain.sh")
echo "building $program"
cd "$sources"
CGO_ENABLED=0 GOFLAGS='' GOTOOLCHAIN=local GOWORK=off \
  "$go" build -mod=readonly -buildvcs=false -trimpath -o "$program" .
touch "$program"
