"""The client's side of each interop case, as gRPC's test descriptions tell it.

A case is a function of a `Peer`; it returns, or fails by an exception that says what
was wrong.
"""

import os
import queue

import grpc
from google.protobuf import descriptor_pool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from messages import messages

LARGE_REQUEST = 271828
LARGE_RESPONSE = 314159
REQUESTS = (27182, 8, 1828, 45904)
RESPONSES = (31415, 9, 2653, 58979)
INITIAL = ("x-grpc-test-echo-initial", "test_initial_metadata_value")
TRAILING = ("x-grpc-test-echo-trailing-bin", b"\xab\xab\xab")
SECONDS = 10


class Failed(Exception):
    pass


def expect(what, wanted, got):
    if wanted != got:
        raise Failed(f"{what}: expected {wanted!r}, got {got!r}")


def payload(size):
    return messages.Payload(body=bytes(size))


def yes(value):
    return messages.BoolValue(value=value)


def large_request(**more):
    return messages.SimpleRequest(response_size=LARGE_RESPONSE, payload=payload(LARGE_REQUEST), **more)


def duplex_request(request_size, *response_sizes):
    return messages.StreamingOutputCallRequest(
        response_parameters=[messages.ResponseParameters(size=size) for size in response_sizes],
        payload=payload(request_size))


def fails(code, call, message=None):
    try:
        call()
    except grpc.RpcError as error:
        expect("status code", code, error.code())
        if message is not None:
            expect("status message", message, error.details())
        return
    raise Failed(f"the call should have failed with {code}")


class Requests:
    """What a client stream sends: `put` a message, `end` the stream."""

    def __init__(self):
        self._queue = queue.Queue()

    def put(self, message):
        self._queue.put(message)

    def end(self):
        self._queue.put(None)

    def __iter__(self):
        return iter(self._queue.get, None)


def empty_unary(peer):
    expect("response", messages.Empty(), peer.EmptyCall(messages.Empty(), timeout=SECONDS))


def large_unary(peer):
    response = peer.UnaryCall(large_request(), timeout=SECONDS)
    expect("body", bytes(LARGE_RESPONSE), response.payload.body)


def client_compressed_unary(peer):
    # The probe: a server that doesn't look at the flag answers it.
    fails(grpc.StatusCode.INVALID_ARGUMENT,
          lambda: peer.UnaryCall(large_request(expect_compressed=yes(True)), timeout=SECONDS))
    for compressed in (True, False):
        response = peer.UnaryCall(
            large_request(expect_compressed=yes(compressed)), timeout=SECONDS,
            compression=grpc.Compression.Gzip if compressed else grpc.Compression.NoCompression)
        expect("body", bytes(LARGE_RESPONSE), response.payload.body)


def server_compressed_unary(peer):
    for compressed in (True, False):
        response = peer.UnaryCall(large_request(response_compressed=yes(compressed)), timeout=SECONDS)
        expect("response is compressed", compressed, peer.tap.responses.get(timeout=SECONDS))
        expect("body", bytes(LARGE_RESPONSE), response.payload.body)


def client_streaming(peer):
    response = peer.StreamingInputCall(
        (messages.StreamingInputCallRequest(payload=payload(size)) for size in REQUESTS), timeout=SECONDS)
    expect("size", sum(REQUESTS), response.aggregated_payload_size)


def client_compressed_streaming(peer):
    probe = messages.StreamingInputCallRequest(payload=payload(27182), expect_compressed=yes(True))
    fails(grpc.StatusCode.INVALID_ARGUMENT, lambda: peer.StreamingInputCall(iter((probe,)), timeout=SECONDS))
    # A call compresses all or nothing here, but the library leaves alone what does not
    # get smaller: random bytes.
    plain = messages.StreamingInputCallRequest(
        payload=messages.Payload(body=os.urandom(45904)), expect_compressed=yes(False))
    response = peer.StreamingInputCall(iter((probe, plain)), timeout=SECONDS, compression=grpc.Compression.Gzip)
    expect("size", 27182 + 45904, response.aggregated_payload_size)


def server_streaming(peer):
    call = peer.StreamingOutputCall(duplex_request(0, *RESPONSES), timeout=SECONDS)
    expect("sizes", list(RESPONSES), [len(response.payload.body) for response in call])


def server_compressed_streaming(peer):
    request = messages.StreamingOutputCallRequest(response_parameters=[
        messages.ResponseParameters(size=31415, compressed=yes(True)),
        messages.ResponseParameters(size=92653, compressed=yes(False))])
    got = [(len(response.payload.body), peer.tap.responses.get(timeout=SECONDS))
           for response in peer.StreamingOutputCall(request, timeout=SECONDS)]
    expect("sizes and flags", [(31415, True), (92653, False)], got)


def ping_pong(peer):
    requests = Requests()
    responses = peer.FullDuplexCall(iter(requests), timeout=SECONDS)
    for request_size, response_size in zip(REQUESTS, RESPONSES):
        requests.put(duplex_request(request_size, response_size))
        expect("size", response_size, len(next(responses).payload.body))
    requests.end()
    expect("what follows", None, next(responses, None))


