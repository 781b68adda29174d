#!/usr/bin/env bash
# parts.sh BIN: the lines of README.md that choose registry, transport and broker work as
# they are printed, with real servers.
. "$(dirname "$0")/../support/process.sh"

own_network "$@"
root=$(cd "$(dirname "$0")/../.." && pwd)
bin=$1

for server in nats kafka; do
  bash "$root/test/servers/$server.sh" start "$WORK/$server" > /dev/null || exit $?
done
trap 'for x in nats kafka; do
        bash "$root/test/servers/$x.sh" kill "$WORK/$x" > /dev/null 2>&1 || true
      done; clean_up' EXIT
# Where they are, for want of their usual ports.
export MICA_MDNS_INTERFACE=lo
export MICRO_TRANSPORT_ADDRESS=127.0.0.1:$(cat "$WORK/nats/port")
MICRO_BROKER_ADDRESS=127.0.0.1:$(cat "$WORK/kafka/port")
export MICRO_BROKER_ADDRESS

# printed PROGRAM: its flags in README.md.
printed() {
  sed -nE "s|^ +build/default/bin/$1 (.*--transport=nats.*)\$|\1|p" "$root/README.md"
}
read -ra service <<< "$(printed greeter-service)"
read -ra client <<< "$(printed greeter-client)"
expect 'flags of the service' '--registry=mdns --transport=nats --broker=kafka' "${service[*]}"

start service "$bin/greeter-service" "${service[@]}"
await service 20 'Listening on 24[0-7]\.'
await service 60 'Broker \[kafka\] Connected to '
await service 20 'Registering node: greeter-'
run "$bin/greeter-client" "${client[@]}"
expect "status, with error $ERR" 0 "$STATUS"
expect answer 'Hello John' "$OUT"
run "$bin/mica" --registry=mdns get service greeter
expect_match 'transport that the node announces' 'transport=nats' "$OUT"
stop service 30
