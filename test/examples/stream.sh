#!/usr/bin/env bash
# stream.sh BIN: the programs of examples/stream do what their transcripts say.
. "$(dirname "$0")/../support/process.sh"

own_network "$@"
root=$(cd "$(dirname "$0")/../.." && pwd)

flags=(--registry=mdns --mdns_interface=lo)
start service "$1/stream-service" "${flags[@]}"
await service 20 'Registering node: '
run "$1/stream-client" "${flags[@]}"
expect "status, with error $ERR" 0 "$STATUS"
expect output "$(sed -n '/^\/\//!q; s/^\/\/   \([^$]\)/\1/p' "$root/examples/stream/client.cpp")" "$OUT"
stop service 20
# The transcript has each line, times, port and id aside.
plain() {
  sed -E 's/^[0-9]{4}(\/[0-9]{2}){2} [0-9]{2}(:[0-9]{2}){2} /TIME /
          s/\]:[0-9]+$/]:PORT/; s/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/UUID/' | grep '^TIME '
}
expect transcript "$(sed -n '/^\/\//!q; s/^\/\/ //p' "$root/examples/stream/service.cpp" | plain)" \
  "$(plain < "$WORK/service.log")"

# Without a service the client says why, once, and ends.
run "$1/stream-client" "${flags[@]}"
expect 'status without a service' 1 "$STATUS"
expect_match 'error without a service' 'numbers' "$ERR"
