#!/usr/bin/env bash
# registry_change.sh BIN [CHANGES]: how long a change takes to reach a client, through real
# servers of this run's own.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
bin=$1
dir=$(mktemp -d)
trap 'for name in etcd consul; do bash "$here/../servers/$name.sh" kill "$dir/$name" > /dev/null; done; rm -rf "$dir"' EXIT
for name in etcd consul; do
  bash "$here/../servers/$name.sh" start "$dir/$name" > /dev/null
  for pause in 150 0; do
    "$bin/bench-registry-change" "$name" "127.0.0.1:$(cat "$dir/$name/port")" "${2:-200}" $pause
  done
done
