#!/usr/bin/env bash
# run.sh [FLAG...]: builds the greeter, starts the service, calls it and stops it.
# Flags, e.g. --registry=consul, go to both programs; examples/greeter/README.md.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
preset=${MICA_PRESET:-default}

die() {
  echo "greeter: $*" >&2
  exit 1
}

bash scripts/install.sh build
[ -e "build/$preset/build.ninja" ] || cmake --preset "$preset"
cmake --build --preset "$preset" --target greeter-service greeter-client

work=$(mktemp -d)
service=''
lines=''
# Also after a failure and Ctrl-C: the service says goodbye and is gone.
clean_up() {
  if [ -n "$service" ]; then
    kill -TERM "$service" 2> /dev/null || true
    [ -z "$lines" ] || timeout 10 cat <&"$lines" || true
    kill -KILL "$service" 2> /dev/null || true
    wait "$service" 2> /dev/null || true
  fi
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Discovery stays on this machine: multicast on the loopback interface.
flags=(--mdns_interface=lo "$@")

# The service's lines come through a pipe, so that waiting for one is reading it.
mkfifo "$work/lines"
"build/$preset/bin/greeter-service" "${flags[@]}" > "$work/lines" 2>&1 &
service=$!
exec {lines}< "$work/lines"

registered=''
while [ -z "$registered" ]; do
  got=0; IFS= read -r -t 20 -u "$lines" line || got=$?
  [ "$got" -le 128 ] || die "the service did not register within 20 s"
  if [ "$got" -ne 0 ]; then
    status=0; wait "$service" || status=$?; service=''
    die "the service ended with status $status before it registered"
  fi
  echo "$line"
  case $line in *'Registering node: '*) registered=1 ;; esac
done

"build/$preset/bin/greeter-client" "${flags[@]}" || die "the call failed"

kill -TERM "$service"
timeout 30 cat <&"$lines" || die "the service did not end within 30 s of SIGTERM"
status=0; wait "$service" || status=$?; service=''
[ "$status" -eq 0 ] || die "the service ended with status $status"
