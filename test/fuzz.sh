#!/usr/bin/env bash
# fuzz.sh [SECONDS [NAME...]]: searches with fuzzers longer than the tests do, each for
# SECONDS (60) from a new random seed; NAME as in `fuzz-NAME`, all of them by default.
# What it finds is printed with the input's path, and the status is 1.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
seconds=${1:-60}
shift || true

[ -e build/fuzz/build.ninja ] || cmake --preset fuzz
cmake --build --preset fuzz --target fuzzers

if [ $# = 0 ]; then
  mapfile -t names < <(cd build/fuzz/bin && ls -d fuzz-* | sed 's/^fuzz-//')
  set -- "${names[@]}"
fi

out=build/fuzz/found
status=0
for name in "$@"; do
  mkdir -p "$out/$name"
  log=$out/$name.log
  if build/fuzz/bin/fuzz-"$name" -max_total_time="$seconds" -max_len=4096 \
    -rss_limit_mb=1024 -timeout=5 -print_final_stats=1 \
    -artifact_prefix="$out/$name-" "$out/$name" "test/fuzz/corpus/$name" >"$log" 2>&1; then
    echo "$name: $(sed -n 's/^stat::number_of_executed_units: */runs=/p' "$log")"
  else
    echo "$name: FOUND, see $log"
    grep -E 'SUMMARY|Test unit written|require' "$log" || true
    status=1
  fi
done
exit "$status"
