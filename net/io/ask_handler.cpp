#include "io/ask_handler.hpp"

#include "mica/codecs/error.hpp"

#include <exception>
#include <utility>

namespace mica::net {

namespace {

http_response handler_failed(const std::string& text) {
  http_response result;
  result.status = 500;
  result.fields.add("Content-Type", "application/json");
  result.body = to_json(error{errc::internal, "the request handler threw: " + text});
  return result;
}

} // namespace

std::optional<http_response> ask_handler(connection_host& host, uint64_t sequence,
                                         http_request&& request) {
  ++host.core->stats.requests;
  try {
    return host.core->handler->on_request(std::move(request), {host.self, sequence},
                                          host.peer);
  } catch (const std::exception& x) {
    return handler_failed(x.what());
  } catch (...) {
    return handler_failed("an exception that is no std::exception");
  }
}

void tell_abandoned(connection_host& host, uint64_t sequence) noexcept {
  try {
    host.core->handler->on_abandoned({host.self, sequence});
  } catch (...) {
    // A handler that fails to cancel keeps its call until the deadline.
  }
}

} // namespace mica::net
