#include "reflection/reflection_handler.hpp"

#include "health/until_stopping.hpp"

#include <array>
#include <utility>

namespace mica::detail {

namespace {

using request = reflection_index::request;
using response = reflection_index::response;

task serve(stream<request, response> peer,
           std::shared_ptr<const reflection_index> index) {
  reflection_index::sent_files sent;
  request asked;
  while (co_await peer.read(asked))
    if (!co_await peer.write(index->answer(asked, sent)))
      co_return;
}

} // namespace

reflection_handler::reflection_handler(reflection_version version,
                                       std::shared_ptr<const reflection_index> index,
                                       std::shared_ptr<health_board> board)
  : version_(version),
    index_(std::move(index)),
    board_(std::move(board)) {
  // nop
}

const service_descriptor& reflection_handler::descriptor() const noexcept {
  static const auto methods = std::array<method_descriptor, 1>{{
      {"ServerReflectionInfo", "ServerReflection.ServerReflectionInfo",
       &request::default_instance(), &response::default_instance(),
       idempotency::unknown, method_kind::bidi_stream},
  }};
  static const service_descriptor v1{"ServerReflection", "grpc.reflection.v1", methods};
  static const service_descriptor v1alpha{"ServerReflection", "grpc.reflection.v1alpha",
                                          methods};
  return version_ == reflection_version::v1 ? v1 : v1alpha;
}

void reflection_handler::invoke(size_t, context& call,
                                const google::protobuf::Message&) {
  call.fail({errc::unimplemented,
             "ServerReflection.ServerReflectionInfo is called by a stream"});
}

task reflection_handler::open(size_t, context& call, google::protobuf::Message&,
                              stream_ptr peer) {
  until_stopping(board_, call, peer, [weak = std::weak_ptr{peer}] {
    if (auto core = weak.lock())
      core->end();
  });
  return serve(stream<request, response>{std::move(peer)}, index_);
}

} // namespace mica::detail
