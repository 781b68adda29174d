#!/usr/bin/env bash
# run.sh NAME [ROUNDS] [SECONDS]
#
#   http1    servers under one wrk load, interleaved; then both ends, ours and Go Micro's
#   hops     thread hops and body-sized buffers per call, counted
#   idle     memory per idle connection, CPU of an idle service, time to register
#   grpc     gRPC servers under h2load: 8x32, 1x1, 64x8
#   e2e      gRPC, both ends: 1, 16, 256 calls in flight
#   stream   gRPC streams, both ends: ping-pong, one way
#   large    1 MiB unary, both ends
#   tls      gRPC servers over TLS under h2load
#   events   brokers: events a second; with names of parts, those alone
#   backpressure  10 GiB pushed to a slow consumer: memory of both ends
#   pick     choosing one of 1000 nodes, by each strategy
#   gossip   clusters in virtual time: changes, deaths, false positives; memberlist's own
#   discovery     how long a change of a service takes to reach a client: etcd, consul
#
# Peers run in the same minutes on loopback; figures are medians and ratios. Nothing
# here judges.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=$root/build/default

[ $# -ge 1 ] || { sed -n '2,17s/^# \{0,1\}//p' "$0" >&2; exit 2; }
what=$1
shift

bash "$root/scripts/install.sh" build bench
[ -f "$build/build.ninja" ] || cmake --preset default -S "$root" > /dev/null

make() { cmake --build "$build" --target "$@" > /dev/null; }

case $what in
  discovery)
    bash "$root/scripts/install.sh" test
    bash "$root/test/servers/install.sh" consul
    make bench-registry-change
    exec bash "$here/registry_change.sh" "$build/bin" "$@"
    ;;
  gossip)
    make bench-gossip
    "$build/bin/bench-gossip" change 50 5
    "$build/bin/bench-gossip" death 100 0
    "$build/bin/bench-gossip" false-positives 100 25 300 1
    bash "$root/scripts/install.sh" test
    go=$(bash "$root/test/interop/gomicro/toolchain.sh")
    cd "$root/test/interop/gossip/memberlist"
    exec env CGO_ENABLED=0 GOTOOLCHAIN=local "$go" test -run FalsePositives -timeout 60m -v . \
      -args -members 100 -loss 25 -seconds 300 -runs 1
    ;;
  pick)
    make bench-pick
    exec "$build/bin/bench-pick"
    ;;
  http1)
    bash "$root/scripts/install.sh" test
    make bench-server bench-client epoll-loop
    bash "$root/test/interop/gomicro/build.sh" "$root/build/gomicro" v2
    go=$(bash "$root/test/interop/gomicro/toolchain.sh")
    (cd "$here/gohttp" && CGO_ENABLED=0 GOTOOLCHAIN=local "$go" build -buildvcs=false -o "$build/bin/gohttp" .)
    exec python3 "$here/http1.py" "$build/bin/gohttp" "$root/build/gomicro/gomicro-v2" "$@"
    ;;
  hops)
    make bench-hops
    exec "$build/bin/bench-hops"
    ;;
  idle)
    bash "$root/scripts/install.sh" test
    make bench-server h2-loop
    bash "$here/peers.sh" "$root/build/bench-peers"
    exec python3 "$here/idle.py" "$@"
    ;;
  grpc | e2e | stream | large | tls)
    bash "$root/scripts/install.sh" test
    make bench-server bench-client h2-loop
    bash "$here/peers.sh" "$root/build/bench-peers"
    exec python3 "$here/grpc.py" "$what" "$@"
    ;;
  events)
    ROOT=$root BUILD=$build exec bash "$here/events/run.sh" "$@"
    ;;
  backpressure)
    make bench-server bench-client
    exec python3 "$here/backpressure.py" "$@"
    ;;
  *)
    echo "run.sh: no benchmark '$what'" >&2
    exit 2
    ;;
esac
