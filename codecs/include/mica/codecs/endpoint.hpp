// What a service says about its methods: to the registry, to the generated code.

#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace google::protobuf {
class Descriptor;
class Message;
} // namespace google::protobuf

namespace mica {

/// A node of Go Micro's value tree: a message or field with its type.
struct value {
  std::string name;
  /// Go's name of the type: `string`, `int64`, `[]Item`, a message's name.
  std::string type;
  std::vector<value> values;

  bool operator==(const value&) const = default;
};

/// One endpoint as it stands in the registry.
struct endpoint {
  /// `Greeter.Hello`.
  std::string name;
  value request;
  value response;
  std::map<std::string, std::string> metadata;

  bool operator==(const endpoint&) const = default;
};

/// May a call be repeated although it may have run? (`idempotency_level` in the
/// .proto; google/protobuf/descriptor.proto).
enum class idempotency : uint8_t { unknown, no_side_effects, idempotent };

/// Which sides of a method send more than one message.
enum class method_kind : uint8_t { unary, client_stream, server_stream, bidi_stream };

/// One method of a generated service. Lives as long as the program.
struct method_descriptor {
  /// `Hello`.
  std::string_view name;
  /// `Greeter.Hello`: Go Micro's endpoint name, without the proto package.
  std::string_view endpoint;
  /// Prototypes; `New()` makes an empty message.
  const google::protobuf::Message* request;
  const google::protobuf::Message* response;
  idempotency level = idempotency::unknown;
  method_kind kind = method_kind::unary;
  /// The proto package of the service, for gRPC's paths; may be empty.
  std::string_view package = {};
};

/// A generated service. Lives as long as the program.
struct service_descriptor {
  /// `Greeter`.
  std::string_view name;
  /// The proto package, e.g. `helloworld`; may be empty.
  std::string_view package;
  /// In the order of the .proto file; the index is the method's number.
  std::span<const method_descriptor> methods;
};

/// Returns the registry's description of a method (wire reference 1.1: type trees
/// three levels deep). Any method with a stream has the metadata `stream=true`; Go
/// Micro's extractor then takes the stream's Go type for the request, ours names the
/// messages.
endpoint describe(const method_descriptor& method);

/// Returns the value tree of a message, as Go Micro's extractor makes it.
value describe(const google::protobuf::Descriptor& message, std::string name);

} // namespace mica
