"""What a service costs that does nothing.

    idle.py [CONNECTIONS]

Prints memory per idle connection, CPU while idle and the time from exec to
"Registering node" with the mdns registry on lo, in a network namespace of its own.
"""

import os
import resource
import select
import socket
import statistics
import subprocess
import sys
import time

import servers

IDLE_SECONDS = 5
STARTS = 7


def per_connection(server, count):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, count + 100), hard))
    before = server.rss_kib()
    peers = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(count)]
    request = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    for p in peers:
        p.sendall(request)
        p.recv(4096)
    after = server.rss_kib()
    for p in peers:
        p.close()
    return (after - before) / count


def idle_cpu(server):
    before = server.cpu_seconds()
    time.sleep(IDLE_SECONDS)
    return (server.cpu_seconds() - before) / IDLE_SECONDS * 100


def time_to_register():
    """In milliseconds. unshare's own time is in it."""
    script = ("ip link set lo up && exec \"$0\" --server_address=127.0.0.1:0 "
              "--registry=mdns --mdns_interface=lo")
    started = time.monotonic()
    p = subprocess.Popen(
        ["unshare", "--net", "sh", "-c", script, os.path.join(servers.BIN, "bench-server")],
        stderr=subprocess.PIPE)
    try:
        seen = b""
        while b"Registering node" not in seen:
            ready, _, _ = select.select([p.stderr], [], [], 10)
            chunk = os.read(p.stderr.fileno(), 4096) if ready else b""
            if not chunk:
                raise SystemExit("no \"Registering node\" within 10 s: " + seen.decode())
            seen += chunk
        return (time.monotonic() - started) * 1e3
    finally:
        p.terminate()
        p.wait()


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    server = servers.mica("worker")
    try:
        print(f"idle service: {idle_cpu(server):.2f} % of a core, {server.rss_kib()} KiB")
        print(f"{count} idle connections: {per_connection(server, count):.1f} KiB each")
    finally:
        server.stop()
    times = [time_to_register() for _ in range(STARTS)]
    print(f"exec to \"Registering node\", mdns: {statistics.median(times):.0f} ms "
          f"(median of {STARTS}, unshare included)")


main()
