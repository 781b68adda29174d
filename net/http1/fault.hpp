// Why a message was refused.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace mica::net::http1 {

/// What was wrong with received bytes. Default-constructed: nothing.
struct fault {
  explicit operator bool() const noexcept {
    return status != 0;
  }

  /// The status that a server answers; a client reads from it whether the protocol
  /// was broken (400, 501, 505) or a limit exceeded (413, 414, 431).
  int status = 0;
  /// One sentence that names what, where and what to do.
  std::string text;
  /// The bytes are not HTTP/1 at all: whoever sent them would not read an answer.
  bool foreign = false;
};

/// Sets `why`. @returns false, so that parsers end in `return refuse(...)`.
inline bool refuse(fault& why, int status, std::string text) {
  why = {status, std::move(text), false};
  return false;
}

/// Refuses because `what` (a plural) is more than `limit`, a member of `http_limits`.
inline bool refuse_beyond(fault& why, int status, std::string_view what, size_t limit,
                          std::string_view member) {
  std::string text{what};
  text += " exceed the limit of ";
  text += std::to_string(limit);
  text += ": send less or raise http_limits::";
  text += member;
  return refuse(why, status, std::move(text));
}

} // namespace mica::net::http1
