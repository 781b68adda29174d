"""The messages and methods of ../proto, without generated code: protoc describes them at start."""

import pathlib
import subprocess
import types

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PROTO = pathlib.Path(__file__).resolve().parent.parent / "proto"


def _load():
    described = subprocess.run(
        ["protoc", f"-I{PROTO}", "--include_imports", "--descriptor_set_out=/dev/stdout", "test.proto"],
        stdout=subprocess.PIPE, check=True).stdout
    pool = descriptor_pool.Default()
    names = {}
    for file in descriptor_pb2.FileDescriptorSet.FromString(described).file:
        pool.AddSerializedFile(file.SerializeToString())
        found = pool.FindFileByName(file.name)
        for name, message in found.message_types_by_name.items():
            names[name] = message_factory.GetMessageClass(message)
    return types.SimpleNamespace(**names), pool.FindServiceByName("grpc.testing.TestService")


messages, test_service = _load()


def method_class(method):
    """Returns the Python classes (request, response) of a method's descriptor."""
    return (message_factory.GetMessageClass(method.input_type),
            message_factory.GetMessageClass(method.output_type))
