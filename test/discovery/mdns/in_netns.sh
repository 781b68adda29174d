#!/bin/sh
# Runs a command in a network namespace of its own with the loopback up, so that mdns
# tests neither hear each other nor anybody else. Fails where the kernel refuses.
# MICA_OWN_NETNS tells tests that they may change the network.
set -eu
MICA_OWN_NETNS=1 exec unshare --net sh -euc 'ip link set lo up; exec "$@"' sh "$@"
