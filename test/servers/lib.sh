# Shared by the start scripts beside it; sourced, never run.
#
# Every script: NAME.sh start DIR [PORT] | stop DIR | kill DIR | status DIR
#   DIR   belongs to the script: data, config, log, port and pid live there (use a
#         fresh one). A second start on the same DIR keeps data and port: that is a
#         restart.
#   PORT  without one, free ports are chosen; DIR/port says which.
#   stop  asks politely (SIGTERM), waits, then insists. kill is SIGKILL, for crash tests.
# Exit: 0 done (also: already running, already stopped), 1 failed (the log's tail is
# printed), 2 wrong use, 77 the program is not installed (ctest SKIP_RETURN_CODE; with
# CI=true it is 1, so that nothing is skipped there).
# Everything listens on 127.0.0.1 only.

set -u
NAME=$(basename "$0" .sh)
# Programs that no package of this Debian has lie here.
TOOLS=${MICA_SERVERS_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/mica-servers}
READY_SECONDS=${MICA_SERVERS_READY_SECONDS:-60}

say() { echo "$NAME: $*"; }
die() { echo "$NAME: $*" >&2; exit 1; }
usage() { echo "usage: $NAME.sh start DIR [PORT] | stop DIR | kill DIR | status DIR" >&2; exit 2; }

# find_program NAME HINT: sets PROGRAM, or leaves.
find_program() {
  PROGRAM=$TOOLS/bin/$1
  [ -x "$PROGRAM" ] && return
  PROGRAM=$(PATH=$PATH:/usr/sbin type -P "$1") && return
  missing "$1 is not installed; $2"
}

# missing WHY: leaves; CI skips nothing.
missing() {
  echo "$NAME: $1" >&2
  [ "${CI:-}" = true ] && exit 1
  exit 77
}

# A pid alone can be reused by another process; pid and start time cannot.
started_at() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }
running() { # DIR -> sets PID
  PID='' ; local at
  [ -r "$1/pid" ] && read -r PID at < "$1/pid" && [ -n "$PID" ] && [ "$(started_at "$PID")" = "$at" ] &&
    ! grep -q ') Z ' "/proc/$PID/stat" 2>/dev/null
}

# launch DIR COMMAND...: own session, no terminal, output to DIR/log (the last run's: log.before).
launch() {
  local dir=$1; shift
  [ -e "$dir/log" ] && mv "$dir/log" "$dir/log.before"
  (cd "$dir" && exec setsid "$@") > "$dir/log" 2>&1 < /dev/null &
  local pid=$!
  echo "$pid $(started_at $pid)" > "$dir/pid"
}

# await DIR COMMAND...: until COMMAND succeeds; fails when the process has ended before
# that or READY_SECONDS have passed.
await() {
  local dir=$1 t0; shift; t0=$(date +%s%N)
  while ! "$@" > /dev/null 2>&1; do
    running "$dir" || { rm -f "$dir/pid"; return 1; }
    [ $(( ($(date +%s%N) - t0) / 1000000000 )) -lt "$READY_SECONDS" ] ||
      { tail -n 20 "$dir/log" >&2; die "not ready after $READY_SECONDS s, see $dir/log"; }
    sleep 0.05
  done
  # What answered may be another process on the same port.
  running "$dir" || { rm -f "$dir/pid"; return 1; }
  say "ready, pid $PID, $(( ($(date +%s%N) - t0) / 1000000 )) ms"
}

port_taken() { (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; }

# free_ports N: sets PORT to the first of N consecutive ports that nobody listens on,
# below the range from which the kernel takes ports for outgoing connections.
free_ports() {
  local i tries
  for tries in $(seq 100); do
    PORT=$(( 12000 + (RANDOM * 32768 + RANDOM) % 20000 ))
    for (( i = 0; i < $1; i++ )); do port_taken $(( PORT + i )) && continue 2; done
    return
  done
  die "found no $1 consecutive free ports"
}

end() { # DIR SIGNAL SECONDS
  running "$1" || { rm -f "$1/pid"; say "not running"; return 0; }
  local pid=$PID
  kill "-$2" "$pid" 2> /dev/null
  for _ in $(seq $(( $3 * 20 ))); do running "$1" || break; sleep 0.05; done
  running "$1" && say "still alive after $3 s, killed"
  # It leads a process group of its own: what it started ends too.
  kill -KILL -- "-$pid" 2> /dev/null
  rm -f "$1/pid"; say "ended"
}

# main "$@": the script defines PORTS (how many it takes) and serve DIR PORT, which
# returns 1 if the process ended while starting.
main() {
  [ $# -ge 2 ] || usage
  local verb=$1 dir=$2 given=${3:-}
  case $verb in
    start) mkdir -p "$dir" || exit 1
           dir=$(cd "$dir" && pwd)
           running "$dir" && { say "already running, pid $PID"; exit 0; }
           [ -z "$given" ] && [ -r "$dir/port" ] && given=$(cat "$dir/port")
           [ -n "$given" ] && { attempt "$dir" "$given" || failed "$dir"; return 0; }
           # Another process may take a port between our look and its use: try again.
           for _ in 1 2 3; do
             free_ports "$PORTS"
             attempt "$dir" "$PORT" && return 0
           done
           failed "$dir" ;;
    stop) end "$dir" TERM 20 ;;
    kill) end "$dir" KILL 5 ;;
    status) if running "$dir"; then say "running, pid $PID"; else say "not running"; exit 1; fi ;;
    *) usage ;;
  esac
}

attempt() { # DIR PORT
  serve "$1" "$2" && echo "$2" > "$1/port"
}

failed() { tail -n 20 "$1/log" >&2; die "ended while starting, see $1/log"; }
