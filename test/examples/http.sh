#!/usr/bin/env bash
# http.sh BIN: any HTTP client can call the greeter, and what is wrong with a call is
# said by a status and the Micro error object.
. "$(dirname "$0")/../support/process.sh"

start service "$1/greeter-service" --registry=memory --server_address=127.0.0.1:0
await service 20 'Listening on (.+)$'
url=http://${BASH_REMATCH[1]}
await service 20 'Registering node: (.+)$'
node=${BASH_REMATCH[1]}

# post PATH BODY [TYPE]: sets CODE and OUT.
post() {
  run curl -sS -w '%{http_code}' -H "Content-Type: ${3:-application/json}" -d "$2" "$url$1"
  expect "status of curl: $ERR" 0 "$STATUS"
  # The body may end in a line break; the status is what curl writes behind it.
  CODE=${OUT: -3} OUT=${OUT%???}
  OUT=${OUT%$'\n'}
}
# refused WHAT CODE REGEX
refused() {
  expect "status of $1" "$2" "$CODE"
  expect_match "answer to $1" "^\{\"id\":\"[^\"]+\",\"code\":$2,\"detail\":\"[^\"]*$3" "$OUT"
}

post /Greeter/Hello '{"name":"John"}'
expect answer '200 {"greeting":"Hello John"}' "$CODE $OUT"
post /Greeter/Hello '{"name":"José \"J\""}'
expect answer '200 {"greeting":"Hello José \"J\""}' "$CODE $OUT"
post /Greeter/Hello '{}'
expect answer '200 {"greeting":"Hello "}' "$CODE $OUT"

post /Greeter/Hello '{"nom":"John"}'
refused 'a wrong field' 400 nom
post /Greeter/Hello '{"name":'
refused 'a bad body' 400 ''
post /Greeter/Hello '{"name":1}'
refused 'a wrong type' 400 name
post /Greeter/Bye '{}'
refused 'an unknown method' 404 Bye
post /Nobody/Hello '{}'
refused 'an unknown service' 404 Nobody
post /Greeter/Hello x text/unheard-of
refused 'an unknown content type' 415 text/unheard-of

run curl -sS -o /dev/null -w '%{http_code}' "$url/healthz"
expect 'health' 200 "$OUT"
run curl -sS "$url/"
expect_match card '"name": ?"greeter"' "$OUT"
expect_match card "$node" "$OUT"
expect_match card 'Greeter.Hello' "$OUT"

# mucp: status 200, and the error in a field.
run curl -sS -i -H 'Content-Type: application/json' -H 'Micro-Endpoint: Debug.Health' -d '{}' "$url/"
expect_match 'Debug.Health' '200 OK.*"status":"ok"' "${OUT//$'\n'/ }"
run curl -sS -i -H 'Content-Type: application/json' -H 'Micro-Endpoint: Debug.Stats' -d '{}' "$url/"
expect_match 'Debug.Stats' '200 OK.*"requests":' "${OUT//$'\n'/ }"
run curl -sS -i -H 'Content-Type: application/json' -H 'Micro-Endpoint: Greeter.Bye' -d '{}' "$url/"
expect_match 'unknown endpoint' '200 OK.*Micro-Error: \{"id"' "${OUT//$'\n'/ }"

stop service 20
