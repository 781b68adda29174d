#!/usr/bin/env bash
# links.sh: every relative link in a Markdown file leads to a file or folder.
set -euo pipefail

cd "$(dirname "$0")/../.."
status=0
while IFS= read -r -d '' file; do
  # ](target), without code, which may hold C++ lambdas.
  while IFS= read -r target; do
    case $target in *://* | '#'* | mailto:*) continue ;; esac
    if [ ! -e "$(dirname "$file")/${target%%#*}" ]; then
      echo "$file: no such file: $target" >&2
      status=1
    fi
  done < <(awk '/^```/ { code = !code; next } !code' "$file" | sed 's/`[^`]*`/``/g' | grep -o '](\([^()]*\))' | sed 's/^](//; s/)$//')
done < <(find . -name build -prune -o -name '*.md' -print0)
exit "$status"
