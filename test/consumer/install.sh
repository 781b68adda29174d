#!/usr/bin/env bash
# install.sh BUILD PREFIX: installs a build tree to a fresh prefix.
. "$(dirname "$0")/../support/process.sh"

build=$1
prefix=$2
rm -rf "$prefix"
timeout 300 cmake --install "$build" --prefix "$prefix" > "$WORK/log" 2>&1 ||
  { cat "$WORK/log" >&2; fail 'cmake --install'; }

# The tool finds its libraries where it was installed.
run "$prefix/bin/mica" --version
expect "status of mica --version: $ERR" 0 "$STATUS"

# Nothing that is installed knows the source tree, nor the build tree.
if grep -rIl -e "$build" -e "$(cd "$(dirname "$0")/../.." && pwd)" "$prefix"; then
  fail 'installed files name the source or build tree'
fi
