// Calls of the listener's handler that nothing escapes from.

#pragma once

#include "io/server_protocol.hpp"

#include <optional>

namespace mica::net {

/// Counts the request and asks the handler. One that throws answers 500.
std::optional<http_response> ask_handler(connection_host& host, uint64_t sequence,
                                         http_request&& request);

/// Says that the peer of an unanswered request went away.
void tell_abandoned(connection_host& host, uint64_t sequence) noexcept;

} // namespace mica::net
