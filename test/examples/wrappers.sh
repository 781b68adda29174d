#!/usr/bin/env bash
# wrappers.sh BIN: the programs of examples/wrappers do what their transcripts say, and
# show their metrics.
. "$(dirname "$0")/../support/process.sh"

own_network "$@"
root=$(cd "$(dirname "$0")/../.." && pwd)
bin=$1

flags=(--registry=mdns --mdns_interface=lo)
start service "$bin/wrappers-service" "${flags[@]}" --admin_address=:0
await service 20 'Listening on (.+)$'
port=${LINE##*:}
await service 20 'Metrics on (http://127\.0\.0\.1:[0-9]+/metrics)$'
page=${BASH_REMATCH[1]}
await service 20 'Registering node: '

run "$bin/wrappers-client" "${flags[@]}"
expect "status, with error $ERR" 0 "$STATUS"
transcript() { sed -n '/^\/\//!q; s/^\/\/   \([^$]\)/\1/p' "$root/examples/wrappers/$1.cpp"; }
expect output "$(transcript client)" "$OUT"

plain() {
  sed -E 's/^[0-9]{4}(\/[0-9]{2}){2} [0-9]{2}(:[0-9]{2}){2} /TIME /
          s/127\.0\.0\.1:[0-9]+|\[[0-9a-f:.]*\]:[0-9]+|[0-9.]+:[0-9]+/PEER/; s/in [0-9.]+ ms/in SOME ms/'
}
await service 20 'Greeter\.Hello of '
expect transcript "$(transcript service | plain)" \
  "$(grep -E '\[wrapper\]|Greeter\.Hello of ' "$WORK/service.log" | plain)"

run curl -sS -D "$WORK/head" "$page"
expect "status of curl, with error $ERR" 0 "$STATUS"
expect_match 'content type' 'Content-Type: text/plain; version=0\.0\.4' "$(cat "$WORK/head")"
expect_match 'counter' 'micro_request_total\{micro_endpoint="Greeter\.Hello",micro_id="greeter-[-0-9a-f]+",micro_name="greeter",micro_status="success",micro_version="latest"\} 1' "$OUT"
expect_match 'histogram' 'micro_request_duration_seconds_bucket\{micro_endpoint="Greeter\.Hello",[^}]*,le="\+Inf"\} 1' "$OUT"
# Prometheus' own parser takes it; its advice (status 3) is about names that are Go Micro's.
STATUS=0
promtool check metrics <<< "$OUT" > "$WORK/lint" 2>&1 || STATUS=$?
[ "$STATUS" -eq 0 ] || [ "$STATUS" -eq 3 ] || fail "promtool: $(cat "$WORK/lint")"

run curl -s -o /dev/null -w '%{http_code}' "${page%metrics}"
expect 'status of another page' 404 "$OUT"
run curl -s -o /dev/null -w '%{http_code}' -d x "$page"
expect 'status of another method' 405 "$OUT"
# The service's own port has no such page.
run curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/metrics"
expect 'status at the port of the service' 404 "$OUT"

# An address that is taken ends the program with its reason.
taken=${page#http://}
run "$bin/wrappers-service" "${flags[@]}" --admin_address="${taken%/metrics}"
expect 'status with an address that is taken' 1 "$STATUS"
expect_match 'error with an address that is taken' '--admin_address: ' "$ERR"
run "$bin/wrappers-service" "${flags[@]}" --admin_address=nonsense
expect 'status with a wrong address' 1 "$STATUS"
expect_match 'error with a wrong address' '--admin_address: .*nonsense' "$ERR"

stop service 20
