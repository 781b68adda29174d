#include "mica/net/request_handler.hpp"

#include "io/lane_inbox.hpp"
#include "io/server_connection.hpp"

#include "mica/net/actors.hpp"

#include <caf/send.hpp>

#include <utility>

namespace mica::net {

request_handler::~request_handler() {
  // nop
}

std::unique_ptr<stream_receiver>
request_handler::on_stream(http_request&, const stream_sender&, const peer_info&) {
  return nullptr;
}

void send_reply(const reply_address& to, http_response&& response) {
  if (const auto* connection = server_connection::of(to.connection))
    connection->inbox()->push(to.connection, to.sequence,
                              respond_command{std::move(response)});
  else if (to.connection)
    caf::anon_send(to.connection, to.sequence, std::move(response));
}

} // namespace mica::net
