#!/usr/bin/env bash
# NATS with JetStream on disk. PORT is the clients' port, the next one the monitor's
# (/healthz, /varz, /jsz). With $NATS_TLS=CERT:KEY:CA it speaks TLS. Use: see lib.sh.
PORTS=2
. "$(dirname "$0")/lib.sh"

serve() {
  find_program nats-server "bash scripts/install.sh test installs it"
  local dir=$1 port=$2 tls=''
  if [ -n "${NATS_TLS:-}" ]; then
    IFS=: read -r cert key ca <<< "$NATS_TLS"
    tls="tls { cert_file: \"$cert\", key_file: \"$key\", ca_file: \"$ca\" }"
  fi
  cat > "$dir/nats.conf" <<CONF
listen: "127.0.0.1:$port"
http: "127.0.0.1:$((port + 1))"
jetstream { store_dir: "$dir/data", max_mem: 64MB, max_file: 1GB }
$tls
CONF
  launch "$dir" "$PROGRAM" -c "$dir/nats.conf"
  await "$dir" curl -sf -m 1 "http://127.0.0.1:$((port + 1))/healthz"
}

main "$@"
