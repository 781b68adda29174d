#!/usr/bin/env bash
# function.sh BIN: the function of examples/function answers one call, or takes one event,
# and ends, with the status that tells the outcome; health checks do not use it up.
. "$(dirname "$0")/../support/process.sh"

own_network "$@"
root=$(cd "$(dirname "$0")/../.." && pwd)
bin=$1
flags=(--registry=mdns --mdns_interface=lo)

start_function() {
  start "$1" "$bin/function-service" "${flags[@]}"
  await "$1" 20 'Listening on (.+)$'
  port=${LINE##*:}
  await "$1" 20 'Registering node: '
}

ended() { # NAME STATUS: it ends by itself
  local status=0
  timeout 20 cat <&"${FD[$1]}" >> "$WORK/$1.log" || fail "$1 did not end"
  wait "${PID[$1]}" || status=$?
  unset "PID[$1]"
  expect "status of $1" "$2" "$status"
}

start_function once
for endpoint in Debug.Health Debug.Stats; do
  run curl -sS -H 'Content-Type: application/json' -d '{}' "http://127.0.0.1:$port/${endpoint/.//}"
  expect "status of curl to $endpoint, with error $ERR" 0 "$STATUS"
done
run curl -sS -H 'Content-Type: application/json' -d '{}' \
  "http://127.0.0.1:$port/grpc.health.v1.Health/Check"
expect health '{"status":1}' "$OUT"
# Not a request that can be read.
run curl -sS -H 'Content-Type: application/json' -d '{' "http://127.0.0.1:$port/Greeter/Hello"
expect_match 'answer to nonsense' '"code":400' "$OUT"

run "$bin/function-client" "${flags[@]}"
expect "status, with error $ERR" 0 "$STATUS"
first=$OUT
ended once 0
plain() {
  sed -E 's/^[0-9]{4}(\/[0-9]{2}){2} [0-9]{2}(:[0-9]{2}){2} /TIME /; /Registry \[mdns\]/d; /ubscribing /d
          s/\]:[0-9]+$/]:PORT/; s/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/UUID/' | grep '^TIME '
}
expect transcript "$(sed -n '/^\/\//!q; s/^\/\/ //p' "$root/examples/function/service.cpp" | plain)" \
  "$(plain < "$WORK/once.log")"

run "$bin/function-client" "${flags[@]}"
expect 'status of the second call' 1 "$STATUS"
expect output "$(sed -n '/^\/\//!q; s/^\/\/   \([^$]\)/\1/p' "$root/examples/function/client.cpp")" \
  "$first
$ERR"

# A call that fails is the outcome too, and a signal before any call is none.
start_function failing
run curl -sS -H 'Content-Type: application/json' -d '{}' "http://127.0.0.1:$port/Greeter/Hello"
expect_match 'answer of the failing function' 'a greeting needs a name' "$OUT"
ended failing 2
expect_match 'last words' '400 Bad Request: a greeting needs a name' "$(cat "$WORK/failing.log")"

# One event of many, and it is gone.
start_function event
run "$bin/mica" "${flags[@]}" publish names '{"name":"Jane"}'
expect "status of publish, with error $ERR" 0 "$STATUS"
ended event 0
expect 'events' 'Hello Jane' "$(grep '^Hello' "$WORK/event.log")"
start_function unused
stop unused 20
