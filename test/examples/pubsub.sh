#!/usr/bin/env bash
# pubsub.sh BIN BROKER [FLAG...]: the programs of examples/pubsub do what their
# transcripts say with this broker; flags name its server, if it has one.
. "$(dirname "$0")/../support/process.sh"

own_network "$@"
root=$(cd "$(dirname "$0")/../.." && pwd)
bin=$1
broker=$2
shift 2

flags=(--registry=mdns --mdns_interface=lo "--broker=$broker" "$@")
grep -A1 -e '--broker TEXT' <<< "$("$bin/pubsub-subscriber" --help)" | grep -w "$broker" > /dev/null ||
  skip "this build has no broker $broker"
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
