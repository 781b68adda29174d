#!/usr/bin/env bash
# greeter.sh PRESET: examples/greeter/run.sh does what its README says, from anywhere,
# and builds nothing that is built already.
. "$(dirname "$0")/../support/process.sh"

own_network "$@"
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$WORK"

STATUS=0
MICA_PRESET=$1 timeout 60 bash "$root/examples/greeter/run.sh" > out 2>&1 || STATUS=$?
OUT=$(cat out)
expect "status, with output $OUT" 0 "$STATUS"
expect_match build 'no work to do' "$OUT"

# The transcript in the first comment is what it prints, times, port and id aside.
lines() { # of the programs alone
  sed -E 's/^[0-9]{4}(\/[0-9]{2}){2} [0-9]{2}(:[0-9]{2}){2} /TIME /
          s/\]:[0-9]+$/]:PORT/; s/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/UUID/' |
    grep -E '^(TIME|Hello) '
}
transcript=$(sed -n '/^\/\//!q; s/^\/\/ //p' "$root/examples/greeter/service.cpp" | lines)
expect output "$transcript" "$(lines <<< "$OUT")"

# A wrong flag is one clear line, and nothing stays behind.
STATUS=0
MICA_PRESET=$1 timeout 60 bash "$root/examples/greeter/run.sh" --no_such_flag > out 2>&1 || STATUS=$?
expect 'status with a wrong flag' 1 "$STATUS"
expect_match 'message about a wrong flag' 'no_such_flag' "$(cat out)"
