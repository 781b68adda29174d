#!/usr/bin/env bash
# select.sh BIN: the programs of examples/select do what their transcript says, and each
# strategy has a name.
. "$(dirname "$0")/../support/process.sh"

own_network "$@"
root=$(cd "$(dirname "$0")/../.." && pwd)
bin=$1

flags=(--registry=mdns --mdns_interface=lo)
start a "$bin/select-service" "${flags[@]}" --server_id=a --server_version=1 --server_metadata=zone=north
start b "$bin/select-service" "${flags[@]}" --server_id=b --server_version=2 --server_metadata=zone=south
await a 20 'Registering node: greeter-a'
await b 20 'Registering node: greeter-b'

run "$bin/select-client" "${flags[@]}" --selector=hash
expect "status, with error $ERR" 0 "$STATUS"
expect output "$(sed -n '/^\/\//!q; s/^\/\/   \([^$]\)/\1/p' "$root/examples/select/client.cpp")" "$OUT"

# Without a strategy that knows keys they mean nothing, and filters do.
for strategy in random roundrobin p2c; do
  run "$bin/select-client" "${flags[@]}" --selector=$strategy
  expect "status of $strategy, with error $ERR" 0 "$STATUS"
  expect_match "$strategy" '^version 1: Hello John from greeter-a
zone south: Hello John from greeter-b
version 3: error getting next greeter node: none available' "$OUT"
done
run "$bin/select-client" "${flags[@]}" --selector=roundrobin
expect_match 'round robin' '10 of 20 calls' "$OUT"
run "$bin/select-client" "${flags[@]}" --selector=dns
expect 'status of an unknown strategy' 1 "$STATUS"
expect_match 'names of strategies' 'known: random, roundrobin, p2c, hash' "$ERR"

stop a 20
stop b 20
