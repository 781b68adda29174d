#!/usr/bin/env bash
# kafka.sh: the kafka broker beside a bare loop of librdkafka, on one server.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
bash "$ROOT/scripts/install.sh" test
bash "$ROOT/test/servers/install.sh" kafka > /dev/null
cmake --build "$BUILD" -j "$(nproc)" --target broker-load kafka-loop > /dev/null
bash "$here/wire/run.sh" kafka "$@"
