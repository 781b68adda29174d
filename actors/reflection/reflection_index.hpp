// What a service knows of its own descriptors, as gRPC's server reflection asks for it.

#pragma once

#include "mica/codecs/endpoint.hpp"
#include "mica/grpc/reflection/v1/reflection.pb.h"

#include <google/protobuf/descriptor.h>

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace mica::detail {

/// The services of a program and every file that their messages need: imports, and the
/// files of known extensions. Filled at start-up, immutable then; thread-safe for
/// readers.
///
/// Names from the network are looked up in the files gathered here and never in
/// protobuf's own pool, which remembers for ever each name that it did not find.
class reflection_index {
public:
  using request = grpc::reflection::v1::ServerReflectionRequest;
  using response = grpc::reflection::v1::ServerReflectionResponse;
  /// Names of the files that one stream has got.
  using sent_files = std::set<std::string, std::less<>>;

  /// Lists a service, and adds its file if protobuf's generated pool has it, as it does
  /// when the service's x.pb.cc is linked.
  void add(const service_descriptor& service);

  /// Lists a service of another pool, which outlives this object.
  void add(const google::protobuf::ServiceDescriptor& service);

  /// Answers one message of a stream. Every failure is an answer too
  /// (`error_response`); the stream goes on.
  /// @param sent what is left out of answers, but for the file that was asked for;
  ///        grows by what this answer holds.
  response answer(const request& asked, sent_files& sent) const;

  /// `package.Service`, sorted.
  const std::set<std::string, std::less<>>& services() const noexcept {
    return services_;
  }

private:
  using file = google::protobuf::FileDescriptor;
  using message = google::protobuf::Descriptor;

  void add_file(const file& which);
  void add_extensions_of(const message& type);
  const file* file_of(std::string_view symbol) const;
  const message* type_of(std::string_view name) const;

  void list(response& out) const;
  void send(const file* which, const std::string& what, sent_files& sent,
            response& out) const;
  void answer_extension(const request& asked, sent_files& sent, response& out) const;
  void answer_numbers(const std::string& type, response& out) const;

  std::set<std::string, std::less<>> services_;
  std::map<std::string, const file*, std::less<>> files_;
};

} // namespace mica::detail
