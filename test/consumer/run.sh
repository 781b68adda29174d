#!/usr/bin/env bash
# run.sh BUILD [CMAKE_FLAG...]: installs a build tree to a fresh prefix; an outside
# project configures, builds and runs against that prefix alone.
. "$(dirname "$0")/../support/process.sh"

build=$1
shift
here=$(cd "$(dirname "$0")" && pwd)

step() { # COMMAND...
  timeout 300 "$@" > "$WORK/step.log" 2>&1 || { cat "$WORK/step.log" >&2; fail "$*"; }
}
step cmake --install "$build" --prefix "$WORK/a prefix"
step cmake -S "$here" -B "$WORK/build" -G Ninja -DCMAKE_PREFIX_PATH="$WORK/a prefix" "$@"
step cmake --build "$WORK/build"

run "$WORK/build/ticker" --registry=memory
expect 'status and output' $'0 3\n5' "$STATUS $OUT"

# The tool finds its libraries where it was installed.
run "$WORK/a prefix/bin/mica" --version
expect "status of mica --version: $ERR" 0 "$STATUS"

# Nothing that is installed knows the source or the build tree.
if grep -rIl -e "$build" -e "$(cd "$here/../.." && pwd)" "$WORK/a prefix"; then
  fail 'installed files name the source or build tree'
fi
