"""The http broker: mica's and Go Micro's, one publisher to one subscriber and to eight.

    http.py GOMICRO CONSUL [ROUNDS] [EVENTS]

Subscribers are one process, each with a broker of its own; they are found by a Consul
agent on loopback, whose folder is CONSUL. Bodies have 128 bytes. A round publishes EVENTS
events (Go Micro a fifth of them) as fast as the broker takes them, mica with WINDOW
unanswered ones. Rates are deliveries per second from the first to the last. Judges
nothing.
"""

import os
import re
import statistics
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import servers  # of the folder above

NAME_BYTES = 126  # with the two bytes in front of a string
WINDOW = 256
GO_LINGER = "8s"


class Subscriber:
    """A subscribing program that has said READY."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        for line in self.process.stdout:
            if line.startswith("READY"):
                return
        raise SystemExit(f"{command[0]} did not subscribe")

    def end(self):
        """Returns (events seen, seconds from the first to the last)."""
        self.process.terminate()
        text = self.process.communicate(timeout=30)[0]
        seen, micros = re.search(r"SEEN (\d+) in (\d+) us", text).groups()
        return int(seen), int(micros) / 1e6


def commands(kind, gomicro, agent, topic, subscribers, events):
    """(subscribe, publish, events)"""
    if kind == "mica":
        peer = os.path.join(servers.BIN, "broker-peer")
        common = ["registry=consul", f"registry_address={agent}", f"topic={topic}"]
        return ([peer, "subscribe", *common, "count=1", f"brokers={subscribers}"],
                [peer, "publish", *common, f"n={events}", f"bytes={NAME_BYTES}",
                 f"window={WINDOW}"],
                events)
    common = ["-registry", "consul", "-registry-address", agent, "-topic", topic,
              "-count"]
    events //= 5
    return ([gomicro, "subscribe", *common, "-subscribers", str(subscribers)],
            [gomicro, "publish", *common, "-n", str(events), "-who", "x" * NAME_BYTES,
             "-linger", GO_LINGER],
            events)


def measure(kind, gomicro, agent, topic, subscribers, events):
    """Returns (deliveries per second, per cent lost)."""
    subscribe, publish, events = commands(kind, gomicro, agent, topic, subscribers, events)
    sink = Subscriber(subscribe)
    text = subprocess.run(publish, capture_output=True, text=True).stdout
    refused = int(re.search(r"refused (\d+)", text).group(1))
    seen, seconds = sink.end()
    wanted = (events - refused) * subscribers
    return seen / seconds, 100 * (wanted - seen) / wanted


def main():
    gomicro, consul = sys.argv[1:3]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    events = int(sys.argv[4]) if len(sys.argv) > 4 else 100_000
    with open(os.path.join(consul, "port")) as f:
        agent = "127.0.0.1:" + f.read().strip()
    print(f"\nhttp broker, 128 B, {rounds} rounds, medians\n")
    print(f"{'subscribers':<13}{'broker':<10}{'delivered/s':>12}{'lost %':>9}{'x Go Micro':>12}")
    for subscribers in (1, 8):
        seen = {"Go Micro": [], "mica": []}
        for number in range(rounds):
            for kind, list_ in seen.items():
                topic = f"bench-{os.getpid()}-{subscribers}-{number}-{kind[:1]}"
                list_.append(measure(kind, gomicro, agent, topic, subscribers,
                                     events // subscribers))
        rates = {k: statistics.median(r for r, _ in xs) for k, xs in seen.items()}
        for kind, list_ in seen.items():
            lost = statistics.median(l for _, l in list_)
            print(f"{subscribers:<13}{kind:<10}{rates[kind]:>12.0f}{lost:>9.1f}"
                  f"{rates[kind] / rates['Go Micro']:>12.1f}")


main()
