#!/usr/bin/env bash
# grpc.sh BIN: the programs of examples/grpc call each other under TLS as their
# transcripts say, and curl calls the same port.
. "$(dirname "$0")/../support/process.sh"

own_network "$@"
root=$(cd "$(dirname "$0")/../.." && pwd)
bin=$1
cd "$WORK"

run "$bin/mica" cert ca --dir certs
expect "status of mica cert ca: $ERR" 0 "$STATUS"
run "$bin/mica" cert server --dir certs --name localhost --ip 127.0.0.1
expect "status of mica cert server: $ERR" 0 "$STATUS"

flags=(--registry=mdns --mdns_interface=lo)
start service "$bin/grpc-service" "${flags[@]}" --server_address=127.0.0.1:0 \
  --tls_cert_file=certs/server.pem --tls_key_file=certs/server.key
await service 20 'Listening on (.+)$'
address=${BASH_REMATCH[1]}
await service 20 'Registering node: '

tls=(--client_tls --client_tls_ca_file=certs/ca.pem)
run "$bin/grpc-client" "${flags[@]}" "${tls[@]}"
expect "status, with error $ERR" 0 "$STATUS"
expect output "$(sed -n '/^\/\//!q; s/^\/\/   \([^$]\)/\1/p' "$root/examples/grpc/client.cpp")" "$OUT"

# The same port, by HTTP/1.1 and HTTP/2, and its health.
for version in --http1.1 --http2; do
  run curl -sS "$version" --cacert certs/ca.pem -H 'Content-Type: application/json' \
    -d '{"name":"John"}' "https://$address/hello.Greeter/SayHello"
  expect "answer to curl $version" '{"message":"Hello John"}' "$OUT"
done
run curl -sS --cacert certs/ca.pem -H 'Content-Type: application/json' -d '{}' \
  "https://$address/grpc.health.v1.Health/Check"
expect health '{"status":1}' "$OUT"

# Who does not trust the authority does not call.
run "$bin/grpc-client" "${flags[@]}" --client_tls
expect 'status without the authority' 1 "$STATUS"
expect_match 'error without the authority' 'authority' "$ERR"

stop service 20
