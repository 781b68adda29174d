"""A client pushes a stream to a consumer that is slower than it.

    backpressure.py [MEBIBYTES [PAUSE]]

The consumer's handler sleeps PAUSE microseconds after each mebibyte. Prints the rate and
the most memory that was resident in each of the two processes. Also a test: fails if
either had 64 MiB or more, or if a message is missing.
"""

import os
import re
import subprocess
import sys
import time

import servers

LIMIT_KIB = 64 * 1024
MESSAGE_BYTES = 16 * 1024


def peak_kib(pid):
    with open(f"/proc/{pid}/status") as f:
        return int(re.search(r"VmHWM:\s+(\d+)", f.read()).group(1))


def push(server, mebibytes):
    """(seconds, peak of the pusher in KiB); the consumer has counted what came."""
    start = time.monotonic()
    done = subprocess.run(
        [os.path.join(servers.BIN, "bench-client"), f"127.0.0.1:{server.port}", "push",
         "1", str(mebibytes), str(MESSAGE_BYTES)],
        capture_output=True, text=True, env={**os.environ, "MICRO_CLIENT": "grpc"})
    seconds = time.monotonic() - start
    found = re.search(r"errors=0 peak=(\d+)KiB", done.stdout)
    if done.returncode or not found:
        raise SystemExit(f"bench-client: {done.stdout}{done.stderr}")
    return seconds, int(found.group(1))


def main():
    mebibytes = int(sys.argv[1]) if len(sys.argv) > 1 else 10 * 1024
    pause = int(sys.argv[2]) if len(sys.argv) > 2 else 2000
    server = servers.mica("thread", f"--pause={pause}")
    try:
        seconds, pusher = push(server, mebibytes)
        consumer = peak_kib(server.process.pid)
    finally:
        server.stop()
    print(f"{mebibytes} MiB on one stream in {seconds:.1f} s, {mebibytes / seconds:.0f} MiB/s; "
          f"most resident: pusher {pusher} KiB, consumer {consumer} KiB")
    # Without its pauses the consumer would keep up, and nothing be shown.
    if seconds < mebibytes * pause / 1e6:
        raise SystemExit("the consumer did not pause")
    if max(pusher, consumer) >= LIMIT_KIB:
        raise SystemExit(f"more than {LIMIT_KIB} KiB were resident")


main()
