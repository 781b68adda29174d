#include "grpc/message.hpp"

#include <utility>

namespace mica::grpc {

expected<void> check_single(std::string_view body, coding from, size_t message_bytes,
                            std::string_view what, std::string& unpacked,
                            size_t& offset) {
  message_reader reader{from, message_bytes};
  auto rest = body;
  std::string_view message;
  if (!reader.next(rest, message)) {
    auto whole = reader.finish();
    if (!whole)
      return whole;
    return error{errc::protocol_error,
                 "the " + std::string{what} + " has no message; a unary call has one"};
  }
  if (!rest.empty())
    return error{errc::protocol_error,
                 "the " + std::string{what} + " has " + std::to_string(rest.size())
                     + " bytes behind its message; a unary call has one message"};
  // A compressed one lies in the reader.
  if (message.data() == body.data() + prefix_bytes)
    offset = prefix_bytes;
  else
    unpacked = message;
  return {};
}

expected<void> frame(std::string& body, size_t offset, coding as,
                     size_t message_bytes) {
  if (offset == 0)
    body.insert(0, prefix_bytes, '\0');
  return end_message(body, 0, as, message_bytes);
}

} // namespace mica::grpc
