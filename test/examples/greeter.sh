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
stamp='[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}'
expect_match lines "$stamp Listening on [^ ]+:[0-9]+
" "$OUT"
expect_match lines "$stamp Registry \[[a-z]+\] by default: [^
]+
$stamp Registering node: greeter-[0-9a-f-]{36}
Hello John
$stamp Deregistering node: greeter-[0-9a-f-]{36}" "$OUT"

# A wrong flag is one clear line, and nothing stays behind.
STATUS=0
MICA_PRESET=$1 timeout 60 bash "$root/examples/greeter/run.sh" --no_such_flag > out 2>&1 || STATUS=$?
expect 'status with a wrong flag' 1 "$STATUS"
expect_match 'message about a wrong flag' 'no_such_flag' "$(cat out)"
