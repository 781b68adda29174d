#!/usr/bin/env bash
# case.sh PEER GOMICRO WHAT: calls over the transport nats, and a real server. PEER is
# interop-peer; WHAT one of go-calls-mica mica-calls-go mica-calls-mica away nobody.
. "$(dirname "$0")/../../support/process.sh"

peer=$1 go=$2 what=$3
script=$(cd "$(dirname "$0")/../../servers" && pwd)/nats.sh
bash "$script" start "$WORK/nats" > /dev/null || exit $?
trap 'bash "$script" kill "$WORK/nats" > /dev/null 2>&1 || true; clean_up' EXIT
port=$(cat "$WORK/nats/port")
mica=(--registry=memory --broker=memory --transport=nats "--transport_address=127.0.0.1:$port")

# call ADDRESS NAME [KEY=VALUE...]: by mica.
call() {
  local address=$1 name=$2
  shift 2
  run "$peer" client service=greeter "address=$address" "name=$name" retries=0 "$@" "${mica[@]}"
}

# serve [FLAG...]: by mica; sets ADDRESS.
serve() {
  start service "$peer" server --server_address=:0 "${mica[@]}" "$@"
  await service 20 'Listening on ([^ ]+)'
  ADDRESS=${BASH_REMATCH[1]}
  await service 20 'Registering node: '
}

case $what in
  go-calls-mica)
    serve
    run "$go" "127.0.0.1:$port" client "$ADDRESS" John
    expect "status, with error $ERR" 0 "$STATUS"
    expect answers $'Hello John\nHello John' "$OUT"
    run "$go" "127.0.0.1:$port" client "$ADDRESS" fail
    expect 'status of a refusal' 1 "$STATUS"
    expect_match error '"code":400,"detail":"name fail refused"' "$ERR"
    stop service 20 ;;
  mica-calls-go)
    start service "$go" "127.0.0.1:$port" server greeter.subject
    await service 20 '^ready greeter\.subject$'
    # Go Micro says that it is ready before its subscription is at the server.
    for _ in $(seq 100); do
      call greeter.subject John
      [ "$STATUS" -ne 0 ] || break
    done
    expect "status, with error $ERR" 0 "$STATUS"
    expect answer 'Hello John' "$OUT" ;;
  mica-calls-mica)
    serve
    call "$ADDRESS" John content_type=application/json
    expect "status, with error $ERR" 0 "$STATUS"
    expect answer 'Hello John' "$OUT"
    call "$ADDRESS" fail
    expect 'status and error' '1 {"id":"greeter","code":400,"detail":"name fail refused","status":"Bad Request"}' "$STATUS $ERR"
    call "$ADDRESS" sleep timeout_ms=300
    expect_match timeout '"code":408' "$ERR"
    # What a transport of messages can't carry is refused with a reason.
    run "$peer" stream service=greeter "address=$ADDRESS" name=John method=Chat "${mica[@]}"
    expect 'status of a stream' 1 "$STATUS"
    expect_match 'error of a stream' 'streams do not travel' "$ERR"
    run "$peer" client "address=$ADDRESS" --client=grpc "${mica[@]}"
    expect_match 'error of gRPC' 'client=grpc does not travel over the transport nats' "$ERR"
    # Two lanes share a subject.
    stop service 20
    rm "$WORK/service"
    serve --lanes=2
    for _ in 1 2 3 4; do
      call "$ADDRESS" John
      expect "answer, with error $ERR" 'Hello John' "$OUT"
    done
    stop service 20 ;;
  nobody)
    # The server knows it at once: no deadline is waited for.
    call no.such.subject John timeout_ms=15000
    expect status 1 "$STATUS"
    expect_match error 'nobody listens at no\.such\.subject' "$ERR" ;;
  away)
    serve
    bash "$script" kill "$WORK/nats" > /dev/null
    run "$peer" server --server_address=:0 "${mica[@]}"
    expect 'status of a service' 1 "$STATUS"
    expect_match 'error of a service' "no connection to 127.0.0.1:$port" "$ERR"
    call "$ADDRESS" John timeout_ms=500
    expect 'status of a call' 1 "$STATUS"
    expect_match 'error of a call' 'transport nats: ' "$ERR"
    # It comes back on its port, and the service with it.
    bash "$script" start "$WORK/nats" > /dev/null
    for _ in $(seq 100); do
      call "$ADDRESS" John timeout_ms=1000
      [ "$STATUS" -ne 0 ] || break
    done
    expect "answer, with error $ERR" 'Hello John' "$OUT"
    stop service 20 ;;
  *) fail "unknown case $what" ;;
esac
