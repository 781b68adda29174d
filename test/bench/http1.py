"""HTTP/1.1 servers under one load, in interleaved rounds; then both ends.

    http1.py GOHTTP GOMICRO [ROUNDS] [SECONDS]

Prints medians, ratios, CPU time per call and resident memory. Judges nothing.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile

import servers

CONNECTIONS = 32
IN_FLIGHT = 16


def wrk(server, seconds):
    """Returns (requests per second, CPU microseconds of the server per call)."""
    before = server.cpu_seconds()
    text = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s",
         "-s", os.path.join(servers.HERE, "mucp.lua"), f"http://127.0.0.1:{server.port}/"],
        check=True, capture_output=True, text=True,
        env={**os.environ, "BENCH_ENDPOINT": server.endpoint}).stdout
    cpu = server.cpu_seconds() - before
    if "Non-2xx" in text or "Socket errors" in text:
        raise SystemExit(f"{server.name}: wrk saw errors\n{text}")
    calls = int(re.search(r"(\d+) requests in", text).group(1))
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1)), cpu / calls * 1e6


def rate(command):
    text = subprocess.run(command, check=True, capture_output=True, text=True,
                          env={**os.environ, "MICRO_CLIENT": "mucp"}).stdout
    return float(re.search(r"rps=(\d+)", text).group(1))


def one_sided(all_servers, rounds, seconds):
    seen = {s.name: [] for s in all_servers}
    for s in all_servers:
        wrk(s, 1)
    for _ in range(rounds):
        for s in all_servers:
            seen[s.name].append(wrk(s, seconds))
    rates = {n: statistics.median(r for r, _ in xs) for n, xs in seen.items()}
    print(f"\nwrk, {CONNECTIONS} connections, {rounds} rounds of {seconds} s, medians\n")
    print(f"{'server':<16}{'req/s':>9}{'x loop':>8}{'x nginx':>9}{'x Go Micro':>12}"
          f"{'CPU us/call':>13}{'RSS KiB':>9}")
    for s in all_servers:
        r = rates[s.name]
        cpu = statistics.median(c for _, c in seen[s.name])
        print(f"{s.name:<16}{r:>9.0f}{r / rates['epoll loop']:>8.2f}"
              f"{r / rates['nginx']:>9.2f}{r / rates['Go Micro mucp']:>12.1f}"
              f"{cpu:>13.1f}{s.rss_kib():>9}")


def both_ends(ours, theirs, go_micro_program, rounds, seconds):
    seen = {"mica": [], "Go Micro": []}
    for _ in range(rounds):
        seen["mica"].append(rate(
            [os.path.join(servers.BIN, "bench-client"), f"127.0.0.1:{ours.port}", "unary",
             str(IN_FLIGHT), str(seconds)]))
        seen["Go Micro"].append(rate(
            [go_micro_program, "load", "-registry", "none",
             "-address", f"127.0.0.1:{theirs.port}", "-c", str(IN_FLIGHT),
             "-d", f"{seconds}s"]))
    mine, other = (statistics.median(seen[k]) for k in ("mica", "Go Micro"))
    print(f"\nboth ends, {IN_FLIGHT} calls in flight\n")
    print(f"mica client and worker   {mine:>9.0f} calls/s")
    print(f"Go Micro, both ends      {other:>9.0f} calls/s")
    print(f"ratio                    {mine / other:>9.1f}")


def main():
    go_http_program, go_micro_program = sys.argv[1:3]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    seconds = int(sys.argv[4]) if len(sys.argv) > 4 else 3
    running = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            for start in (lambda: servers.mica("lane"), lambda: servers.mica("worker"),
                          lambda: servers.nginx(folder), servers.epoll_loop,
                          lambda: servers.go_http(go_http_program),
                          lambda: servers.go_micro(go_micro_program)):
                running.append(start())
            one_sided(running, rounds, seconds)
            both_ends(running[1], running[5], go_micro_program, rounds, seconds)
        finally:
            for s in running:
                s.stop()


main()
