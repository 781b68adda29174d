"""What a service costs that does nothing.

    idle.py [CONNECTIONS]

Prints memory per idle connection (HTTP/1.1, HTTP/2, with TLS; gRPC C++ and a bare loop
beside it), CPU while idle, also with many connections open, and the time from exec to
"Registering node" with the mdns registry on lo, in a network namespace of its own.
"""

import os
import resource
import select
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time

import servers

IDLE_SECONDS = 5
STARTS = 7
# A listener takes 10 000 by default; one is left for the probe that sees it start.
MANY = 9_990


def open_http1(peer):
    peer.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    peer.recv(4096)


def open_http2(peer):
    """Preface and SETTINGS both ways."""
    settings, ack = b"\0\0\0\x04\0\0\0\0\0", b"\0\0\0\x04\x01\0\0\0\0"
    peer.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings)
    seen = b""
    while ack not in seen:
        chunk = peer.recv(4096)
        if not chunk:
            raise SystemExit("an HTTP/2 connection was closed")
        seen += chunk
    peer.sendall(ack)


def connections(server, count, begin, context=None):
    """(KiB per connection, the open sockets)"""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 2 * count + 100), hard))
    before = server.rss_kib()
    peers = []
    for _ in range(count):
        peer = socket.create_connection(("127.0.0.1", server.port))
        if context:
            peer = context.wrap_socket(peer, server_hostname="localhost")
        begin(peer)
        peers.append(peer)
    return (server.rss_kib() - before) / count, peers


def close_all(peers):
    for p in peers:
        p.close()


def report(make, what, count, begin, context=None, rest=False):
    server = make()
    try:
        each, peers = connections(server, count, begin, context)
        print(f"{server.name}: {count} idle {what} connections: {each:.1f} KiB each")
        if rest:
            print(f"{server.name}: {idle_cpu(server):.2f} % of a core with them open")
        close_all(peers)
    finally:
        server.stop()


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


def tls_files(folder):
    pair = [os.path.join(folder, x) for x in ("cert.pem", "key.pem")]
    servers.make_certificate(*pair)
    return pair


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    server = servers.mica("worker")
    try:
        print(f"idle service: {idle_cpu(server):.2f} % of a core, {server.rss_kib()} KiB")
    finally:
        server.stop()
    context = ssl.create_default_context()
    # What they cost is the question, not who they are.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    with tempfile.TemporaryDirectory() as folder:
        pair = tls_files(folder)
        flags = ["--enable_tls", f"--tls_cert_file={pair[0]}", f"--tls_key_file={pair[1]}"]
        report(lambda: servers.mica("worker"), "HTTP/1.1", count, open_http1)
        report(lambda: servers.mica("worker"), "HTTP/2", count, open_http2)
        report(lambda: servers.mica("worker", *flags), "HTTP/2 TLS", count, open_http2,
               context)
        report(lambda: servers.grpc_cpp("callback"), "HTTP/2", count, open_http2)
        report(lambda: servers.grpc_cpp("callback", *pair), "HTTP/2 TLS", count,
               open_http2, context)
        report(servers.h2_loop, "HTTP/2", count, open_http2)
    report(lambda: servers.mica("worker"), "HTTP/2", MANY, open_http2, rest=True)
    times = [time_to_register() for _ in range(STARTS)]
    print(f"exec to \"Registering node\", mdns: {statistics.median(times):.0f} ms "
          f"(median of {STARTS}, unshare included)")


main()
