#include "io/server_protocol.hpp"

#include "io/farewell_protocol.hpp"
#include "io/http1_protocol.hpp"
#include "io/http2_protocol.hpp"
#include "io/tls_protocol.hpp"

#include <utility>

namespace mica::net {

connection_host::connection_host() = default;

connection_host::~connection_host() {
  // nop
}

server_protocol::~server_protocol() {
  // nop
}

namespace {

std::unique_ptr<server_protocol> say(std::string text) {
  return std::make_unique<farewell_protocol>(std::move(text));
}

void refuse(connection_host& host, const std::string& why) {
  ++host.core->stats.refused;
  host.core->tell(error{errc::protocol_error, host.peer.remote + why});
}

std::unique_ptr<server_protocol> refuse_plain(wire what, connection_host& host) {
  auto where = host.peer.local + ", which speaks TLS alone: dial it with TLS";
  switch (what) {
    case wire::http1:
      refuse(host, " speaks plain HTTP/1.1 to " + where);
      return say(std::string{tls_required_http1()});
    case wire::http2:
      refuse(host, " speaks plain HTTP/2 to " + where);
      return say(tls_required_http2());
    case wire::unknown:
      refuse(host, " speaks neither TLS nor HTTP to " + where);
      break;
    default:
      // Said nothing in time.
      break;
  }
  return say({});
}

} // namespace

std::unique_ptr<server_protocol> start_protocol(wire what, connection_host& host,
                                                time_point began) {
  if (host.core->tls) {
    if (what == wire::tls)
      return std::make_unique<tls_protocol>(host, began);
    return refuse_plain(what, host);
  }
  switch (what) {
    case wire::tls:
      refuse(host, " speaks TLS to " + host.peer.local
                       + ", which has none: dial it without, or give the listener a "
                         "certificate");
      return say(std::string{tls_alert()});
    case wire::http2:
      return std::make_unique<http2_protocol>(host);
    case wire::undecided:
    case wire::http1:
    case wire::unknown:
      // Garbage gets a readable 400 from the session.
      break;
  }
  return std::make_unique<http1_protocol>(host, began);
}

} // namespace mica::net
