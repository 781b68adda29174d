// What is said to a connection about one of its requests or streams.

#pragma once

#include "mica/codecs/http.hpp"
#include "mica/net/stream.hpp"

#include <caf/allowed_unsafe_message_type.hpp>

#include <cstddef>
#include <string>
#include <variant>

namespace mica::net {

/// The whole answer to a request.
struct respond_command {
  http_response response;
};

// The methods of `stream_sender`.
struct head_command {
  http_response head;
};
struct data_command {
  std::string bytes;
};
struct end_command {
  metadata trailers;
};
struct reset_command {
  reset_reason why;
};
struct consumed_command {
  size_t bytes;
};

using stream_command = std::variant<respond_command, head_command, data_command,
                                    end_command, reset_command, consumed_command>;

} // namespace mica::net

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::net::stream_command)
