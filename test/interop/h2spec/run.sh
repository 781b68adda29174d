#!/usr/bin/env bash
# run.sh BIN PEERS SECURITY SECTION: h2spec against mica's server; no case may fail.
#
#   SECTION  generic, http2 or hpack
BIN=$1 PEERS=$2 security=$3 section=$4
. "$(dirname "$0")/../grpc/programs.sh"

start_server mica "$security"
# Longer fields than usual: five of them make a frame that is too large for us.
flags=(--port "$PORT" --strict --max-header-length 20000)
[ "$security" = plain ] || flags+=(--tls --insecure)
# Each case may wait for its two seconds.
STATUS=0
timeout 300 "$PEERS/h2spec" "$section" "${flags[@]}" > "$WORK/h2spec" 2>&1 || STATUS=$?
summary=$(grep -E '^[0-9]+ tests, ' "$WORK/h2spec") || fail "h2spec said: $(cat "$WORK/h2spec")"
[[ $STATUS -eq 0 && $summary =~ ^[1-9][0-9]*\ tests,\ [0-9]+\ passed,\ 0\ skipped,\ 0\ failed$ ]] ||
  fail "$summary; status $STATUS; $(sed -n '/^Failures:/,$p' "$WORK/h2spec")"
echo "$summary"
stop server 20
