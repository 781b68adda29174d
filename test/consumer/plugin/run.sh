#!/usr/bin/env bash
# run.sh PREFIX CXX [FLAG...]: writes the plugin of docs/guide/plugin.md from what stands
# there alone, builds it against the mica that is installed in PREFIX, and checks it.
. "$(dirname "$0")/../../support/process.sh"

prefix=$1
cxx=$2
shift 2
root=$(cd "$(dirname "$0")/../../.." && pwd)

step() { # COMMAND...
  timeout 300 "$@" > "$WORK/step.log" 2>&1 || { cat "$WORK/step.log" >&2; fail "$*"; }
}
# block PATTERN: the code behind the first marker like it.
block() {
  awk -v marker="$1" '
    $0 ~ marker { found = 1; next }
    found && /^```/ { if (inside) exit; inside = 1; next }
    inside' "$root/docs/guide/plugin.md"
}
mkdir "$WORK/plugin"
block 'snippet: .*standby' > "$WORK/plugin/standby.cpp"
block 'snippet: .*CMakeLists' > "$WORK/plugin/CMakeLists.txt"

step cmake -S "$WORK/plugin" -B "$WORK/plugin/build" -G Ninja \
  -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_CXX_FLAGS="$*"
step cmake --build "$WORK/plugin/build"
run "$prefix/bin/mica" plugin check "$WORK/plugin/build/standby.so"
expect "status, with error $ERR" 0 "$STATUS"
expect_match output '^selector standby' "$OUT"
