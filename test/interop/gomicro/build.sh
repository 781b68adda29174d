#!/usr/bin/env bash
# build.sh OUT [v1|v2]...: builds the Go Micro peers as OUT/gomicro-v1 and OUT/gomicro-v2.
#
# A peer that is newer than all of its sources is left alone. One build at a time: each
# takes a gigabyte and both cores for a while.
set -euo pipefail

if [ $# -lt 1 ]; then
  echo "usage: build.sh OUT [v1|v2]..." >&2
  exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- v1 v2

exec {lock}> "$out/.gomicro.lock"
flock "$lock"

go=''
for peer in "$@"; do
  program=$out/gomicro-$peer
  if [ -x "$program" ] && [ -z "$(find "$here/$peer" "$here/peer" -type f -newer "$program" -print -quit)" ]; then
    continue
  fi
  [ -n "$go" ] || go=$(bash "$here/toolchain.sh")
  echo "building $program"
  # Without cgo no C compiler takes part and the program runs anywhere.
  (cd "$here/$peer" &&
    CGO_ENABLED=0 GOFLAGS='' GOTOOLCHAIN=local GOWORK=off \
      "$go" build -mod=readonly -buildvcs=false -trimpath -o "$program" .)
  touch "$program"
done
