#!/usr/bin/env bash
# kill9.sh [--term | --registry | --slow] [SECONDS]: three nodes at half of what they can,
# found through Consul, while one is killed (SIGKILL) and started again every 5 s.
#   --term      SIGTERM instead, and calls that are not idempotent
#   --registry  Consul is killed and started again instead, away for half of the time
#   --slow      nothing is killed: one node becomes 20 times slower
# Ends in `calls=N failed=N p99.9=Nms`; succeeds if no call has failed (--slow: and if the
# slow node got less than 5 % of the calls of the second half).
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
mode=kill
case ${1:-} in
  --term | --registry | --slow) mode=${1#--}; shift ;;
  -*) sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
seconds=${1:-60}
program=${MICA_BALANCE_LOAD:-$root/build/default/bin/balance-load}
[ -x "$program" ] || cmake --build "$root/build/default" --target balance-load > /dev/null

consul=$root/test/servers/consul.sh
dir=$(mktemp -d)
node=() load=''
clean_up() {
  [ -z "$load" ] || kill -KILL "$load" 2> /dev/null || true
  for pid in "${node[@]}"; do kill -KILL "$pid" 2> /dev/null || true; done
  bash "$consul" kill "$dir/server" > /dev/null 2>&1 || true
  rm -rf "$dir"
}
trap clean_up EXIT

bash "$consul" start "$dir/server" > /dev/null || exit $?
flags=(--registry=consul --registry_address="127.0.0.1:$(cat "$dir/server/port")"
       --selector="${MICA_SELECTOR:-p2c}")

start_node() {
  "$program" serve "${flags[@]}" --server_address=127.0.0.1:0 \
    --register_ttl=10 --register_interval=3 > "$dir/node$1" 2>&1 &
  node[$1]=$!
  # Reaped by a kill, it is not this shell's to report.
  disown "${node[$1]}"
}
await_node() {
  for _ in $(seq 200); do
    grep -q 'Registering node' "$dir/node$1" && return
    sleep 0.05
  done
  cat "$dir/node$1" >&2
  return 1
}

for i in 0 1 2; do start_node $i; done
for i in 0 1 2; do await_node $i; done
method=work slow=0
[ $mode != term ] || method=once
[ $mode != slow ] || slow=${node[0]}
# A node takes 500 calls a second.
"$program" call "$seconds" 750 $method "$slow" "${flags[@]}" > "$dir/out" 2> "$dir/err" &
load=$!
while ! grep -qx ready "$dir/out"; do
  kill -0 "$load" || { cat "$dir/err" >&2; exit 1; }
  sleep 0.05
done

end=$((SECONDS + seconds))
kills=0
case $mode in
  slow)
    sleep 1
    kill -USR1 "${node[0]}"
    ;;
  registry)
    sleep $((seconds / 4))
    bash "$consul" kill "$dir/server" > /dev/null
    kills=1
    sleep $((seconds / 2))
    bash "$consul" start "$dir/server" > /dev/null
    ;;
  *)
    sleep 1
    while [ $SECONDS -lt $((end - 2)) ]; do
      i=$((kills % 3))
      if [ $mode = term ]; then kill -TERM "${node[$i]}"; else kill -KILL "${node[$i]}"; fi
      kills=$((kills + 1))
      start_node $i
      sleep 5
    done
    ;;
esac
status=0
wait "$load" || status=$?
load=''
cat "$dir/err" >&2
[ $mode = slow ] || echo "$kills times killed"
if [ $mode = slow ]; then
  share=$(sed -n 's/^slow node: \([0-9.e+-]*\) .*/\1/p' "$dir/out")
  awk "BEGIN { exit !($share < 5) }" || { echo "the slow node got $share %" >&2; status=1; }
fi
grep -v '^ready$' "$dir/out"
exit $status
