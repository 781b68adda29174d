#!/usr/bin/env bash
# events.sh BIN GOMICRO CONSUL DIRECTION VERSION REGISTRY WHAT: events over the http broker
# between mica and real Go Micro.
#
#   DIRECTION  go-to-mica, mica-to-go, or mica-to-both: mica publishes to one subscriber
#              of each kind
#   VERSION    v1 or v2
#   REGISTRY   consul or mdns
#   WHAT       broadcast: two subscribers, both get every event;
#              queue: two of one queue, each event goes to one of them
. "$(dirname "$0")/../support/process.sh"

bin=$1 gomicro=$2 consul=$3 direction=$4 version=$5 registry=$6 what=$7
[ "$registry" != mdns ] || own_network "$@"
go=$gomicro/gomicro-$version

# Cases share one Consul.
topic=events-$$ n=20
queue=
[ "$what" != queue ] || queue=workers

case $registry in
  consul)
    agent=127.0.0.1:$(cat "$consul/port")
    go_registry=(-registry consul -registry-address "$agent")
    mica_registry=(registry=consul "registry_address=$agent") ;;
  mdns)
    go_registry=(-registry mdns)
    mica_registry=(registry=mdns) ;;
esac

# subscribe NAME KIND
subscribe() {
  case $2 in
    go) start "$1" "$go" subscribe -name "$1-$$" -topic "$topic" -queue "$queue" "${go_registry[@]}" ;;
    mica) start "$1" "$bin/broker-peer" subscribe "topic=$topic" "queue=$queue" "${mica_registry[@]}" ;;
  esac
  await "$1" 20 '^READY (.+)$'
}

# collect NAME: ends the subscriber; EVENTS is what it printed for events.
collect() {
  stop "$1" 20
  EVENTS=$(grep '^EVENT ' "$WORK/$1.log" || true)
}

# events_of COUNT-WORD LINES: the names, sorted.
names() {
  sed -n 's/^EVENT \([^ ]*\) .*/\1/p' | sort -V
}

case $direction in
  go-to-mica) kinds=(mica mica) publisher=go ;;
  mica-to-go) kinds=(go go) publisher=mica ;;
  mica-to-both) kinds=(go mica) publisher=mica ;;
esac

subscribe first "${kinds[0]}"
subscribe second "${kinds[1]}"

case $publisher in
  go)
    # Go's registry cache asks mDNS for 100 ms once: on a busy machine it may know too few,
    # and then for a minute. Another publisher asks anew.
    run "$go" publish -topic "$topic" -n $n -who John -linger 2s -metadata X-Trace=abc "${go_registry[@]}" ;;
  mica)
    run "$bin/broker-peer" publish "topic=$topic" n=$n who=John header.X-Trace=abc \
      header.Micro-From-Service=interop.client "${mica_registry[@]}" ;;
esac
[ "$STATUS" -eq 0 ] || fail "publishing failed: $OUT $ERR"
expect_match published "^PUBLISHED $n refused 0 in" "$OUT"

wanted=$(for ((i = 0; i < n; i++)); do echo "John-$i"; done)
collect first
first=$EVENTS
collect second
second=$EVENTS

case $what in
  broadcast)
    expect 'events of the first' "$wanted" "$(names <<< "$first")"
    expect 'events of the second' "$wanted" "$(names <<< "$second")" ;;
  queue)
    expect 'events of both' "$wanted" "$(printf '%s\n' "$first" "$second" | names)"
    # 2 * 2^-20 that chance alone leaves one of them out.
    [ -n "$first" ] && [ -n "$second" ] || fail "one of the queue got all of $n events" ;;
esac
one=$(printf '%s\n' "$first" "$second" | grep -m 1 '^EVENT ')
expect_match headers "\"Micro-Topic\":\"$topic\"" "$one"
expect_match headers '"Micro-From-Service":"interop.client"' "$one"
expect_match headers '"Content-Type":"application/protobuf"' "$one"
expect_match headers '"X-Trace":"abc"' "$one"
expect_match headers '"Micro-Id":"[^"]{16,}"' "$one"
