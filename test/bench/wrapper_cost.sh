#!/usr/bin/env bash
# wrapper_cost.sh [PROGRAM]: what an empty wrapper of each kind costs a call, in
# instructions counted by callgrind and in allocations. Fails if that is 200 or more, or
# any at all. PROGRAM: bench-wrapper-cost, by default that of build/default.
set -euo pipefail

program=${1:-$(cd "$(dirname "$0")/../.." && pwd)/build/default/bin/bench-wrapper-cost}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

counted() { # KIND EMPTY CALLS
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$@" \
    > /dev/null 2> "$work/log"
  sed -n 's/.*Collected : \([0-9]*\).*/\1/p' "$work/log"
}

# Between two numbers of calls, so that the start of the program does not count.
per_call() { # KIND EMPTY
  local few many
  few=$(counted "$1" "$2" 2000)
  many=$(counted "$1" "$2" 6000)
  echo $(((many - few) / 4000))
}

allocations() { # KIND EMPTY
  echo $(($("$program" "$1" "$2" 6000) - $("$program" "$1" "$2" 2000)))
}

status=0
printf '%-8s %12s %12s %12s %12s\n' kind without with instructions allocations
for kind in handler client call stream; do
  without=$(per_call "$kind" 0)
  with=$(per_call "$kind" 1)
  more=$(($(allocations "$kind" 1) - $(allocations "$kind" 0)))
  printf '%-8s %12d %12d %12d %12d\n' "$kind" "$without" "$with" $((with - without)) "$more"
  [ $((with - without)) -lt 200 ] && [ "$more" -eq 0 ] || status=1
done
exit "$status"
