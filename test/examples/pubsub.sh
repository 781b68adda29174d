#!/usr/bin/env bash
# pubsub.sh BIN BROKER [SERVER]: the programs of examples/pubsub do what their
# transcripts say with this broker, through a server of test/servers if it has one.
. "$(dirname "$0")/../support/process.sh"

own_network "$@"
root=$(cd "$(dirname "$0")/../.." && pwd)
bin=$1
broker=$2
server=${3:-}

flags=(--registry=mdns --mdns_interface=lo "--broker=$broker")
grep -A1 -e '--broker TEXT' <<< "$("$bin/pubsub-subscriber" --help)" | grep -w "$broker" > /dev/null ||
  skip "this build has no broker $broker"

if [ -n "$server" ]; then
  script="$root/test/servers/$server.sh"
  # It leads a session of its own, and would outlive this one.
  trap 'bash "$script" kill "$WORK/$server" > "$WORK/end.log" || true; clean_up' EXIT
  STATUS=0
  bash "$script" start "$WORK/$server" > "$WORK/start.log" 2>&1 || STATUS=$?
  [ "$STATUS" -ne 77 ] || skip "$(cat "$WORK/start.log")"
  expect "status of $server.sh, with $(cat "$WORK/start.log")" 0 "$STATUS"
  flags+=("--broker_address=127.0.0.1:$(cat "$WORK/$server/port")")
fi
transcript() { sed -n '/^\/\//!q; s/^\/\/   \([^$ ]\)/\1/p' "$root/examples/pubsub/$1.cpp"; }

start subscriber "$bin/pubsub-subscriber" "${flags[@]}"
await subscriber 20 'Registering node: '
run "$bin/pubsub-publisher" "${flags[@]}"
expect "status, with error $ERR" 0 "$STATUS"
expect output "$(transcript publisher)" "$OUT"
# Two actors write: the order of their lines is their own affair.
seen=''
for _ in 1 2 3 4 5 6; do
  await subscriber 20 '^(audit: |received )'
  seen+=$LINE$'\n'
done
expect 'events' "$(transcript subscriber | sort)" "$(printf %s "$seen" | sort)"

# The tool is a subscriber and a publisher as well.
start tool "$bin/mica" "${flags[@]}" subscribe events --count 1
await tool 20 '^subscribed to events$'
run "$bin/mica" "${flags[@]}" publish events '{"message":"from the tool"}'
expect "status, with error $ERR" 0 "$STATUS"
await tool 20 '"body":\{"message":"from the tool"\}'
await subscriber 20 '^audit: from the tool$'
stop subscriber 20
