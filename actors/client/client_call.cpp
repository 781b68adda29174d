#include "client/client_call.hpp"

#include "stream/client_stream.hpp"

#include <utility>

namespace mica::detail {

expected<call_wishes> wishes_of(const call_options& options) {
  call_wishes result;
  auto protocol = parse_protocol_choice(options.protocol);
  if (!protocol)
    return std::move(protocol.error());
  result.protocol = *protocol;
  if (!options.compression.empty()) {
    auto coding = grpc::parse_coding(options.compression);
    if (!coding)
      return error{errc::invalid_argument,
                   "compression " + options.compression + " is not known; there are: "
                       + std::string{grpc::accepted_codings},
                   "go.micro.client"};
    result.compression = *coding;
  }
  result.wait_for_ready = options.wait_for_ready;
  result.filters = options.filters;
  result.key = options.key;
  return result;
}

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

void client_call::note(std::string target, std::string_view reason) {
  history.push_back({std::move(target), std::string{reason}});
}

std::string client_call::story() const {
  std::string result;
  for (size_t i = 0; i < history.size(); ++i) {
    if (history.size() > 1)
      result += (i == 0 ? "" : "; ") + std::to_string(i + 1) + ": ";
    result += history[i].reason + " (" + history[i].target + ")";
  }
  return result;
}

} // namespace mica::detail
