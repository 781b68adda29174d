#include "mica/actors/handler.hpp"

#include <string>

namespace mica {

handler::~handler() {
  // nop
}

task handler::open(size_t method, context& call, google::protobuf::Message&,
                   detail::stream_ptr) {
  call.fail({errc::unimplemented, std::string{descriptor().name} + ": method number "
                                      + std::to_string(method) + " has no stream"});
  return {};
}

} // namespace mica
