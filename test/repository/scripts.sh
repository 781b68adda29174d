#!/usr/bin/env bash
# scripts.sh: every shell script parses, and dependencies.txt is a list of packages with
# a known scope and a reason, none twice.
set -euo pipefail

cd "$(dirname "$0")/../.."
while IFS= read -r -d '' script; do
  bash -n "$script"
done < <(find . -name build -prune -o -name '*.sh' -print0)

awk '/^#/ || NF == 0 { next }
     NF < 3 || $2 !~ /^(build|test|bench)$/ {
       print "dependencies.txt:" FNR ": not \"package scope why\": " $0; bad = 1 }
     seen[$1]++ { print "dependencies.txt:" FNR ": " $1 " stands there twice"; bad = 1 }
     END { exit bad }' dependencies.txt >&2

# CI does what a user does.
grep -qx 'exec bash test/run.sh' .ci/run
