#!/usr/bin/env bash
# graceful.sh BIN: of two services under load one gets SIGTERM. No call fails, and each is
# answered by one of them, once.
. "$(dirname "$0")/../support/process.sh"

own_network "$@"
root=$(cd "$(dirname "$0")/../.." && pwd)
bin=$1

flags=(--registry=mdns --mdns_interface=lo)
for service in leaving staying; do
  start $service "$bin/graceful-service" "${flags[@]}"
  await $service 20 'Registering node: '
done
start client "$bin/graceful-client" "${flags[@]}"
await client 20 '^500 calls answered$'
stop leaving 20
await client 30 ' failed$'
transcript=$(sed -n '/^\/\//!q; s/^\/\/   \([^$]\)/\1/p' "$root/examples/graceful/client.cpp")
expect output "$transcript" "$(cat "$WORK/client.log")"
stop staying 20

# Times, ports, ids, numbers and the choice of the registry aside.
plain() {
  sed -E 's/^[0-9]{4}(\/[0-9]{2}){2} [0-9]{2}(:[0-9]{2}){2} /TIME /
          s/\]:[0-9]+$/]:PORT/; s/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/UUID/
          s/^answered [0-9]+/answered N/; /Registry \[/d' | grep -E '^(TIME|answered) '
}
expect 'transcript of the service' \
  "$(sed -n '/^\/\//!q; s/^\/\/ //p' "$root/examples/graceful/service.cpp" | plain)" \
  "$(plain < "$WORK/leaving.log")"

answered() { sed -n 's/^answered \([0-9]*\) calls$/\1/p' "$WORK/$1.log"; }
expect 'calls answered' 2000 $(($(answered leaving) + $(answered staying)))
[ "$(answered leaving)" -gt 0 ] || fail 'the service that left had no load'
