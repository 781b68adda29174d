#!/usr/bin/env bash
# nats.sh: the nats broker beside `nats bench`, on one server.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
bash "$ROOT/scripts/install.sh" test
cmake --build "$BUILD" -j "$(nproc)" --target broker-load > /dev/null
tools=$ROOT/build/bench-peers
if [ ! -x "$tools/nats" ]; then
  go=$(bash "$ROOT/test/interop/gomicro/toolchain.sh")
  mkdir -p "$tools"
  (cd / && GOBIN=$tools GOFLAGS='' GOTOOLCHAIN=local \
    "$go" install github.com/nats-io/natscli/nats@v0.1.5) >&2
fi
export NATS_TOOL=$tools/nats
bash "$here/wire/run.sh" nats "$@"
