// What the writers need to know of a .proto file, checked and named.

#pragma once

#include "mica/codecs/endpoint.hpp"

#include <google/protobuf/descriptor.h>

#include <optional>
#include <string>
#include <vector>

namespace mica::protoc {

/// Lines of a comment, without marks and without a trailing backslash.
using comment_lines = std::vector<std::string>;

struct method_model {
  /// In C++: `say_hello`.
  std::string name;
  /// In the .proto: `SayHello`.
  std::string rpc;
  /// On the wire: `Greeter.SayHello`.
  std::string endpoint;
  /// C++ types, from the global namespace on: `::demo::HelloRequest`.
  std::string request;
  std::string response;
  /// Enumerator of `mica::idempotency`.
  std::string level;
  method_kind kind = method_kind::unary;
  bool deprecated = false;
  comment_lines comment;
};

struct service_model {
  /// In the .proto: `Greeter`.
  std::string name;
  /// Stem of the class names: `greeter`.
  std::string base;
  /// The client's default for the service's name in the registry.
  std::string registry_name;
  comment_lines comment;
  std::vector<method_model> methods;

  bool has_streams() const;
  bool has_unary() const;
};

struct file_model {
  /// As protoc knows it, relative to its import root: `dir/x.proto`.
  std::string path;
  /// `dir/x`
  std::string stem;
  /// `p.q`; may be empty.
  std::string package;
  std::vector<service_model> services;
};

/// Names and checks a file. Every problem is appended to `problems` as one line,
/// `x.proto:LINE:COLUMN: what: why`; nothing is returned if there was one.
std::optional<file_model> make_model(const google::protobuf::FileDescriptor& file,
                                     std::vector<std::string>& problems);

} // namespace mica::protoc
