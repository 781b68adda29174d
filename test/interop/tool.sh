#!/usr/bin/env bash
# tool.sh BIN GOMICRO CONSUL: the tool `mica` and Go Micro's own client get the same
# answer from the same process, found through Consul; each side reads the other one's
# record.
. "$(dirname "$0")/../support/process.sh"

bin=$1 gomicro=$2
agent=127.0.0.1:$(cat "$3/port")
registry=(--registry=consul --registry_address="$agent")
go_registry=(-registry consul -registry-address "$agent")

# Whitespace aside, since only the layout of JSON is free.
compact() { tr -d ' \t\n' <<< "$1"; }

ours=greeter-$$
start service "$bin/greeter-service" --server_name="$ours" --server_version=3.2.1 "${registry[@]}"
await service 20 'Listening on '
await service 20 "Registering node: ($ours-.+)$"
node=${BASH_REMATCH[1]}

run "$bin/mica" "${registry[@]}" call "$ours" Greeter.Hello '{"name":"John"}'
expect 'answer to mica' '0 {"greeting":"HelloJohn"}' "$STATUS $(compact "$OUT")"

for version in v1 v2; do
  run "$gomicro/gomicro-$version" client "${go_registry[@]}" -name "$ours"
  expect "answer to Go Micro $version" '0 Hello John' "$STATUS $OUT"

  run "$gomicro/gomicro-$version" get "${go_registry[@]}" -name "$ours"
  expect 'status of the look-up' 0 "$STATUS"
  expect_match "record as Go Micro $version reads it" "\"name\":\"$ours\",\"version\":\"3.2.1\"" "$OUT"
  expect_match "record as Go Micro $version reads it" \
    '"name":"Greeter.Hello","request":\{"name":"HelloRequest","type":"HelloRequest","values":\[\{"name":"name","type":"string"' "$OUT"
  expect_match "record as Go Micro $version reads it" "\"id\":\"$node\"" "$OUT"
  expect_match "record as Go Micro $version reads it" '"protocol":"mucp"' "$OUT"

  theirs=greeter-$version-$$
  start "$theirs" "$gomicro/gomicro-$version" server -name "$theirs" "${go_registry[@]}"
  await "$theirs" 20 '^READY (.+)$'
  address=${BASH_REMATCH[1]}

  run "$bin/mica" "${registry[@]}" call "$theirs" Greeter.Hello '{"name":"John"}'
  expect "answer of Go Micro $version" '0 {"greeting":"HelloJohn"}' "$STATUS $(compact "$OUT")"
  run "$bin/mica" "${registry[@]}" call "$theirs" Greeter.Hello '{"name":"fail"}'
  expect 'status of a refused call' 1 "$STATUS"
  expect_match "error of Go Micro $version" 'name fail refused' "$ERR"
  run "$bin/mica" "${registry[@]}" get service "$theirs"
  expect_match "record of Go Micro $version" "$address" "$OUT"
  expect_match "record of Go Micro $version" 'Greeter.Hello' "$OUT"
  run "$bin/mica" "${registry[@]}" list services
  expect_match 'list of services' "$theirs" "$OUT"
  expect_match 'list of services' "$ours" "$OUT"
  run "$bin/mica" "${registry[@]}" doctor "$theirs"
  expect "status of doctor, with $OUT" 0 "$STATUS"
  stop "$theirs" 20
done

stop service 20
run "$bin/mica" "${registry[@]}" list services
[[ $OUT != *"$ours"* ]] || fail "still listed after SIGTERM: $OUT"
