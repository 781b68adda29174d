#!/usr/bin/env bash
# case.sh BIN GOMICRO CONSUL DIRECTION VERSION REGISTRY WHAT: one call between mica and
# a real Go Micro peer.
#
#   BIN        folder of interop-peer
#   GOMICRO    folder of gomicro-v1 and gomicro-v2
#   CONSUL     folder of the running agent (test/servers), with its port in CONSUL/port;
#              of the running etcd where REGISTRY is etcd
#   DIRECTION  go-calls-mica or mica-calls-go
#   VERSION    v1 or v2, over gRPC v1-grpc or v2-grpc
#   REGISTRY   how the caller finds the service: address, consul, etcd or mdns
#   WHAT       protobuf json empty error error-json plain-json meta deadline timeout, and
#              the streams count join chat stream-error stream-deadline, in JSON with
#              -json behind
. "$(dirname "$0")/../support/process.sh"

bin=$1 gomicro=$2 consul=$3 direction=$4 version=$5 registry=$6 what=$7
[ "$registry" != mdns ] || own_network "$@"
protocol=mucp
case $version in *-grpc) protocol=grpc ;; esac
go=$gomicro/gomicro-${version%-grpc}

# Cases share one Consul.
service=greeter-$$

go_registry=() mica_registry=()
case $registry in
  address)
    go_registry=(-registry none)
    mica_registry=(--registry=memory) ;;
  consul)
    agent=127.0.0.1:$(cat "$consul/port")
    go_registry=(-registry consul -registry-address "$agent")
    mica_registry=(--registry=consul --registry_address="$agent") ;;
  etcd)
    server=127.0.0.1:$(cat "$consul/port")
    go_registry=(-registry etcd -registry-address "$server")
    mica_registry=(--registry=etcd --registry_address="$server") ;;
  mdns)
    go_registry=(-registry mdns)
    mica_registry=(--registry=mdns --mdns_interface=lo) ;;
esac

# serve: sets ADDRESS, of a service that is registered.
serve() {
  case $direction in
    go-calls-mica)
      start service "$bin/interop-peer" server --server_name="$service" "${mica_registry[@]}"
      await service 20 'Listening on ([^ ]+)'
      ADDRESS=${BASH_REMATCH[1]}
      await service 20 "Registering node: $service-" ;;
    mica-calls-go)
      start service "$go" server -name "$service" -protocol $protocol "${go_registry[@]}"
      await service 20 '^READY (.+)$'
      ADDRESS=${BASH_REMATCH[1]} ;;
  esac
}

