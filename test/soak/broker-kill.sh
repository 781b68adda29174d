#!/usr/bin/env bash
# broker-kill.sh NAME SECONDS: a broker under load whose server is killed (SIGKILL) and
# restarted again and again. NAME: jetstream, kafka; nats means jetstream, as core NATS
# promises at most once and may lose what it acknowledged.
# Ends in `published=N acked=N delivered>=N lost=0`; succeeds if nothing that was
# acknowledged is lost.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
[ $# -eq 2 ] || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
case $1 in
  nats | jetstream) name=jetstream server=nats away=1 up=4 ;;
  kafka) name=kafka server=kafka away=1 up=12 ;;
  *) echo "broker-kill.sh: no broker '$1' (jetstream, kafka)" >&2; exit 2 ;;
esac
seconds=$2
load=${MICA_BROKER_LOAD:-$root/build/default/bin/broker-load}
[ -x "$load" ] || cmake --build "$root/build/default" --target broker-load > /dev/null

script=$root/test/servers/$server.sh
dir=$(mktemp -d)
pid=''
clean_up() {
  [ -z "$pid" ] || kill -KILL "$pid" 2> /dev/null || true
  bash "$script" kill "$dir/server" > /dev/null 2>&1 || true
  rm -rf "$dir"
}
trap clean_up EXIT

status=0
bash "$script" start "$dir/server" > /dev/null || exit $?
"$load" "$name" "127.0.0.1:$(cat "$dir/server/port")" soak "$seconds" \
  > "$dir/out" 2> "$dir/err" &
pid=$!

while ! grep -qx ready "$dir/out"; do
  kill -0 "$pid" || { cat "$dir/err" >&2; exit 1; }
  sleep 0.1
done
# Kills go on until the load has stopped publishing; the last word is a running server.
kills=0
end=$((SECONDS + seconds - up))
sleep 1
while [ $SECONDS -lt $end ] && kill -0 "$pid" 2> /dev/null; do
  bash "$script" kill "$dir/server" > /dev/null
  kills=$((kills + 1))
  sleep "$away"
  bash "$script" start "$dir/server" > /dev/null
  sleep "$up"
done
wait "$pid" || status=$?
pid=''
[ "$status" -eq 0 ] || tail -n 20 "$dir/err" >&2
echo "$server was killed $kills times"
[ "$kills" -gt 0 ] || { echo "broker-kill.sh: too short to kill anything" >&2; status=1; }
tail -n 1 "$dir/out"
exit "$status"
