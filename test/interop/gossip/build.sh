#!/usr/bin/env bash
# build.sh OUT: builds the peers as OUT/memberlist-node and OUT/gomicro-gossip.
#
# A peer that is newer than all of its sources is left alone. One build at a time.
set -euo pipefail

[ $# -eq 1 ] || { echo "usage: build.sh OUT" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)

exec {lock}> "$out/.gossip.lock"
flock "$lock"

go=''
build() { # FOLDER PROGRAM
  local program=$out/$2
  if [ -x "$program" ] && [ -z "$(find "$here/$1" -type f -newer "$program" -print -quit)" ]; then
    return
  fi
  [ -n "$go" ] || go=$(bash "$here/../gomicro/toolchain.sh")
  echo "building $program"
  # Without cgo no C compiler takes part and the program runs anywhere.
  (cd "$here/$1" &&
    CGO_ENABLED=0 GOFLAGS='' GOTOOLCHAIN=local GOWORK=off \
      "$go" build -mod=readonly -buildvcs=false -trimpath -o "$program" .)
  touch "$program"
}

build memberlist memberlist-node
build gomicro gomicro-gossip
