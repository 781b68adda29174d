#!/usr/bin/env bash
# tools.sh BIN PEERS SERVER SECURITY: grpcurl finds its way by reflection alone, and the
# health probe that container platforms run is answered.
BIN=$1 PEERS=$2 server=$3 security=$4
. "$(dirname "$0")/programs.sh"

start_server "$server" "$security"
address=127.0.0.1:$PORT
curl_flags=(-plaintext) probe_flags=()
if [ "$security" = tls ]; then
  curl_flags=(-cacert "$CA" -authority "$NAME")
  probe_flags=(-tls -tls-ca-cert "$CA" -tls-server-name "$NAME")
fi

grpcurl() {
  run "$PEERS/grpcurl" "${curl_flags[@]}" "$@"
  [ "$STATUS" -eq 0 ] || fail "grpcurl $*: status $STATUS: $ERR"
}
compact() { tr -d ' \t\n' <<< "$1"; }

grpcurl "$address" list
for service in grpc.testing.TestService grpc.health.v1.Health; do
  grep -qx "$service" <<< "$OUT" || fail "list: no line $service in $OUT"
done
grpcurl "$address" list grpc.testing.TestService
expect_match methods 'grpc.testing.TestService.FullDuplexCall' "$OUT"
# grpcio's reflection finds no method by its name.
symbol=grpc.testing.TestService
[ "$server" = grpcio ] || symbol+=.FullDuplexCall
grpcurl "$address" describe $symbol
expect_match 'description of a method' \
  'rpc FullDuplexCall \( stream .grpc.testing.StreamingOutputCallRequest \) returns \( stream .grpc.testing.StreamingOutputCallResponse \)' "$OUT"
grpcurl "$address" describe grpc.testing.ResponseParameters
expect_match 'description of a message' 'int32 interval_us = 2;' "$OUT"

grpcurl -d '{"response_size": 3}' "$address" grpc.testing.TestService/UnaryCall
expect 'unary answer' '{"payload":{"body":"AAAA"}}' "$(compact "$OUT")"
grpcurl -d '{"response_parameters": [{"size": 1}, {"size": 2}]}' "$address" \
  grpc.testing.TestService/StreamingOutputCall
expect 'answers of a stream' '{"payload":{"body":"AA=="}}{"payload":{"body":"AAA="}}' "$(compact "$OUT")"
grpcurl -d '{"payload": {"body": "AAAA"}} {"payload": {"body": "AA=="}}' "$address" \
  grpc.testing.TestService/StreamingInputCall
expect 'answer to a stream' '{"aggregatedPayloadSize":4}' "$(compact "$OUT")"

run "$PEERS/grpcurl" "${curl_flags[@]}" -d '{}' "$address" grpc.testing.TestService/Nothing
expect_match 'unknown method' 'does not include a method named "Nothing"' "$ERR"

run "$PEERS/grpc-health-probe" -addr="$address" "${probe_flags[@]}"
expect 'status of the probe' '0 status: SERVING' "$STATUS $(tail -n 1 <<< "$OUT$ERR")"
run "$PEERS/grpc-health-probe" -addr="$address" "${probe_flags[@]}" -service=grpc.testing.TestService
expect 'status of the probe of a service' 0 "$STATUS"
run "$PEERS/grpc-health-probe" -addr="$address" "${probe_flags[@]}" -service=nobody
expect 'status of the probe of nobody' 3 "$STATUS"
expect_match 'what the probe says of nobody' 'NotFound|NOT_FOUND|not found|unknown service' "$OUT$ERR"

stop server 20
