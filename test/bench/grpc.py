"""gRPC servers and both ends side by side, in interleaved rounds.

    grpc.py grpc|e2e|stream|large|tls [ROUNDS] [SECONDS]

Prints medians, ratios, CPU time per call, resident memory, and how each ratio compares
with what the project wants to reach. Judges nothing: the exit status is 0.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile

import servers

PATH = "/helloworld.Greeter/SayHello"
# Prefix and HelloRequest{name: "John"}.
FRAME = b"\0\0\0\0\x06\x0a\x04John"

# What may stand in for a rate that the load generator itself limits.
HELLO = {"8x32": (8, 32), "1x1": (1, 1), "64x8": (64, 8)}


class Bench:
    def __init__(self, folder, rounds, seconds):
        self.folder, self.rounds, self.seconds = folder, rounds, seconds
        self.running = []
        self.frame = os.path.join(folder, "frame")
        with open(self.frame, "wb") as f:
            f.write(FRAME)

    def start(self, *makers):
        for make in makers:
            server = make()
            if server:
                self.running.append(server)
        return self.running

    def stop(self):
        for s in self.running:
            s.stop()

    def certificate(self):
        """A certificate that signs itself, for 127.0.0.1: [certificate, key]."""
        pair = [os.path.join(self.folder, x) for x in ("cert.pem", "key.pem")]
        servers.make_certificate(*pair)
        return pair

    def h2load(self, server, connections, streams, seconds, scheme="http"):
        """(calls per second, CPU microseconds of the server per call)"""
        before = server.cpu_seconds()
        text = subprocess.run(
            ["h2load", "-t1", f"-c{connections}", f"-m{streams}", f"-D{seconds}",
             "-d", self.frame, "-H", "content-type: application/grpc",
             "-H", "te: trailers", f"{scheme}://127.0.0.1:{server.port}{PATH}"],
            check=True, capture_output=True, text=True).stdout
        cpu = server.cpu_seconds() - before
        found = re.search(r"requests: (\d+) total.* (\d+) succeeded, (\d+) failed, "
                          r"(\d+) errored", text)
        done, failed = int(found.group(2)), int(found.group(3)) + int(found.group(4))
        if failed or not done:
            raise SystemExit(f"{server.name}: h2load saw errors\n{text}")
        return float(re.search(r"([\d.]+) req/s", text).group(1)), cpu / done * 1e6

    def check(self, ca=()):
        """Each server really answers: h2load looks at the HTTP status alone."""
        for s in self.running:
            run([os.path.join(servers.PEERS, "grpc", "grpc-client"),
                 f"127.0.0.1:{s.port}", "unary", "1", "1", "4", *ca])


def run(command):
    done = subprocess.run(command, capture_output=True, text=True,
                          env={**os.environ, "MICRO_CLIENT": "grpc"})
    found = re.search(r"rps=(\d+)", done.stdout)
    if done.returncode or not found:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return float(found.group(1))


def target(what, value, wanted, better=max):
    met = value >= wanted if better is max else value <= wanted
    sign = ">=" if better is max else "<="
    print(f"target: {what} {sign} {wanted:g}: {value:.2f} {'met' if met else 'NOT MET'}")


def table(rows, per, relative):
    """rows: name -> (rate, CPU us, RSS KiB)"""
    print(f"{'':<18}{per:>11}", *(f"{'x ' + r:>20}" for r in relative),
          f"{'CPU us each':>13}{'RSS KiB':>9}")
    for name, (rate, cpu, rss) in rows.items():
        ratios = "".join(f"{rate / rows[r][0]:>21.2f}" for r in relative)
        print(f"{name:<18}{rate:>11.0f}{ratios}{cpu:>14.1f}{rss:>9}")


def one_sided(bench, connections, streams, scheme="http"):
    seen = {s.name: [] for s in bench.running}
    for s in bench.running:
        bench.h2load(s, connections, streams, 1, scheme)
    for _ in range(bench.rounds):
        for s in bench.running:
            seen[s.name].append(
                bench.h2load(s, connections, streams, bench.seconds, scheme))
    return {s.name: (statistics.median(r for r, _ in seen[s.name]),
                     statistics.median(c for _, c in seen[s.name]), s.rss_kib())
            for s in bench.running}


def grpc(bench):
    bench.start(lambda: servers.mica("lane"), lambda: servers.mica("worker"),
                lambda: servers.grpc_cpp("callback"), lambda: servers.grpc_cpp("cq"),
                lambda: servers.grpc_cpp("sync"), servers.grpc_go, servers.tonic,
                servers.h2_loop)
    bench.check()
    for name, (connections, streams) in HELLO.items():
        rows = one_sided(bench, connections, streams)
        print(f"\nunary under h2load, {connections} connections x {streams} streams\n")
        table(rows, "req/s", ["gRPC C++ callback", "nghttp2 loop"])
        if name == "1x1":
            callback = rows["gRPC C++ callback"][1]
            for kind, wanted in (("lane", 0.5), ("worker", 0.8)):
                target(f"1x1 CPU per call, {kind} / callback",
                       rows[f"mica {kind}"][1] / callback, wanted, min)
            continue
        lane, worker = rows["mica lane"][0], rows["mica worker"][0]
        target(f"{name} lane / callback", lane / rows["gRPC C++ callback"][0], 4)
        target(f"{name} lane / cq", lane / rows["gRPC C++ cq"][0], 3)
        if "tonic" in rows:
            target(f"{name} lane / tonic", lane / rows["tonic"][0], 3)
        target(f"{name} lane / nghttp2 loop", lane / rows["nghttp2 loop"][0], 0.7)
        target(f"{name} worker / callback", worker / rows["gRPC C++ callback"][0], 2.5)


def tls(bench):
    pair = bench.certificate()
    flags = ["--enable_tls", f"--tls_cert_file={pair[0]}", f"--tls_key_file={pair[1]}"]
    bench.start(lambda: servers.mica("lane", *flags),
                lambda: servers.mica("worker", *flags),
                lambda: servers.grpc_cpp("callback", *pair))
    bench.check([pair[0]])
    rows = one_sided(bench, 8, 32, "https")
    print("\nunary over TLS under h2load, 8 connections x 32 streams\n")
    table(rows, "req/s", ["gRPC C++ callback"])
    for kind, wanted in (("lane", 2), ("worker", 1.5)):
        target(f"TLS 8x32 {kind} / callback",
               rows[f"mica {kind}"][0] / rows["gRPC C++ callback"][0], wanted)


def pairs(bench):
    """name -> (server, client program)"""
    ours = os.path.join(servers.BIN, "bench-client")
    bench.start(lambda: servers.mica("lane"), lambda: servers.mica("worker"),
                lambda: servers.grpc_cpp("callback"), servers.grpc_go)
    lane, worker, cpp, go = bench.running
    return {
        "mica lane": (lane, [ours]),
        "mica worker": (worker, [ours]),
        "gRPC C++ callback": (cpp, [os.path.join(servers.PEERS, "grpc", "grpc-client")]),
        "grpc-go": (go, [os.path.join(servers.PEERS, "grpcgo"), "client"]),
    }


def both_ends(bench, sides, kind, in_flight, size=4):
    """CPU is that of the server alone."""
    rates = {name: [] for name in sides}
    cpus = {name: [] for name in sides}
    for _ in range(bench.rounds):
        for name, (server, client) in sides.items():
            before = server.cpu_seconds()
            rate = run([*client, f"127.0.0.1:{server.port}", kind, str(in_flight),
                        str(bench.seconds), str(size)])
            cpus[name].append((server.cpu_seconds() - before) / (rate * bench.seconds) * 1e6)
            rates[name].append(rate)
    return {name: (statistics.median(rates[name]), statistics.median(cpus[name]),
                   server.rss_kib()) for name, (server, _) in sides.items()}


def compare(rows, what, lane, worker, go=None):
    table(rows, "per s", ["gRPC C++ callback", "grpc-go"])
    cpp = rows["gRPC C++ callback"][0]
    target(f"{what}, lane / gRPC C++", rows["mica lane"][0] / cpp, lane)
    target(f"{what}, worker / gRPC C++", rows["mica worker"][0] / cpp, worker)
    if go:
        target(f"{what}, lane / grpc-go", rows["mica lane"][0] / rows["grpc-go"][0], go)


def e2e(bench):
    sides = pairs(bench)
    for in_flight in (1, 16, 256):
        rows = both_ends(bench, sides, "unary", in_flight)
        print(f"\nunary, both ends, {in_flight} in flight over one connection\n")
        if in_flight == 16:
            compare(rows, "16 in flight", 3, 2)
        else:
            table(rows, "calls/s", ["gRPC C++ callback", "grpc-go"])


def stream(bench):
    sides = pairs(bench)
    print("\nping-pong, both ends, 8 connections x 32 streams, 16 B\n")
    compare(both_ends(bench, sides, "chat", 256, 16), "ping-pong", 3, 2, 2)
    for size in (16, 1024):
        rows = both_ends(bench, sides, "collect", 1, size)
        print(f"\none way, both ends, one stream, {size} B\n")
        if size == 1024:
            compare(rows, "1 KiB one way", 3, 2)
        else:
            table(rows, "messages/s", ["gRPC C++ callback", "grpc-go"])


def large(bench):
    sides = pairs(bench)
    for in_flight in (1, 4):
        rows = both_ends(bench, sides, "unary", in_flight, 1 << 20)
        print(f"\n1 MiB unary, both ends, {in_flight} in flight\n")
        compare(rows, f"1 MiB, {in_flight} in flight", 1.5, 1.3)


def main():
    what = {"grpc": grpc, "e2e": e2e, "stream": stream, "large": large, "tls": tls}[
        sys.argv[1]]
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    seconds = int(sys.argv[3]) if len(sys.argv) > 3 else 2
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(folder, rounds, seconds)
        try:
            what(bench)
        finally:
            bench.stop()


main()
