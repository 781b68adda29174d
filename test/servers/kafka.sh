#!/usr/bin/env bash
# Kafka, one node without ZooKeeper (KRaft), from jars of Maven Central. PORT is the
# brokers' plaintext listener, the next one the controller's. Use: see lib.sh.
PORTS=2
. "$(dirname "$0")/lib.sh"

serve() {
  find_program java "bash scripts/install.sh test installs it"
  local dir=$1 port=$2 jars
  jars=$(find "$TOOLS/kafka" -name 'kafka_2.13-*.jar' -print -quit 2> /dev/null)
  [ -n "$jars" ] || missing "Kafka's jars are not there; bash test/servers/install.sh kafka"
  # The short broker session is what makes a restart after kill -9 quick: the controller
  # refuses a broker id until the lease of its last run has ended (9 s by default).
  cat > "$dir/server.properties" <<CONF
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$((port + 1))
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$((port + 1))
advertised.listeners=PLAINTEXT://127.0.0.1:$port
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$dir/data
num.partitions=1
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
num.network.threads=1
num.io.threads=2
num.replica.fetchers=1
log.cleaner.dedupe.buffer.size=2097152
log.segment.bytes=16777216
log.index.size.max.bytes=1048576
auto.create.topics.enable=false
broker.session.timeout.ms=1500
broker.heartbeat.interval.ms=300
controller.quorum.election.timeout.ms=200
controller.quorum.election.backoff.max.ms=200
CONF
  local jvm=(-XX:+UseSerialGC -XX:TieredStopAtLevel=1
    -Dorg.slf4j.simpleLogger.defaultLogLevel=warn
    -Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info -cp "$TOOLS/kafka/*")
  # A cluster id is any 16 bytes in base64url.
  if [ ! -e "$dir/data/meta.properties" ]; then
    "$PROGRAM" -Xmx128m "${jvm[@]}" kafka.tools.StorageTool format \
      -t bWljYS10ZXN0LWNsdXN0ZQ -c "$dir/server.properties" > "$dir/format.log" 2>&1 ||
      { cat "$dir/format.log" >&2; die "format failed"; }
  fi
  launch "$dir" "$PROGRAM" -Xms64m -Xmx256m "${jvm[@]}" kafka.Kafka "$dir/server.properties"
  await "$dir" grep -q 'Kafka Server started' "$dir/log"
}

main "$@"
