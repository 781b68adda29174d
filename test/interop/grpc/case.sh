#!/usr/bin/env bash
# case.sh BIN PEERS CLIENT SERVER SECURITY CASE: one of gRPC's interop cases.
#
#   BIN       folder of mica's programs
#   PEERS     folder of the foreign ones (build.sh)
#   CLIENT    mica, grpc-go or grpcio
#   SERVER    mica, mica-lane, grpc-go or grpcio
#   SECURITY  plain or tls
BIN=$1 PEERS=$2 client=$3 server=$4 security=$5 case=$6
. "$(dirname "$0")/programs.sh"

start_server "$server" "$security"

arguments=(--server_host=127.0.0.1 --server_port="$PORT" --test_case="$case")
if [ "$security" = tls ]; then
  arguments+=(--use_tls=true --ca_file="$CA" --server_host_override="$NAME")
  # grpc-go reads --ca_file only then.
  [ "$client" != grpc-go ] || arguments+=(--use_test_ca=true)
fi
case $client in
  mica) run "$BIN/grpc-interop-client" "${arguments[@]}" ;;
  grpc-go) run "$PEERS/grpc-go-client" "${arguments[@]}" ;;
  grpcio) run "$PYTHON" "$GRPC/python/client.py" "${arguments[@]}" ;;
  *) fail "unknown client $client" ;;
esac
[ "$STATUS" -eq 0 ] || fail "$case: status $STATUS: $OUT $ERR"
# Go's server knows no regular end.
[ "$server" = grpc-go ] || stop server 20
