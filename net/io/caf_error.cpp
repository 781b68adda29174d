#include "mica/net/caf_error.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>
#include <caf/exit_reason.hpp>
#include <caf/message.hpp>
#include <caf/sec.hpp>

#include <string>
#include <utility>

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::error)

namespace mica {

namespace {

constexpr auto category = caf::atom("mica");
constexpr auto system_category = caf::atom("system");
constexpr auto exit_category = caf::atom("exit");

errc nearest(caf::sec code) {
  switch (code) {
    case caf::sec::request_timeout:
    case caf::sec::connection_timeout:
      return errc::timeout;
    case caf::sec::request_receiver_down:
    case caf::sec::cannot_forward_to_invalid_actor:
    case caf::sec::no_route_to_receiving_node:
      return errc::unavailable;
    case caf::sec::cannot_connect_to_node:
      return errc::connection_failed;
    case caf::sec::socket_disconnected:
    case caf::sec::disconnect_during_handshake:
      return errc::connection_lost;
    case caf::sec::cannot_open_port:
      return errc::unavailable;
    case caf::sec::invalid_argument:
      return errc::invalid_argument;
    default:
      return errc::internal;
  }
}

// CAF keeps what went wrong in detail as strings in the context.
std::string with_context(std::string text, const caf::message& context) {
  for (size_t i = 0; i < context.size(); ++i)
    if (context.match_element<std::string>(i))
      text += ": " + context.get_as<std::string>(i);
  return text;
}

} // namespace

caf::error to_caf(mica::error x) {
  if (!x)
    return caf::none;
  // CAF reads code 0 as "no error", whatever the context says.
  auto code = x.reason == errc::none ? errc::internal : x.reason;
  return {static_cast<uint8_t>(code), category, caf::make_message(std::move(x))};
}

mica::error from_caf(const caf::error& x) {
  if (!x)
    return {};
  const auto& context = x.context();
  if (x.category() == category) {
    if (context.size() == 1 && context.match_element<mica::error>(0))
      return context.get_as<mica::error>(0);
    auto code = static_cast<errc>(x.code());
    return {code, with_context(std::string{to_string(code)}, context)};
  }
  if (x.category() == system_category) {
    auto code = static_cast<caf::sec>(x.code());
    return {nearest(code), with_context(to_string(code), context)};
  }
  // An actor that ended takes no requests: to the caller it is a dead receiver.
  if (x.category() == exit_category)
    return {errc::unavailable,
            with_context("the actor has ended: "
                             + to_string(static_cast<caf::exit_reason>(x.code())),
                         context)};
  return {errc::internal, to_string(x)};
}

} // namespace mica
