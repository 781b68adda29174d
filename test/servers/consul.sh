#!/usr/bin/env bash
# Consul, one server agent. PORT is the HTTP API; the three ports after it are taken too
# (RPC, Serf LAN, Serf WAN; DNS and gRPC stay off). Use: see lib.sh. CONSUL_TLS=CERT,KEY,CA
# (PEM files): the API speaks TLS, and clients need a certificate of CA.
PORTS=4
. "$(dirname "$0")/lib.sh"

serve() {
  find_program consul "bash test/servers/install.sh consul fetches it"
  local dir=$1 port=$2 api='"http"' tls='' cert='' key='' ca=''
  if [ -n "${CONSUL_TLS:-}" ]; then
    IFS=, read -r cert key ca <<< "$CONSUL_TLS"
    api='"http": -1, "https"'
    tls="\"cert_file\": \"$cert\", \"key_file\": \"$key\", \"ca_file\": \"$ca\", \"verify_incoming_https\": true,"
  fi
  # A data dir, not -dev: services and checks survive a crash, as they do in production.
  cat > "$dir/agent.json" <<JSON
{ "server": true, "bootstrap": true, "node_name": "test", "datacenter": "dc1",
  "data_dir": "$dir/data", "bind_addr": "127.0.0.1", "client_addr": "127.0.0.1",
  $tls
  "ports": { $api: $port, "server": $((port + 1)), "serf_lan": $((port + 2)),
             "serf_wan": $((port + 3)), "dns": -1, "grpc": -1 },
  "leave_on_terminate": false, "disable_update_check": true, "enable_script_checks": false,
  "performance": { "raft_multiplier": 1 }, "log_level": "WARN" }
JSON
  launch "$dir" "$PROGRAM" agent -config-file "$dir/agent.json"
  await "$dir" has_leader "$port" "$cert" "$key"
}

# The agent answers before it has a leader; registrations need one, and its own node
# in the catalog.
has_leader() { # PORT CERT KEY
  local url=http://127.0.0.1:$1 own=()
  if [ -n "$2" ]; then url=https://127.0.0.1:$1 own=(--insecure --cert "$2" --key "$3"); fi
  curl -sf -m 1 "${own[@]}" "$url/v1/status/leader" | grep -q ':' &&
    curl -sf -m 1 "${own[@]}" "$url/v1/catalog/nodes" | grep -q '"test"'
}

main "$@"
