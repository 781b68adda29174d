#include "mica/net/stream.hpp"

#include "io/lane_connection.hpp"

#include <caf/send.hpp>

#include <utility>

namespace mica::net {

namespace {

// To an actor that is no connection (a test's) commands go as messages.
void say(const caf::actor& to, lane_connection* carrier, uint64_t stream,
         stream_command&& what) {
  if (carrier != nullptr)
    command(*carrier, to, stream, std::move(what));
  else if (to)
    caf::anon_send(to, stream, std::move(what));
}

} // namespace

stream_receiver::~stream_receiver() {
  // nop
}

void stream_receiver::on_written(size_t) {
  // nop
}

stream_sender::stream_sender(caf::actor connection, uint64_t stream)
  : connection_(std::move(connection)),
    carrier_(lane_connection::of(connection_)),
    stream_(stream) {
  // nop
}

void stream_sender::head(http_response&& head) const {
  say(connection_, carrier_, stream_, head_command{std::move(head)});
}

void stream_sender::data(std::string&& bytes) const {
  say(connection_, carrier_, stream_, data_command{std::move(bytes)});
}

void stream_sender::end(metadata&& trailers) const {
  say(connection_, carrier_, stream_, end_command{std::move(trailers)});
}

void stream_sender::reset(reset_reason why) const {
  say(connection_, carrier_, stream_, reset_command{why});
}

void stream_sender::consumed(size_t bytes) const {
  say(connection_, carrier_, stream_, consumed_command{bytes});
}

} // namespace mica::net