def empty_stream(peer):
    expect("responses", [], list(peer.FullDuplexCall(iter(()), timeout=SECONDS)))


def custom_metadata(peer):
    def check(call):
        expect("initial", [INITIAL[1]], [v for k, v in call.initial_metadata() if k == INITIAL[0]])
        expect("trailing", [TRAILING[1]], [v for k, v in call.trailing_metadata() if k == TRAILING[0]])

    sent = (INITIAL, TRAILING)
    _, call = peer.UnaryCall.with_call(large_request(), timeout=SECONDS, metadata=sent)
    check(call)
    duplex = peer.FullDuplexCall(iter((duplex_request(LARGE_REQUEST, LARGE_RESPONSE),)),
                                 timeout=SECONDS, metadata=sent)
    expect("sizes", [LARGE_RESPONSE], [len(response.payload.body) for response in duplex])
    check(duplex)


def status_code_and_message(peer):
    status = messages.EchoStatus(code=2, message="test status message")
    fails(grpc.StatusCode.UNKNOWN,
          lambda: peer.UnaryCall(messages.SimpleRequest(response_status=status), timeout=SECONDS), status.message)
    request = messages.StreamingOutputCallRequest(response_status=status)
    fails(grpc.StatusCode.UNKNOWN,
          lambda: list(peer.FullDuplexCall(iter((request,)), timeout=SECONDS)), status.message)


def special_status_message(peer):
    text = "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001F608\t\n"
    request = messages.SimpleRequest(response_status=messages.EchoStatus(code=2, message=text))
    fails(grpc.StatusCode.UNKNOWN, lambda: peer.UnaryCall(request, timeout=SECONDS), text)


def unimplemented_method(peer):
    fails(grpc.StatusCode.UNIMPLEMENTED, lambda: peer.raw("/grpc.testing.TestService/UnimplementedCall"))


def unimplemented_service(peer):
    fails(grpc.StatusCode.UNIMPLEMENTED, lambda: peer.raw("/grpc.testing.UnimplementedService/UnimplementedCall"))


def cancel_after_begin(peer):
    requests = Requests()
    call = peer.StreamingInputCall.future(iter(requests), timeout=SECONDS)
    call.cancel()
    requests.end()
    expect("status code", grpc.StatusCode.CANCELLED, call.code())


def cancel_after_first_response(peer):
    requests = Requests()
    responses = peer.FullDuplexCall(iter(requests), timeout=SECONDS)
    requests.put(duplex_request(REQUESTS[0], RESPONSES[0]))
    expect("size", RESPONSES[0], len(next(responses).payload.body))
    responses.cancel()
    fails(grpc.StatusCode.CANCELLED, lambda: next(responses))
    requests.end()


def timeout_on_sleeping_server(peer):
    requests = Requests()
    requests.put(duplex_request(27182))
    fails(grpc.StatusCode.DEADLINE_EXCEEDED, lambda: list(peer.FullDuplexCall(iter(requests), timeout=0.001)))
    requests.end()


def health(peer):
    stub = health_pb2_grpc.HealthStub(peer.channel)
    serving = health_pb2.HealthCheckResponse.SERVING
    for service in ("", "grpc.testing.TestService"):
        request = health_pb2.HealthCheckRequest(service=service)
        expect("Check", serving, stub.Check(request, timeout=SECONDS).status)
        watch = stub.Watch(request, timeout=SECONDS)
        expect("Watch", serving, next(watch).status)
        watch.cancel()
    unknown = health_pb2.HealthCheckRequest(service="nobody")
    fails(grpc.StatusCode.NOT_FOUND, lambda: stub.Check(unknown, timeout=SECONDS))
    watch = stub.Watch(unknown, timeout=SECONDS)
    expect("Watch", health_pb2.HealthCheckResponse.SERVICE_UNKNOWN, next(watch).status)
    watch.cancel()


def reflection(peer):
    database = ProtoReflectionDescriptorDatabase(peer.channel)
    listed = list(database.get_services())
    if "grpc.testing.TestService" not in listed:
        raise Failed(f"grpc.testing.TestService is not listed: {listed}")
    service = descriptor_pool.DescriptorPool(database).FindServiceByName("grpc.testing.TestService")
    method = service.methods_by_name["FullDuplexCall"]
    expect("FullDuplexCall", (True, True, "grpc.testing.StreamingOutputCallRequest"),
           (method.client_streaming, method.server_streaming, method.input_type.full_name))


CASES = {case.__name__: case for case in (
    empty_unary, large_unary, client_compressed_unary, server_compressed_unary, client_streaming,
    client_compressed_streaming, server_streaming, server_compressed_streaming, ping_pong, empty_stream,
    custom_metadata, status_code_and_message, special_status_message, unimplemented_method,
    unimplemented_service, cancel_after_begin, cancel_after_first_response, timeout_on_sleeping_server,
    health, reflection)}