# call NAME CONTENT_TYPE TIMEOUT_MS [METHOD MESSAGES]: sets STATUS, OUT and ERR. METHOD is
# one of Streamer's; a TIMEOUT_MS of 0 is none.
call() {
  local command
  case $direction in
    go-calls-mica)
      command=("$go" client)
      [ $# -eq 3 ] || command=("$go" stream -stream "$4" -n "$5" -stream-timeout "${3}ms")
      command+=(-name "$service" -protocol $protocol "${go_registry[@]}" -who "$1"
        -content-type "$2" -metadata X-Trace=abc)
      [ $# -ne 3 ] || command+=(-timeout "${3}ms")
      [ "$registry" != address ] || command+=(-address "$ADDRESS") ;;
    mica-calls-go)
      command=("$bin/interop-peer" client)
      [ $# -eq 3 ] || command=("$bin/interop-peer" stream "method=$4" "messages=$5")
      [ $# -eq 3 ] || [ $protocol = grpc ] || command+=(end=name)
      command+=("service=$service" "${mica_registry[@]}" "name=$1" "content_type=$2"
        retries=0 header.X-Trace=abc)
      [ "$3" = 0 ] || command+=("timeout_ms=$3")
      # A registry says itself what a node speaks.
      [ "$registry" != address ] || command+=("address=$ADDRESS" --client=$protocol) ;;
  esac
  run "${command[@]}"
  # Go waits 100 ms for answers to a look-up: on a busy machine the first may be late.
  local end=$((SECONDS + 10))
  while [ "$registry" = mdns ] && [ $SECONDS -lt $end ] && [[ $ERR == *'not found'* ]]; do
    run "${command[@]}"
  done
}

succeeds() {
  [ "$STATUS" -eq 0 ] || fail "the call failed: $ERR"
}

protobuf=application/protobuf json=application/json
streamed=$protobuf
case $what in
  count-json | join-json | chat-json | stream-error-json | stream-deadline-json)
    streamed=$json what=${what%-json} ;;
esac
refused='{"id":"greeter","code":400,"detail":"name fail refused","status":"Bad Request"}'

serve
case $what in
  protobuf | json)
    call John "${!what}" 5000
    succeeds
    expect answer 'Hello John' "$OUT" ;;
  empty)
    call empty "$protobuf" 5000
    succeeds
    expect answer '' "$OUT" ;;
  error)
    call fail "$protobuf" 5000
    expect 'status and error' "1 $refused" "$STATUS $ERR" ;;
  error-json)
    call fail "$json" 5000
    expect 'status and error' "1 $refused" "$STATUS $ERR" ;;
  plain-json)
    call plain "$json" 5000
    expect status 1 "$STATUS"
    expect_match error 'plain failure' "$ERR" ;;
  meta)
    call meta "$json" 5000
    succeeds
    if [ $protocol = grpc ]; then
      # Names are in lower case on the wire; Go Micro's server gives them back its form.
      expect_match fields '"[Xx]-[Tt]race":"abc"' "$OUT"
      expect_match fields '"[Mm]icro-[Ff]rom-[Ss]ervice":"interop.client"' "$OUT"
      stop service 20
      exit 0
    fi
    expect_match fields '"X-Trace":"abc"' "$OUT"
    expect_match fields '"Micro-From-Service":"interop.client"' "$OUT"
    expect_match fields '"Micro-Endpoint":"Greeter.Hello"' "$OUT"
    expect_match fields "\"Micro-Service\":\"$service\"" "$OUT"
    expect_match fields '"Content-Type":"application/json"' "$OUT"
    # What the look-up has left of 5 s, in nanoseconds.
    expect_match fields '"Timeout":"([1-9][0-9]*)"' "$OUT"
    [ "${BASH_REMATCH[1]}" -le 5000000000 ] || fail "Timeout above 5 s: $OUT" ;;
  deadline)
    call deadline "$protobuf" 2000
    succeeds
    expect_match 'milliseconds left' '^[1-9][0-9]*$' "$OUT"
    [ "$OUT" -le 2000 ] || fail "more than 2000 ms left: $OUT" ;;
  timeout)
    call sleep "$protobuf" 300
    expect status 1 "$STATUS"
    expect_match error '"code":408' "$ERR" ;;
  count)
    call 3 "$streamed" 0 Count 1
    succeeds
    expect greetings $'Hello 1\nHello 2\nHello 3' "$OUT" ;;
  join)
    call John "$streamed" 0 Join 3
    succeeds
    expect greeting 'Hello John John John' "$OUT" ;;
  chat)
    call John "$streamed" 0 Chat 2
    succeeds
    expect greetings $'Hello John\nHello John' "$OUT" ;;
  stream-error)
    call fail "$streamed" 0 Chat 1
    expect status 1 "$STATUS"
    expect_match error 'name fail refused' "$ERR"
    expect_match error '400|InvalidArgument' "$ERR" ;;
  stream-deadline)
    call sleep "$streamed" 300 Chat 1
    expect status 1 "$STATUS"
    # A server of Go Micro's may be faster, and says so by a plain error.
    expect_match error '"code":408|DeadlineExceeded|context deadline exceeded' "$ERR" ;;
  *) fail "unknown case $what" ;;
esac
stop service 20
