#!/usr/bin/env bash
# install.sh SCOPE...: installs what dependencies.txt lists for these scopes.
#
# What is there already costs one dpkg-query; apt-get runs only if something is
# missing. Needs root or sudo then.
set -euo pipefail

list=$(cd "$(dirname "$0")/.." && pwd)/dependencies.txt

die() {
  echo "install.sh: $*" >&2
  exit 1
}

[ $# -ge 1 ] || { echo "usage: install.sh build|test|bench..." >&2; exit 2; }

wanted=()
for scope in "$@"; do
  found=''
  while read -r package listed _; do
    case $package in '' | '#'*) continue ;; esac
    [ "$listed" = "$scope" ] || continue
    found=1
    # package/program: the program will do.
    if [ "$package" != "${package#*/}" ] && type -P "${package#*/}" > /dev/null; then
      continue
    fi
    wanted+=("${package%%/*}")
  done < "$list"
  [ -n "$found" ] || die "dependencies.txt has no scope '$scope'"
done

type -P dpkg-query > /dev/null && type -P apt-get > /dev/null ||
  die "this machine is no Debian; install what stands for: ${wanted[*]}"

# Virtual and foreign-architecture names aside, "ii " means installed and configured.
installed=$(dpkg-query -W -f '${Package} ${db:Status-Abbrev}\n' "${wanted[@]}" 2> /dev/null || true)
missing=()
for package in "${wanted[@]}"; do
  grep -q "^$package ii" <<< "$installed" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

root=()
if [ "$(id -u)" -ne 0 ]; then
  type -P sudo > /dev/null ||
    die "not root and no sudo; let root run: apt-get install ${missing[*]}"
  root=(sudo)
fi

log=$(mktemp)
policy=/usr/sbin/policy-rc.d
lent=''
clean_up() {
  rm -f "$log"
  [ -z "$lent" ] || "${root[@]}" rm -f "$policy"
}
trap clean_up EXIT

# Servers are wanted as programs, not as services: without this file their packages
# start them.
if [ ! -e "$policy" ]; then
  lent=1
  "${root[@]}" sh -c "printf '#!/bin/sh\nexit 101\n' > $policy && chmod 755 $policy"
fi

apt_get() {
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq -o DPkg::Lock::Timeout=300 "$@" > "$log" 2>&1 ||
    { tail -n 20 "$log" >&2; die "apt-get $* failed"; }
}
echo "installing ${missing[*]}"
apt_get update
apt_get install -y --no-install-recommends "${missing[@]}"
