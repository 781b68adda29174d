"""grpcio as a client of grpc.testing.TestService.

client.py --server_host= --server_port= --test_case= [--use_tls=true --ca_file= --server_host_override=]

Status 0 on success; otherwise one line on stderr says what was wrong.
"""

import argparse
import sys

import grpc

import cases
from messages import messages, method_class, test_service
from tap import Tap


class Peer:
    """The methods of TestService as grpcio's callables, by their names."""

    def __init__(self, channel, tap):
        self.channel = channel
        # None under TLS.
        self.tap = tap
        kinds = {(False, False): channel.unary_unary, (False, True): channel.unary_stream,
                 (True, False): channel.stream_unary, (True, True): channel.stream_stream}
        for method in test_service.methods:
            request, response = method_class(method)
            setattr(self, method.name, kinds[method.client_streaming, method.server_streaming](
                f"/{test_service.full_name}/{method.name}",
                request_serializer=request.SerializeToString,
                response_deserializer=response.FromString))

    def raw(self, path):
        """Calls any unary method with an empty message."""
        call = self.channel.unary_unary(path, request_serializer=messages.Empty.SerializeToString,
                                        response_deserializer=messages.Empty.FromString)
        return call(messages.Empty(), timeout=cases.SECONDS)


def connect(options):
    if options.use_tls == "true":
        with open(options.ca_file, "rb") as file:
            credentials = grpc.ssl_channel_credentials(file.read())
        more = [("grpc.ssl_target_name_override", options.server_host_override)]
        target = f"{options.server_host}:{options.server_port}"
        return grpc.secure_channel(target, credentials, more if options.server_host_override else None), None
    tap = Tap((options.server_host, options.server_port))
    return grpc.insecure_channel(f"127.0.0.1:{tap.port}"), tap


def main():
    flags = argparse.ArgumentParser()
    flags.add_argument("--server_host", default="127.0.0.1")
    flags.add_argument("--server_port", type=int, required=True)
    flags.add_argument("--test_case", required=True, choices=cases.CASES)
    flags.add_argument("--use_tls", default="false", choices=("true", "false"))
    flags.add_argument("--ca_file")
    flags.add_argument("--server_host_override")
    options = flags.parse_args()

    channel, tap = connect(options)
    try:
        with channel:
            cases.CASES[options.test_case](Peer(channel, tap))
    except (cases.Failed, grpc.RpcError) as error:
        print(f"{options.test_case}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
