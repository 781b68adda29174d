#!/usr/bin/env bash
# build.sh OUT [PEER]...: gets the foreign gRPC and HTTP/2 programs.
#
#   grpc-go-client grpc-go-server   grpc-go's official interop programs
#   grpcurl                         calls by server reflection
#   grpc-health-probe               calls grpc.health.v1
#   h2spec                          the conformance test of HTTP/2 and HPACK servers
#   grpcio                          OUT/grpcio/bin/python, with what python/ needs
#
# Each comes from a package at a pinned version, which the package's own tool checks.
# What is newer than its pins is left alone. One build at a time.
set -euo pipefail

if [ $# -lt 1 ]; then
  echo "usage: build.sh OUT [PEER]..." >&2
  exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- grpc-go-client grpc-go-server grpcurl grpc-health-probe h2spec grpcio

exec {lock}> "$out/.grpc.lock"
flock "$lock"

# name -> folder of its go.mod, package
declare -A module=([h2spec]=$here/../h2spec) package=(
  [grpc-go-client]=google.golang.org/grpc/interop/client
  [grpc-go-server]=google.golang.org/grpc/interop/server
  [grpcurl]=github.com/fullstorydev/grpcurl/cmd/grpcurl
  [grpc-health-probe]=github.com/grpc-ecosystem/grpc-health-probe
  [h2spec]=github.com/summerwind/h2spec/cmd/h2spec
)

go=''
build_go() {
  local program=$out/$1 folder=${module[$1]:-$here/go}
  if [ -x "$program" ] && [ -z "$(find "$folder" -type f -newer "$program" -print -quit)" ]; then
    return
  fi
  [ -n "$go" ] || go=$(bash "$here/../gomicro/toolchain.sh")
  echo "building $program"
  # Without cgo no C compiler takes part and the program runs anywhere.
  (cd "$folder" &&
    CGO_ENABLED=0 GOFLAGS='' GOTOOLCHAIN=local GOWORK=off \
      "$go" build -mod=readonly -buildvcs=false -trimpath -o "$program" "${package[$1]}")
  touch "$program"
}

build_grpcio() {
  local folder=$out/grpcio pins=$here/python/requirements.txt
  [ -e "$folder/.done" ] && [ ! "$pins" -nt "$folder/.done" ] && return
  echo "installing $folder"
  rm -rf "$folder"
  python3 -m venv "$folder"
  # Wheels only: building grpcio takes half an hour.
  "$folder/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: \
    --requirement "$pins"
  touch "$folder/.done"
}

for peer in "$@"; do
  if [ "$peer" = grpcio ]; then
    build_grpcio
  elif [ -n "${package[$peer]:-}" ]; then
    build_go "$peer"
  else
    echo "build.sh: no peer '$peer'" >&2
    exit 2
  fi
done
