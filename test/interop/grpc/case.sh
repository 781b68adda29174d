#!/usr/bin/env bash
# case.sh BIN PEERS CLIENT SERVER SECURITY CASE: one of gRPC's interop cases.
#
#   BIN       folder of mica's programs
#   PEERS     folder of the foreign ones (build.sh)
#   CLIENT    mica, grpc-go or grpcio
#   SERVER    mica, mica-lane, grpc-go or grpcio
#   SECURITY  plain or tls
. "$(dirname "$0")/../../support/process.sh"

bin=$1 peers=$2 client=$3 server=$4 security=$5 case=$6
here=$(cd "$(dirname "$0")" && pwd)
python=$peers/grpcio/bin/python
export PYTHONDONTWRITEBYTECODE=1

# Go's server tells no port: one that was free a moment ago. Ports of the system's own
# choice lie above, so that no client takes it meanwhile.
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 10000))
    (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null || break
  done
  echo "$port"
}

server_tls=() client_tls=() go_tls=()
if [ "$security" = tls ]; then
  # Every name but the server's: the override is put to the test too.
  name=interop.test
  "$bin/mica" cert ca --dir "$WORK/tls" > "$WORK/cert.log" 2>&1 &&
    "$bin/mica" cert server --dir "$WORK/tls" --name "$name" >> "$WORK/cert.log" 2>&1 ||
    fail "no certificates: $(cat "$WORK/cert.log")"
  server_tls=(--use_tls=true --tls_cert_file="$WORK/tls/server.pem" --tls_key_file="$WORK/tls/server-key.pem")
  client_tls=(--use_tls=true --ca_file="$WORK/tls/ca.pem" --server_host_override="$name")
  go_tls=("${client_tls[@]}" --use_test_ca=true)
fi

# Sets `port`.
case $server in
  mica | mica-lane)
    placement=worker
    [ "$server" = mica ] || placement=lane
    start server "$bin/grpc-interop-server" --port=0 --placement=$placement "${server_tls[@]}"
    await server 20 'Listening on .*:([0-9]+)$' ;;
  grpc-go)
    port=$(free_port)
    start server "$peers/grpc-go-server" --port="$port" "${server_tls[@]}"
    until (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null; do
      kill -0 "${PID[server]}" 2> /dev/null || fail "grpc-go's server has ended"
      sleep 0.02
    done
    BASH_REMATCH=('' "$port") ;;
  grpcio)
    start server "$python" "$here/python/server.py" --port=0 "${server_tls[@]}"
    await server 20 '^READY ([0-9]+)$' ;;
  *) fail "unknown server $server" ;;
esac
port=${BASH_REMATCH[1]}

target=(--server_host=127.0.0.1 --server_port="$port" --test_case="$case")
case $client in
  mica) run "$bin/grpc-interop-client" "${target[@]}" "${client_tls[@]}" ;;
  grpc-go) run "$peers/grpc-go-client" "${target[@]}" "${go_tls[@]}" ;;
  grpcio) run "$python" "$here/python/client.py" "${target[@]}" "${client_tls[@]}" ;;
  *) fail "unknown client $client" ;;
esac
[ "$STATUS" -eq 0 ] || fail "$case: status $STATUS: $OUT $ERR"
# Go's server knows no regular end.
[ "$server" = grpc-go ] || stop server 20
