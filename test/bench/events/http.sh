#!/usr/bin/env bash
# http.sh: the http broker beside Go Micro v2.9.1's, both over one Consul.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
bash "$ROOT/scripts/install.sh" test
cmake --build "$BUILD" -j "$(nproc)" --target broker-peer
bash "$ROOT/test/interop/gomicro/build.sh" "$ROOT/build/gomicro" v2
bash "$ROOT/test/servers/install.sh" consul > /dev/null
consul=$(mktemp -d)
trap 'bash "$ROOT/test/servers/consul.sh" stop "$consul" > /dev/null; rm -rf "$consul"' EXIT
bash "$ROOT/test/servers/consul.sh" start "$consul" > /dev/null
python3 "$here/http.py" "$ROOT/build/gomicro/gomicro-v2" "$consul" "$@"
