#!/usr/bin/env bash
# metadata.sh BIN: the programs of examples/metadata tell each other what their
# transcripts say, over each protocol; the tool and curl take part.
. "$(dirname "$0")/../support/process.sh"

own_network "$@"
root=$(cd "$(dirname "$0")/../.." && pwd)
bin=$1
transcript() { sed -n '/^\/\//!q; s/^\/\/   \([^$]\)/\1/p' "$root/examples/metadata/$1.cpp"; }

flags=(--registry=mdns --mdns_interface=lo)
start service "$bin/metadata-service" "${flags[@]}"
await service 20 'Listening on (.+)$'
port=${LINE##*:}
await service 20 'Registering node: '

for protocol in mucp grpc; do
  run "$bin/metadata-client" "${flags[@]}" "--client=$protocol"
  expect "status over $protocol, with error $ERR" 0 "$STATUS"
  expect "output over $protocol" "$(transcript client)" "$OUT"
  await service 20 '^Greeter\.Hello for '
  expect "output of the service over $protocol" \
    "$(transcript service | sed 's/from .*/from PEER/')" "${LINE/from */from PEER}"
done

run "$bin/mica" "${flags[@]}" call --metadata X-User=john greeter Greeter.Hello '{"name":"John"}'
expect "status of the tool, with error $ERR" 0 "$STATUS"
await service 20 '^Greeter\.Hello for user john, token none'
run curl -sS -i -H 'X-User: john' -H 'Content-Type: application/json' -d '{"name":"John"}' \
  "http://127.0.0.1:$port/Greeter/Hello"
expect_match 'header of the answer to curl' 'X-Seen-By: greeter' "$OUT"
await service 20 '^Greeter\.Hello for user john, token none'
stop service 20
