#!/usr/bin/env bash
# etcd, one member. PORT serves gRPC and the JSON gateway, the next one its peers.
# Use: see lib.sh. ETCD_TLS=CERT,KEY,CA (PEM files): clients speak TLS, and with a CA
# they need a certificate of it.
PORTS=2
. "$(dirname "$0")/lib.sh"

serve() {
  find_program etcd "apt-get install etcd-server"
  local dir=$1 port=$2 peer=$(( $2 + 1 )) scheme=http cert='' key='' ca='' tls=()
  if [ -n "${ETCD_TLS:-}" ]; then
    IFS=, read -r cert key ca <<< "$ETCD_TLS"
    scheme=https
    tls=(--cert-file "$cert" --key-file "$key")
    [ -z "$ca" ] || tls+=(--trusted-ca-file "$ca" --client-cert-auth)
  fi
  # Short elections: a restart takes 0.4 s instead of 1.8 s.
  launch "$dir" "$PROGRAM" --name test --data-dir "$dir/data" \
    --listen-client-urls "$scheme://127.0.0.1:$port" \
    --advertise-client-urls "$scheme://127.0.0.1:$port" \
    --listen-peer-urls "http://127.0.0.1:$peer" \
    --initial-advertise-peer-urls "http://127.0.0.1:$peer" \
    --initial-cluster "test=http://127.0.0.1:$peer" \
    --heartbeat-interval 20 --election-timeout 200 --log-level warn \
    "${tls[@]}"
  await "$dir" healthy "$scheme://127.0.0.1:$port" "$cert" "$key"
}

healthy() { # URL CERT KEY
  local own=()
  [ -z "$2" ] || own=(--insecure --cert "$2" --key "$3")
  curl -sf -m 1 "${own[@]}" "$1/health" | grep -q '"true"'
}

main "$@"
