#!/usr/bin/env bash
# names.sh: each example stands in the learning path, is run by a test, and its programs
# are named EXAMPLE-ROLE.
set -euo pipefail

cd "$(dirname "$0")/../.."
status=0
wrong() {
  echo "$*" >&2
  status=1
}
for list in examples/*/CMakeLists.txt; do
  example=$(basename "$(dirname "$list")")
  while read -r program; do
    [[ $program == "$example"-?* ]] || wrong "$list: $program is not named $example-ROLE"
  done < <(grep -oE 'add_executable\([^ )]+' "$list" | sed 's/.*(//')
  grep -qF "($example/README.md)" examples/README.md ||
    wrong "examples/README.md does not name $example"
  grep -qwF "$example" test/examples/CMakeLists.txt ||
    wrong "test/examples/CMakeLists.txt does not run $example"
done
exit "$status"
