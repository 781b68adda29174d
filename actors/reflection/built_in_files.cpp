#include "reflection/built_in_files.hpp"

#include "mica/debug/debug.pb.h"
#include "mica/grpc/health/v1/health.pb.h"
#include "mica/grpc/reflection/v1/reflection.pb.h"
#include "reflection/public_files.hpp"

#include <array>

namespace mica::detail {

namespace {

namespace pb = google::protobuf;

// The public descriptors: made once, never changed, and alive as long as the program.
struct built_in_files {
  built_in_files() {
    const auto& health = *grpc::health::v1::HealthCheckRequest::descriptor()->file();
    const auto& reflection =
        *grpc::reflection::v1::ServerReflectionRequest::descriptor()->file();
    files = {add_public_file(health, {"grpc.health.v1", "grpc/health/v1/health.proto"},
                             pool),
             add_public_file(
                 reflection,
                 {"grpc.reflection.v1", "grpc/reflection/v1/reflection.proto"}, pool),
             add_public_file(reflection,
                             {"grpc.reflection.v1alpha",
                              "grpc/reflection/v1alpha/reflection.proto"},
                             pool),
             debug::HealthRequest::descriptor()->file()};
  }

  pb::DescriptorPool pool;
  std::array<const pb::FileDescriptor*, 4> files{};
};

} // namespace

void add_built_in_files(reflection_index& index) {
  static const built_in_files known;
  for (const auto* file : known.files)
    if (const auto* service = file->service(0);
        index.services().count(service->full_name()) == 0)
      index.add(*service);
}

} // namespace mica::detail
