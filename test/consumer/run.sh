#!/usr/bin/env bash
# run.sh cmake|make PREFIX CXX [FLAG...]: the outside project is copied to a folder of its
# own, built with that compiler and those flags against the prefix alone, and runs.
. "$(dirname "$0")/../support/process.sh"

tool=$1
prefix=$2
cxx=$3
shift 3
mkdir "$WORK/ticker"
cp "$(dirname "$0")"/{CMakeLists.txt,Makefile,main.cpp,ticker.proto} "$WORK/ticker"
cd "$WORK/ticker"

step() { # COMMAND...
  timeout 300 "$@" > "$WORK/step.log" 2>&1 || { cat "$WORK/step.log" >&2; fail "$*"; }
}
case $tool in
  cmake)
    step cmake -S . -B . -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_COMPILER="$cxx" \
      -DCMAKE_CXX_FLAGS="$*"
    step cmake --build .
    ;;
  make)
    export PKG_CONFIG_PATH="$prefix/lib/pkgconfig"
    step pkg-config --validate mica
    step make CXX="$cxx $*"
    ;;
esac
run ./ticker --registry=memory
expect 'status and output' $'0 3\n5' "$STATUS $OUT"
