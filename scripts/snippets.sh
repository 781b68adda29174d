#!/usr/bin/env bash
# snippets.sh [--check]: brings the code in Markdown files up to date with the sources
# that it stands in, or fails on what differs. See snippets.awk.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
check=''
case ${1:-} in
  '') ;;
  --check) check=1 ;;
  *) echo "usage: snippets.sh [--check]" >&2; exit 2 ;;
esac

new=$(mktemp)
trap 'rm -f "$new"' EXIT
status=0
while IFS= read -r -d '' file; do
  awk -f scripts/snippets.awk "$file" > "$new"
  if [ -n "$check" ]; then
    diff -u --label "$file" --label "$file as its sources have it" "$file" "$new" || status=1
  elif ! cmp -s "$file" "$new"; then
    cat "$new" > "$file"
    echo "updated $file"
  fi
done < <(find . -name build -prune -o -name '*.md' -print0)
[ "$status" -eq 0 ] || echo "run scripts/snippets.sh" >&2
exit "$status"
