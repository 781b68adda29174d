"""grpc.testing.TestService by grpcio: the foreign server that compresses.

server.py --port=N [--use_tls=true --tls_cert_file= --tls_key_file=]

Prints "READY port", ends on SIGTERM. The port 0 lets the system choose.
"""

import argparse
import concurrent.futures
import signal
import sys
import threading
import time

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from messages import messages, method_class, test_service
from tap import Tap

INITIAL = "x-grpc-test-echo-initial"
TRAILING = "x-grpc-test-echo-trailing-bin"

# Of a queue that is never empty when it is asked, unless the peer is at fault.
FLAG_SECONDS = 5


class Request:
    """A message, and whether it came compressed (None where nobody can tell)."""

    def __init__(self, message, compressed):
        self.message = message
        self.compressed = compressed


def check(request, context):
    """Refuses a message that is not compressed as it says."""
    message = request.message
    if not message.HasField("expect_compressed"):
        return
    if request.compressed is None:
        context.abort(grpc.StatusCode.INTERNAL, "under TLS this server does not know what is compressed")
    if message.expect_compressed.value != request.compressed:
        context.abort(grpc.StatusCode.INVALID_ARGUMENT,
                      f"compressed: {request.compressed}, against expect_compressed")


def echo_metadata(context):
    sent = dict(context.invocation_metadata())
    if INITIAL in sent:
        context.send_initial_metadata(((INITIAL, sent[INITIAL]),))
    if TRAILING in sent:
        context.set_trailing_metadata(((TRAILING, sent[TRAILING]),))


def echo_status(message, context):
    if message.response_status.code:
        codes = {code.value[0]: code for code in grpc.StatusCode}
        context.abort(codes[message.response_status.code], message.response_status.message)


def payload(size):
    return messages.Payload(body=bytes(size))


def responses(message, context):
    for wanted in message.response_parameters:
        time.sleep(wanted.interval_us / 1e6)
        # The call may compress (see full_duplex_call); this message must not.
        if not wanted.compressed.value:
            context.disable_next_message_compression()
        yield messages.StreamingOutputCallResponse(payload=payload(wanted.size))


class Service:
    @staticmethod
    def EmptyCall(request, context):
        return messages.Empty()

    @staticmethod
    def UnaryCall(request, context):
        check(request, context)
        if request.message.response_compressed.value:
            context.set_compression(grpc.Compression.Gzip)
        echo_metadata(context)
        echo_status(request.message, context)
        return messages.SimpleResponse(payload=payload(request.message.response_size))

    CacheableUnaryCall = UnaryCall

    @staticmethod
    def StreamingOutputCall(request, context):
        context.set_compression(grpc.Compression.Gzip)
        yield from responses(request.message, context)

    @staticmethod
    def StreamingInputCall(requests, context):
        size = 0
        for request in requests:
            check(request, context)
            size += len(request.message.payload.body)
        return messages.StreamingInputCallResponse(aggregated_payload_size=size)

    @staticmethod
    def FullDuplexCall(requests, context):
        context.set_compression(grpc.Compression.Gzip)
        echo_metadata(context)
        for request in requests:
            echo_status(request.message, context)
            yield from responses(request.message, context)

    @staticmethod
    def HalfDuplexCall(requests, context):
        context.set_compression(grpc.Compression.Gzip)
        for request in list(requests):
            yield from responses(request.message, context)


def handlers(flag):
    kinds = {(False, False): grpc.unary_unary_rpc_method_handler,
             (False, True): grpc.unary_stream_rpc_method_handler,
             (True, False): grpc.stream_unary_rpc_method_handler,
             (True, True): grpc.stream_stream_rpc_method_handler}
    found = {}
    for method in test_service.methods:
        request, response = method_class(method)
        found[method.name] = kinds[method.client_streaming, method.server_streaming](
            getattr(Service, method.name),
            request_deserializer=lambda data, request=request: Request(request.FromString(data), flag()),
            response_serializer=response.SerializeToString)
    return grpc.method_handlers_generic_handler(test_service.full_name, found)


def main():
    flags = argparse.ArgumentParser()
    flags.add_argument("--port", type=int, default=0)
    flags.add_argument("--use_tls", default="false", choices=("true", "false"))
    flags.add_argument("--tls_cert_file")
    flags.add_argument("--tls_key_file")
    options = flags.parse_args()

    server = grpc.server(concurrent.futures.ThreadPoolExecutor(max_workers=16))
    tap = None
    server.add_generic_rpc_handlers((handlers(
        lambda: tap.requests.get(timeout=FLAG_SECONDS) if tap else None),))
    health_service = health.HealthServicer()
    health_service.set(test_service.full_name, health_pb2.HealthCheckResponse.SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(health_service, server)
    reflection.enable_server_reflection(
        (test_service.full_name, health.SERVICE_NAME, reflection.SERVICE_NAME), server)
    if options.use_tls == "true":
        with open(options.tls_key_file, "rb") as key, open(options.tls_cert_file, "rb") as certificate:
            credentials = grpc.ssl_server_credentials(((key.read(), certificate.read()),))
        port = server.add_secure_port(f"127.0.0.1:{options.port}", credentials)
    else:
        port = server.add_insecure_port("127.0.0.1:0")
        tap = Tap(("127.0.0.1", port), port=options.port)
        port = tap.port
    server.start()
    print("READY", port, flush=True)
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    ended.wait()
    server.stop(1).wait()


if __name__ == "__main__":
    sys.exit(main())
