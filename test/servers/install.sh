#!/usr/bin/env bash
# install.sh NAME...: makes the servers available that the scripts beside it start.
#   consul   one program out of Debian bullseye; nothing of the system changes
#   kafka    jars of Maven Central, by mvn (kafka/pom.xml)
# NATS, etcd and ZooKeeper are packages of this Debian, in dependencies.txt. They go to $MICA_SERVERS_TOOLS (default: ~/.cache/mica-servers); what is there already
# is left alone, so a second run costs nothing.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
TOOLS=${MICA_SERVERS_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/mica-servers}

die() { echo "install.sh: $*" >&2; exit 1; }

# bullseye_sources FILE: this machine's own Debian source with the suite replaced, so
# that mirror, options and keys are the ones its owner chose.
bullseye_sources() {
  local codename file
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  for file in /etc/apt/sources.list.d/*.sources; do
    [ -r "$file" ] || continue
    awk -v suite="$codename" 'BEGIN { RS = ""; ORS = "\n\n" }
      $0 ~ "(^|\n)Suites:([^\n]* )?" suite "( [^\n]*)?(\n|$)" && !found {
        sub(/(^|\n)Suites: [^\n]*/, "\nSuites: bullseye"); print; found = 1 }' "$file" > "$1.sources"
    [ -s "$1.sources" ] && { echo "$1.sources"; return; }
  done
  # The one-line format: deb [options] URI SUITE COMPONENT...
  cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2> /dev/null |
    sed -nE "s/^(deb( +\[[^]]*\])? +[^ ]+) +$codename( .*)$/\1 bullseye\3/p" | head -n 1 > "$1.list"
  [ -s "$1.list" ] || die "consul: found no source for $codename below /etc/apt to derive bullseye's from"
  echo "$1.list"
}

# Consul left Debian after bullseye. Package lists of our own: the system's sources,
# pins and packages stay as they are, and no root is needed.
consul() {
  [ -x "$TOOLS/bin/consul" ] && return
  type -P consul > /dev/null && return
  # Removed by the shell that ends, also after a failure.
  work=$(mktemp -d "$TOOLS/consul.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
  local sources
  sources=$(bullseye_sources "$work/bullseye")
  local options=(-qq -o Dir::Etc::SourceList="$sources" -o Dir::Etc::SourceParts=/dev/null
    -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null
    -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache"
    -o APT::Sandbox::User= -o APT::Update::Post-Invoke= -o DPkg::Post-Invoke= -o Acquire::Languages=none)
  apt-get "${options[@]}" update || die "consul: apt-get update for bullseye failed, see above"
  (cd "$work" && apt-get "${options[@]}" download consul) ||
    die "consul: apt-get download consul failed, see above"
  dpkg-deb -x "$work"/consul_*.deb "$work/tree"
  mv "$work/tree/usr/bin/consul" "$TOOLS/bin/consul"
}

kafka() {
  [ -e "$TOOLS/kafka/complete" ] && return
  type -P mvn > /dev/null || die "kafka: mvn is not installed; bash scripts/install.sh test installs it"
  rm -rf "$TOOLS/kafka"
  mvn -q -B -f "$here/kafka/pom.xml" dependency:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$TOOLS/kafka" ||
    die "kafka: mvn could not fetch the jars, see above"
  touch "$TOOLS/kafka/complete"
}

[ $# -ge 1 ] || { echo "usage: install.sh NAME... (consul, kafka)" >&2; exit 2; }
mkdir -p "$TOOLS/bin"
# Two installations at once would fetch the same things twice.
exec 9> "$TOOLS/lock"
flock 9
for name in "$@"; do
  case $name in
    consul) consul ;;
    kafka) kafka ;;
    *) echo "install.sh: unknown server $name (known: consul, kafka)" >&2; exit 2 ;;
  esac
  echo "install.sh: $name is there"
done
