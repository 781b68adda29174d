#!/usr/bin/env bash
# run.sh [PART...]: the benchmarks of brokers; all parts by default.
#
# A part is a script PART.sh in this folder. It builds what it needs in the tree
# $BUILD, starts its servers itself and prints its table; `run.sh` judges nothing.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
export ROOT=${ROOT:-$(cd "$here/../../.." && pwd)}
export BUILD=${BUILD:-$ROOT/build/default}

parts=("$@")
if [ $# -eq 0 ]; then
  for file in "$here"/*.sh; do
    name=$(basename "$file" .sh)
    [ "$name" = run ] || parts+=("$name")
  done
fi
for part in "${parts[@]}"; do
  [ -f "$here/$part.sh" ] || { echo "run.sh: no part '$part' of the events" >&2; exit 2; }
  bash "$here/$part.sh"
done
