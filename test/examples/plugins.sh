#!/usr/bin/env bash
# plugins.sh BIN LIB: the programs of examples/plugins do what their transcripts say.
. "$(dirname "$0")/../support/process.sh"

own_network "$@"
root=$(cd "$(dirname "$0")/../.." && pwd)
bin=$1 lib=$2

for id in one two; do
  start $id "$bin/plugins-service" --server_id=$id
  await $id 20 "Registering node: greeter-$id"
done
run "$bin/plugins-client" --plugin="$lib/plugins-standby.so" --selector=standby
expect "status, with error $ERR" 0 "$STATUS"
transcript() { sed -n '/^\/\//!q; s/^\/\/   \([^$]\)/\1/p' "$root/examples/plugins/$1.cpp"; }
expect output "$(transcript client)" "$OUT"

# The next one stands by.
stop one 20
run "$bin/plugins-client" --plugin="$lib/plugins-standby.so" --selector=standby
expect "status, with error $ERR" 0 "$STATUS"
expect 'output when the first is gone' "$(transcript client | sed 's/one$/two/')" "$OUT"

run "$bin/plugins-client" --selector=standby
expect 'status without the plugin' 1 "$STATUS"
expect_match 'error without the plugin' 'Selector standby not found' "$ERR"
stop two 20
