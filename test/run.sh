#!/usr/bin/env bash
# run.sh [PRESET]: installs what is missing, builds everything and runs every test.
# Ends in ctest's summary and with its status.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
preset=${1:-default}
jobs=$(nproc)

bash scripts/install.sh build test
bash test/servers/install.sh consul kafka

[ -e "build/$preset/build.ninja" ] || cmake --preset "$preset"
cmake --build --preset "$preset" -j "$jobs"

# The decoders again, with clang and libFuzzer; the tests run each for some seconds.
[ -e build/fuzz/build.ninja ] || cmake --preset fuzz
cmake --build --preset fuzz -j "$jobs" --target fuzzers

# The foreign peers of the interop tests, once for all presets.
bash test/interop/gomicro/build.sh build/gomicro
bash test/interop/grpc/build.sh build/interop

# Many tests wait for something most of their time: two for each core.
status=0
ctest --test-dir "build/$preset" --no-tests=error --output-on-failure -j $((2 * jobs)) ||
  status=$?
exit "$status"
