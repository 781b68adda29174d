#!/usr/bin/env bash
# translation.sh [README TRANSLATION]: the translation shows the same code, byte for
# byte, under as many headings, and links to the same places.
set -euo pipefail

cd "$(dirname "$0")/../.."
original=${1:-README.md}
translation=${2:-README.zh.md}

# Fenced and indented blocks with what names their source, and the level of headings.
frame() {
  awk '/^```/ { fenced = !fenced; print; next }
       fenced || /^    / || /^<!-- snippet: / { print; next }
       /^#+ / { print $1 }' "$1"
}
# Each names the other one.
links() {
  { grep -oE '\]\([^)]*\)' "$1" || true; } |
    sed -e "s,($original),(ITS TRANSLATION)," -e "s,($translation),(ITS TRANSLATION)," | sort -u
}
same() { # WHAT COMMAND
  diff -u --label "$2 of $original" --label "$2 of $translation" \
    <("$1" "$original") <("$1" "$translation")
}
status=0
same frame 'code and headings' || status=1
same links 'links' || status=1
[ "$status" -eq 0 ] || echo "bring $translation in step with $original" >&2
exit "$status"
