#include "mica/net/request_handler.hpp"

#include "io/server_connection.hpp"

#include "mica/net/actors.hpp"

#include <caf/send.hpp>

#include <utility>

namespace mica::net {

request_handler::~request_handler() {
  // nop
}

void send_reply(const reply_address& to, http_response&& response) {
  if (const auto* connection = server_connection::of(to.connection))
    connection->inbox()->push(to, std::move(response));
  else if (to.connection)
    caf::anon_send(to.connection, to.sequence, std::move(response));
}

} // namespace mica::net
