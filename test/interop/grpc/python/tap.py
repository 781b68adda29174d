"""Tells which gRPC messages are compressed on the wire: grpcio's API hides that flag.

A tap stands between a client and a server, forwards every byte unchanged and notes the
first byte of each message. Plaintext HTTP/2 only.
"""

import queue
import socket
import threading

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA = 0
PADDED = 0x8


class _MessageFlags:
    """Reads one direction of one connection; calls `note(flag)` per message."""

    def __init__(self, note, skip):
        self._note = note
        self._skip = skip
        self._bytes = bytearray()
        # Stream -> what has been read of a message's five first bytes, and what the
        # message still lacks.
        self._prefix = {}
        self._left = {}

    def feed(self, data):
        self._bytes += data
        if self._skip:
            drop = min(self._skip, len(self._bytes))
            del self._bytes[:drop]
            self._skip -= drop
        # RFC 9113, 4.1: length of 24 bits, type, flags, stream.
        while len(self._bytes) >= 9:
            size = int.from_bytes(self._bytes[:3], "big")
            if len(self._bytes) < 9 + size:
                return
            kind, flags = self._bytes[3], self._bytes[4]
            stream = int.from_bytes(self._bytes[5:9], "big") & 0x7fffffff
            body = bytes(self._bytes[9:9 + size])
            del self._bytes[:9 + size]
            if kind == DATA:
                if flags & PADDED:
                    body = body[1:len(body) - body[0]]
                self._data(stream, body)

    def _data(self, stream, body):
        while body:
            left = self._left.get(stream, 0)
            if left:
                taken = min(left, len(body))
                self._left[stream] = left - taken
                body = body[taken:]
                continue
            prefix = self._prefix.setdefault(stream, bytearray())
            taken = 5 - len(prefix)
            prefix += body[:taken]
            body = body[taken:]
            if len(prefix) == 5:
                self._note(bool(prefix[0]))
                self._left[stream] = int.from_bytes(prefix[1:5], "big")
                self._prefix[stream] = bytearray()


class Tap:
    """Listens on `host:port` and forwards each connection to `target` (host, port).

    `requests` and `responses` are queues of bools, one per message in the order in
    which they passed. Clear while one call runs at a time.
    """

    def __init__(self, target, host="127.0.0.1", port=0):
        self.requests = queue.Queue()
        self.responses = queue.Queue()
        self._target = target
        self._listener = socket.create_server((host, port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            near, _ = self._listener.accept()
            far = socket.create_connection(self._target)
            up = _MessageFlags(self.requests.put, len(PREFACE))
            down = _MessageFlags(self.responses.put, 0)
            for source, sink, reader in ((near, far, up), (far, near, down)):
                source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._forward, args=(source, sink, reader), daemon=True).start()

    @staticmethod
    def _forward(source, sink, reader):
        try:
            while data := source.recv(65536):
                reader.feed(data)
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            # One side has left: the other one sees its end.
            for each in (source, sink):
                try:
                    each.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
