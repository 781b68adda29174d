#!/usr/bin/env bash
# check.sh MICA LIB: `mica plugin check` on plugins of every kind, and on bad ones.
. "$(dirname "$0")/../../support/process.sh"

mica=$1 lib=$2

for kind in registry selector codec transport broker client server; do
  run "$mica" plugin check "$lib/part-$kind.so"
  expect "status of $kind, with output $OUT $ERR" 0 "$STATUS"
  expect_match "first line of $kind" "^$kind [a-z/]*counted"$'\n' "$OUT"
  expect_match "last line of $kind" $'\n([0-9]+) of ([0-9]+) claims hold$' "$OUT"
  expect "claims of $kind that hold" "${BASH_REMATCH[2]}" "${BASH_REMATCH[1]}"
done

run "$mica" plugin check "$lib/part-wild.so"
expect 'status of one that keeps nothing' 1 "$STATUS"
expect_match 'output of one that keeps nothing' \
  'FAILS  the only node is picked: of 1 nodes it picked number 1' "$OUT"
expect_match 'last line of one that keeps nothing' '0 of 2 claims hold$' "$OUT"

run "$mica" plugin check "$lib/old.so"
expect 'status of an old one' 1 "$STATUS"
expect_match 'error of an old one' 'made for mica 0\.0\.7, this is ' "$ERR"
run "$mica" plugin check "$lib/nowhere.so"
expect_match 'error of none' 'nowhere\.so: No such file or directory' "$ERR"
run "$mica" plugin check
expect 'status without a file' 2 "$STATUS"
