#!/usr/bin/env bash
# lint.sh [FILE...]: clang-tidy by .clang-tidy, on these sources or on all of the
# libraries, tools and examples. Needs a configured build/default.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
database=build/default
if [ ! -e "$database/compile_commands.json" ]; then
  echo "lint.sh: no $database/compile_commands.json; run: cmake --preset default" >&2
  exit 1
fi
if [ $# -eq 0 ]; then
  mapfile -t sources < <(find codecs net discovery actors examples -name '*.cpp')
  set -- "${sources[@]}"
fi
printf '%s\0' "$@" |
  xargs -0 -n 1 -P "$(nproc)" clang-tidy-14 -p "$database" --quiet --warnings-as-errors='*'
