#!/usr/bin/env bash
# peers.sh OUT: builds the gRPC peers: OUT/grpc/grpc-server and grpc-client (C++),
# OUT/grpcgo, OUT/tonic/release/tonic-server.
#
# tonic needs cargo, which no Debian 12 package has new enough: where there is none it
# is left out, and that is said.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)

[ -f "$out/grpc/build.ninja" ] || cmake -S "$here/grpc" -B "$out/grpc" -G Ninja > /dev/null
cmake --build "$out/grpc" > /dev/null

go=$(bash "$here/../interop/gomicro/toolchain.sh")
(cd "$here/grpcgo" && CGO_ENABLED=0 GOFLAGS='' GOTOOLCHAIN=local GOWORK=off \
  "$go" build -mod=readonly -buildvcs=false -trimpath -o "$out/grpcgo" .)

if command -v cargo > /dev/null; then
  cargo build --quiet --release --locked --manifest-path "$here/tonic/Cargo.toml" --target-dir "$out/tonic"
else
  echo "peers.sh: no cargo, tonic is left out" >&2
fi
