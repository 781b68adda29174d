#!/usr/bin/env bash
# run.sh nats|kafka [ROUNDS] [COUNT]: events of 128 bytes through mica's broker and
# through its peer, in turn, one publisher and one subscriber each. The peer's messages
# are as large as mica's JSON of such an event.
set -euo pipefail

name=$1 rounds=${2:-5} count=${3:-200000}
wire_bytes=300
script=$ROOT/test/servers/$name.sh
dir=$(mktemp -d)
trap 'bash "$script" kill "$dir/server" > /dev/null 2>&1 || true; rm -rf "$dir"' EXIT
bash "$script" start "$dir/server" > /dev/null
address=127.0.0.1:$(cat "$dir/server/port")

# Two rates a line: published and delivered.
rates() { sed -nE 's/^published.s=([0-9]+) delivered.s=([0-9]+) .*/\1 \2/p'; }
mica() { "$BUILD/bin/broker-load" "$name" "$address" bench "$count" 128 | rates; }
nats_peer() {
  "$NATS_TOOL" bench bench --pub 1 --sub 1 --size $wire_bytes --msgs "$count" \
    -s "nats://$address" --no-progress 2>&1 |
    awk '/^ *Pub stats/ { gsub(",", ""); pub = $3 }
         /^ *Sub stats/ { gsub(",", ""); got = $3 }
         END { print pub, got }'
}
kafka_peer() {
  "$BUILD/bin/broker-load" kafka "$address" publish bench 1 > /dev/null
  "$BUILD/bin/kafka-loop" "$address" bench "$count" $wire_bytes | rates
}

median() { sort -g | awk '{ x[NR] = $1 } END { print x[int((NR + 1) / 2)] }'; }

for _ in $(seq "$rounds"); do
  read -r peer_pub peer_got <<< "$("${name}_peer")"
  read -r pub got <<< "$(mica)"
  echo "$pub $got $peer_pub $peer_got" >> "$dir/rounds"
done
printf '%-28s %12s %12s %7s\n' "$name: events/s, median of $rounds" mica peer ratio
column() { awk -v n="$1" '{ print $n }' "$dir/rounds" | median; }
for row in "published 1 3" "delivered 2 4"; do
  read -r what ours theirs <<< "$row"
  a=$(column "$ours") b=$(column "$theirs")
  printf '%-28s %12s %12s %7.2f\n' "  $what" "$a" "$b" "$(awk "BEGIN { print $a / $b }")"
done
