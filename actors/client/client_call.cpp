#include "client/client_call.hpp"

#include "stream/client_stream.hpp"

#include <utility>

namespace mica::detail {

client_call::~client_call() {
  finish(error{errc::unavailable, "the service behind this client was stopped",
               "go.micro.client"});
}

stream_opening::~stream_opening() {
  if (stream)
    stream->refuse({errc::unavailable, "the service behind this client was stopped",
                    "go.micro.client"});
}

void client_call::finish(expected<incoming_reply> outcome) {
  if (auto f = std::exchange(done, nullptr))
    f(std::move(outcome));
}

} // namespace mica::detail
