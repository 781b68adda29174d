#!/usr/bin/env bash
# case.sh LOAD GOMICRO NAME DIRECTION [queue]: events between mica's broker NAME and Go
# Micro v2.9.1's, over a real server. DIRECTION: go-to-mica or mica-to-go.
set -euo pipefail

load=$1 gomicro=$2 name=$3 direction=$4 queue=${5:-}
count=100
here=$(cd "$(dirname "$0")" && pwd)
script=$here/../../servers/$name.sh
dir=$(mktemp -d)
pids=()
clean_up() {
  for pid in "${pids[@]}"; do kill -KILL "$pid" 2> /dev/null || true; done
  bash "$script" kill "$dir/server" > /dev/null 2>&1 || true
  rm -rf "$dir"
}
trap clean_up EXIT

bash "$script" start "$dir/server" > /dev/null || exit $?
address=127.0.0.1:$(cat "$dir/server/port")

# await FILE: until the subscriber that writes there is ready.
await() {
  for _ in $(seq 600); do
    grep -qx ready "$1" 2> /dev/null && return
    sleep 0.05
  done
  echo "case.sh: the subscriber is not ready after 30 s" >&2
  cat "$dir"/*.err >&2
  exit 1
}

if [ "$direction" = go-to-mica ]; then
  publisher=$gomicro subscriber=$load who=go
else
  publisher=$load subscriber=$gomicro who=mica
fi
# A group of sarama's gets its partitions after it has said that it is ready, so the
# topic has to be there: whoever subscribes first makes it.
"$load" "$name" "$address" publish events 1 2> "$dir/make.err" ||
  { cat "$dir/make.err" >&2; exit 1; }
"$subscriber" "$name" "$address" subscribe events "$queue" $count \
  > "$dir/out" 2> "$dir/subscriber.err" &
pids+=($!)
await "$dir/out"
if [ "$name" = kafka ] && [ "$direction" = mica-to-go ]; then
  # sarama tells nobody when it has joined; publish until something comes.
  for _ in $(seq 300); do
    "$load" "$name" "$address" publish events 1 2>> "$dir/publisher.err"
    grep -q '^mica' "$dir/out" && break
    sleep 0.1
  done
  grep -q '^mica 0 0$' "$dir/out" || { cat "$dir"/*.err >&2; exit 1; }
else
  "$publisher" "$name" "$address" publish events $count 2> "$dir/publisher.err" ||
    { cat "$dir"/*.err >&2; exit 1; }
  wait "${pids[0]}" || { cat "$dir"/*.err >&2; exit 1; }
  # Each once, in order, with its header.
  for i in $(seq 0 $((count - 1))); do echo "$who $i $i"; done > "$dir/expected"
  grep "^$who" "$dir/out" | diff "$dir/expected" - >&2
fi
echo "case.sh: $direction over $name: fine"
