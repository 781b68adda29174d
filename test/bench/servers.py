"""Starts, watches and ends the programs that the benchmarks compare.

Everything listens on 127.0.0.1 and ends with the benchmark.
"""

import os
import re
import socket
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BIN = os.environ.get("MICA_BIN") or os.path.join(ROOT, "build", "default", "bin")
PEERS = os.path.join(ROOT, "build", "bench-peers")
READY_SECONDS = 20
TICKS = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def make_certificate(certificate, key):
    """One that signs itself, for 127.0.0.1 and localhost."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
         "-out", certificate, "-keyout", key], check=True, capture_output=True)


class Server:
    """One running server; `endpoint` is what its mucp calls are addressed to."""

    def __init__(self, name, command, port, endpoint="Greeter.SayHello"):
        self.name, self.port, self.endpoint = name, port, endpoint
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            command, stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)
        self.wait_ready()

    def wait_ready(self):
        end = time.monotonic() + READY_SECONDS
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        self.log.seek(0)
        raise SystemExit(f"{self.name} did not start:\n{self.log.read().decode()}")

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def rss_kib(self):
        with open(f"/proc/{self.process.pid}/status") as f:
            return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def mica(placement, *flags, name=None):
    port = free_port()
    return Server(name or f"mica {placement}",
                  [os.path.join(BIN, "bench-server"),
                   f"--server_address=127.0.0.1:{port}", f"--placement={placement}",
                   *flags],
                  port)


def epoll_loop():
    port = free_port()
    return Server("epoll loop", [os.path.join(BIN, "epoll-loop"), str(port)], port)


def nginx(folder):
    port = free_port()
    config = os.path.join(folder, "nginx.conf")
    with open(config, "w") as f:
        f.write(f"""
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location / {{ default_type application/protobuf; return 200 "Hello, John!"; }}
  }}
}}
""")
    return Server("nginx", ["nginx", "-p", folder, "-c", config], port)


def go_http(program):
    port = free_port()
    return Server("Go net/http", [program, f"127.0.0.1:{port}"], port)


def go_micro(program):
    port = free_port()
    return Server("Go Micro mucp",
                  [program, "server", "-registry", "none",
                   "-address", f"127.0.0.1:{port}"], port, endpoint="Greeter.Hello")


def h2_loop():
    port = free_port()
    return Server("nghttp2 loop", [os.path.join(BIN, "h2-loop"), str(port)], port)


def grpc_cpp(kind, *tls):
    """gRPC C++'s callback, sync or completion-queue (cq) server."""
    port = free_port()
    return Server(f"gRPC C++ {kind}",
                  [os.path.join(PEERS, "grpc", "grpc-server"), str(port), kind, *tls], port)


def grpc_go():
    port = free_port()
    return Server("grpc-go", [os.path.join(PEERS, "grpcgo"), "server", str(port)], port)


def tonic():
    """None where there is no cargo."""
    program = os.path.join(PEERS, "tonic", "release", "tonic-server")
    if not os.path.exists(program):
        return None
    port = free_port()
    return Server("tonic", [program, str(port)], port)
