#include "io/server_protocol.hpp"

#include "io/farewell_protocol.hpp"
#include "io/http1_protocol.hpp"

namespace mica::net {

connection_host::connection_host() = default;

connection_host::~connection_host() {
  // nop
}

server_protocol::~server_protocol() {
  // nop
}

std::unique_ptr<server_protocol> start_protocol(wire what, connection_host& host,
                                                time_point began) {
  switch (what) {
    case wire::tls:
      ++host.core->stats.refused;
      host.core->tell(error{errc::protocol_error,
                            host.peer.remote + " speaks TLS to " + host.peer.local
                                + ", which has none: dial it without, or give the "
                                  "listener a certificate"});
      return std::make_unique<farewell_protocol>(std::string{tls_alert()});
    case wire::http2:
      // Its preface has no answer that both versions would read.
      ++host.core->stats.refused;
      return std::make_unique<farewell_protocol>(std::string{});
    case wire::undecided:
    case wire::http1:
    case wire::unknown:
      // Garbage gets a readable 400 from the session.
      break;
  }
  return std::make_unique<http1_protocol>(host, began);
}

} // namespace mica::net
