# Shared by the shell tests; sourced, never run.
#
#   start NAME COMMAND...         starts a program in the background
#   await NAME SECONDS REGEX      reads its output up to a matching line, sets LINE
#   stop NAME SECONDS             SIGTERM; fails unless it ends in time with status 0
#   run COMMAND...                runs to the end (20 s at most): sets STATUS, OUT and ERR
#   expect WHAT EXPECTED ACTUAL   fails unless the texts are equal
#   expect_match WHAT REGEX TEXT
#   skip REASON                   status 77; a failure where CI=true
#   own_network "$@"              runs this script again in a network namespace of its own
#
# Output comes through a pipe, so that waiting for a line is reading it. A failure
# prints what every program has said; whatever was started ends with the script.

set -euo pipefail

WORK=$(mktemp -d)
declare -A PID=() FD=()

clean_up() {
  local name
  for name in "${!PID[@]}"; do
    kill -KILL "${PID[$name]}" 2> /dev/null || true
    wait "${PID[$name]}" 2> /dev/null || true
  done
  rm -rf "$WORK"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() {
  echo "FAILED: $*" >&2
  local name line
  for name in "${!FD[@]}"; do
    # What is left in the pipe belongs to the picture.
    while IFS= read -r -t 0.2 -u "${FD[$name]}" line; do
      echo "$line" >> "$WORK/$name.log"
    done
    echo "--- output of $name" >&2
    cat "$WORK/$name.log" >&2
  done
  exit 1
}

skip() {
  if [ "${CI:-}" = true ]; then
    fail "with CI=true nothing is skipped, but: $*"
  fi
  echo "SKIPPED: $*" >&2
  exit 77
}

start() { # NAME COMMAND...
  local name=$1 fd
  shift
  mkfifo "$WORK/$name"
  "$@" > "$WORK/$name" 2>&1 &
  PID[$name]=$!
  exec {fd}< "$WORK/$name"
  FD[$name]=$fd
  : > "$WORK/$name.log"
}

await() { # NAME SECONDS REGEX
  local end=$((SECONDS + $2)) got=0
  while :; do
    IFS= read -r -t "$2" -u "${FD[$1]}" LINE || got=$?
    [ "$got" -eq 0 ] || fail "$1 ended, or said nothing like '$3' within $2 s"
    echo "$LINE" >> "$WORK/$1.log"
    [[ $LINE =~ $3 ]] && return
    [ $SECONDS -le $end ] || fail "$1 said nothing like '$3' within $2 s"
  done
}

stop() { # NAME SECONDS
  local status=0 name=$1
  kill -TERM "${PID[$name]}" 2> /dev/null || true
  timeout "$2" cat <&"${FD[$name]}" >> "$WORK/$name.log" ||
    fail "$name did not end within $2 s of SIGTERM"
  wait "${PID[$name]}" || status=$?
  unset "PID[$name]"
  [ "$status" -eq 0 ] || fail "$name ended with status $status"
}

run() { # COMMAND...
  STATUS=0
  timeout 20 "$@" > "$WORK/out" 2> "$WORK/err" || STATUS=$?
  OUT=$(cat "$WORK/out")
  ERR=$(cat "$WORK/err")
}

expect() { # WHAT EXPECTED ACTUAL
  [ "$2" = "$3" ] || fail "$1: expected '$2', got '$3'"
}

expect_match() { # WHAT REGEX TEXT
  [[ $3 =~ $2 ]] || fail "$1: expected something like '$2', got '$3'"
}

# Multicast of one test must not reach another one, nor the machine's network.
own_network() { # ARGUMENT... of this script
  if [ -z "${MICA_OWN_NETWORK:-}" ]; then
    local unshare=(unshare --net)
    [ "$(id -u)" -eq 0 ] || unshare+=(--user --map-root-user)
    "${unshare[@]}" true 2> /dev/null || skip "no right to make a network namespace"
    clean_up
    MICA_OWN_NETWORK=1 exec "${unshare[@]}" bash "$0" "$@"
  fi
  ip link set lo up
  # Go's multicast needs both; mica's needs neither.
  ip link set lo multicast on
  ip route add 224.0.0.0/4 dev lo
}
