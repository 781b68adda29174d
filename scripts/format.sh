#!/usr/bin/env bash
# format.sh [--check]: formats every C++ source, or fails on those that are not.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
mode=(-i)
case ${1:-} in
  '') ;;
  --check) mode=(--dry-run -Werror) ;;
  *) echo "usage: format.sh [--check]" >&2; exit 2 ;;
esac
# Whole folders, not git's list: a tree without git is checked too. One version of
# the formatter: the next one breaks lines elsewhere.
find codecs net discovery actors examples test -name '*.[ch]pp' -print0 |
  xargs -0 -r clang-format-14 "${mode[@]}"
