#!/usr/bin/env bash
# generate.sh PLUGIN CXX: mica_generate in a project of its own.
. "$(dirname "$0")/../support/process.sh"

plugin=$1
cxx=$2
here=$(cd "$(dirname "$0")" && pwd)

configure() { # FOLDER CASE
  [ -d "$1" ] || cp -r "$here/generate" "$1"
  run cmake -S "$1" -B "$1/build-${2// /-}" -G Ninja -DCASE="$2" -DPLUGIN="$plugin" \
    -DCMAKE_CXX_COMPILER="$cxx" -DMICA_GENERATE="$here/../../cmake/mica_generate.cmake"
}

refused() { # CASE REGEX
  configure "$WORK/refused" "$1"
  # CMake wraps long messages.
  expect_match "$1" "$2" "$(tr -s ' \n' ' ' <<< "$ERR")"
  expect "status of '$1'" 1 "$STATUS"
}

# The files alone: to compile them is the business of other tests.
generate() { # FOLDER
  run ninja -C "$1/build-right" messages.mica/outer.mica.hpp
  expect "status of ninja: $OUT$ERR" 0 "$STATUS"
}

works() { # FOLDER
  configure "$1" right
  expect "status of right: $ERR" 0 "$STATUS"
  generate "$1"
  for file in outer.pb.h outer.pb.cc outer.mica.hpp outer.mica.cpp outer.mica_actor.hpp; do
    [ -s "$1/build-right/messages.mica/$file" ] || fail "$file was not made"
  done
  generate "$1"
  expect_match 'a second run' 'no work to do' "$OUT"

  # What it imports counts as well, though nobody named it.
  sed -i 's/message Inner/message Other {}\n&/' "$1/other/deep/inner.proto"
  generate "$1"
  expect_match 'a run after a change of the import' 'Generating outer.mica.hpp' "$OUT"
  generate "$1"
  expect_match 'the run after that' 'no work to do' "$OUT"

  # A broken file breaks the build and says where.
  echo 'service Broken { rpc Up(deep.Inner) returns (deep.Inner); rpc up(deep.Inner) returns (deep.Inner); }' \
    >> "$1/protos/outer.proto"
  run ninja -C "$1/build-right" messages.mica/outer.mica.hpp
  expect 'status with a clash' 1 "$STATUS"
  expect_match 'the error' 'outer.proto:10:59: Broken.up: clashes with Broken.Up' "$OUT$ERR"
}

refused 'no target' 'mica_generate\(nobody\): no such target'
refused 'no file' 'mica_generate\(messages\): name at least one .proto file'
refused 'missing file' 'absent.proto does not exist'
refused 'missing root' 'IMPORT_DIRS names .*absent, which is no directory'
refused 'outside' 'outer.proto lies in none of .*; name its root by IMPORT_DIRS'
refused 'no proto' 'CMakeLists.txt is no .proto file'
refused 'other folder' 'call it in the directory of the target'

works "$WORK/plain"
works "$WORK/with a blank"
