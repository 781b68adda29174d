#!/usr/bin/env bash
# run.sh BUILD [CMAKE_FLAG...]: writes the plugin of docs/guide/plugin.md from what stands
# there alone, builds it against an installed mica, and checks it.
. "$(dirname "$0")/../../support/process.sh"

build=$1
shift
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

step cmake --install "$build" --prefix "$WORK/prefix"
step cmake -S "$WORK/plugin" -B "$WORK/plugin/build" -G Ninja \
  -DCMAKE_PREFIX_PATH="$WORK/prefix" "$@"
step cmake --build "$WORK/plugin/build"
run "$WORK/prefix/bin/mica" plugin check "$WORK/plugin/build/standby.so"
expect "status, with error $ERR" 0 "$STATUS"
expect_match output '^selector standby' "$OUT"
