# Shared by the scripts here; sourced, never run.
#
#   start_server SERVER SECURITY   mica, mica-lane, grpc-go or grpcio; plain or tls: sets PORT
#                                  and, under TLS, CA (a file) and NAME (the server's)
#
# BIN is the folder of mica's programs, PEERS that of the foreign ones (build.sh).
. "$(dirname "${BASH_SOURCE[0]}")/../../support/process.sh"

GRPC=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PYTHON=$PEERS/grpcio/bin/python
export PYTHONDONTWRITEBYTECODE=1

# Go's server tells no port: one that was free a moment ago. Ports of the system's own
# choice lie above, so that no client takes it meanwhile.
free_port() {
  while :; do
    PORT=$((20000 + RANDOM % 10000))
    (exec 3<> "/dev/tcp/127.0.0.1/$PORT") 2> /dev/null || return 0
  done
}

start_server() { # SERVER SECURITY
  local tls=()
  if [ "$2" = tls ]; then
    # No name that 127.0.0.1 has: clients have to say it.
    NAME=interop.test CA=$WORK/tls/ca.pem
    "$BIN/mica" cert ca --dir "$WORK/tls" > "$WORK/cert.log" 2>&1 &&
      "$BIN/mica" cert server --dir "$WORK/tls" --name "$NAME" >> "$WORK/cert.log" 2>&1 ||
      fail "no certificates: $(cat "$WORK/cert.log")"
    tls=(--use_tls=true --tls_cert_file="$WORK/tls/server.pem" --tls_key_file="$WORK/tls/server.key")
  fi
  case $1 in
    mica | mica-lane)
      local placement=worker
      [ "$1" = mica ] || placement=lane
      start server "$BIN/grpc-interop-server" --port=0 --placement=$placement "${tls[@]}"
      await server 20 'Listening on .*:([0-9]+)$'
      PORT=${BASH_REMATCH[1]} ;;
    grpc-go)
      free_port
      start server "$PEERS/grpc-go-server" --port="$PORT" "${tls[@]}"
      until (exec 3<> "/dev/tcp/127.0.0.1/$PORT") 2> /dev/null; do
        kill -0 "${PID[server]}" 2> /dev/null || fail "grpc-go's server has ended"
        sleep 0.02
      done ;;
    grpcio)
      start server "$PYTHON" "$GRPC/python/server.py" --port=0 "${tls[@]}"
      await server 20 '^READY ([0-9]+)$'
      PORT=${BASH_REMATCH[1]} ;;
    *) fail "unknown server $1" ;;
  esac
}
