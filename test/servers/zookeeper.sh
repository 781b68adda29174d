#!/usr/bin/env bash
# ZooKeeper, one server. PORT is the client port. Use: see lib.sh.
PORTS=1
. "$(dirname "$0")/lib.sh"

serve() {
  find_program java "apt-get install zookeeper brings it"
  [ -r /usr/share/java/zookeeper.jar ] || missing "not installed; apt-get install zookeeper"
  local dir=$1 port=$2
  mkdir -p "$dir/data"
  # Sessions live between 2 and 20 ticks: 200 ms ticks allow timeouts of 0.4 to 4 s, so
  # that expiry tests are short; maxSessionTimeout lifts the upper end.
  cat > "$dir/zoo.cfg" <<CFG
tickTime=200
maxSessionTimeout=60000
dataDir=$dir/data
clientPort=$port
clientPortAddress=127.0.0.1
maxClientCnxns=0
admin.enableServer=false
4lw.commands.whitelist=ruok
CFG
  # The jar's manifest names the rest of its class path.
  launch "$dir" "$PROGRAM" -Xms32m -Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
    -Dorg.slf4j.simpleLogger.defaultLogLevel=warn \
    -cp /usr/share/java/zookeeper.jar:/usr/share/java/slf4j-simple.jar \
    org.apache.zookeeper.server.ZooKeeperServerMain "$dir/zoo.cfg"
  await "$dir" imok "$port"
}

imok() { # ruok over a plain socket; no nc needed
  local answer=''
  exec 3<> "/dev/tcp/127.0.0.1/$1" || return 1
  printf ruok >&3; read -r -t 2 -n 4 answer <&3; exec 3>&-
  [ "$answer" = imok ]
}

main "$@"
