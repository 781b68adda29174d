#include "io/client_messages.hpp"

#include "io/message_records.hpp"

#include "mica/codecs/mucp.hpp"

#include <utility>

namespace mica::net {

namespace {

// A connection has one.
constexpr int32_t only_stream = 1;

} // namespace

client_messages::client_messages(client_host& host, const http_limits& limits,
                                 const http2_limits& limits2)
  : host_(host),
    pipe_(limits),
    flow_(limits.stream_input_bytes, limits2.stream_output_bytes) {
  // nop
}

template <class F>
void client_messages::tell(F f) {
  if (over_ || host_.calls.empty())
    return;
  call_book::telling scope{host_.book};
  f(*host_.calls.front().receiver);
}

// -- calls ----------------------------------------------------------------------

void client_messages::start() {
  host_.on_open();
}

size_t client_messages::capacity() const noexcept {
  return used_ || draining_ ? 0 : 1;
}

void client_messages::begin(call_ref what) {
  used_ = true;
  auto opened = pipe_.open(std::move(what->request));
  if (!opened)
    return fail(std::move(opened.error()));
  what->stream = only_stream;
  tell([this](response_receiver& to) { to.on_open(host_.sender(only_stream)); });
}

// Nothing but the end of the connection tells a server so.
bool client_messages::give_up(call_ref) {
  return false;
}

void client_messages::apply(uint64_t, stream_command&& what) {
  if (over_ || host_.calls.empty())
    return;
  if (auto* taken = std::get_if<consumed_command>(&what))
    return flow_.taken(taken->bytes);
  auto call = host_.calls.begin();
  if (std::holds_alternative<reset_command>(what)) {
    over_ = true;
    host_.book.drop(host_.calls, call);
    return host_.on_exchange_over(true);
  }
  if (call->said_end)
    return;
  if (auto* messages = std::get_if<data_command>(&what)) {
    std::string_view rest = messages->bytes;
    std::string_view body;
    while (next_record(rest, body))
      pipe_.send(body);
    flow_.wrote(messages->bytes.size());
    departures_.add(only_stream, messages->bytes.size(), pipe_.output_size());
  } else if (auto* last = std::get_if<end_command>(&what)) {
    call->said_end = true;
    pipe_.send_last(last->trailers);
  }
  // Only servers answer.
}

// -- from the peer --------------------------------------------------------------

void client_messages::receive(std::string_view bytes, time_point) {
  if (!used_)
    return fail({errc::protocol_error, "the server spoke before it was asked"});
  pipe_.receive(bytes);
  conclude();
}

void client_messages::receive_eof() {
  pipe_.receive_eof();
  conclude();
}

void client_messages::conclude() {
  http_response message;
  while (!over_ && !host_.calls.empty() && pipe_.next(message))
    take(std::move(message));
  if (over_ || !pipe_.failure())
    return;
  auto why = pipe_.failure();
  if (why.reason == errc::connection_lost && !sent_)
    why = {errc::connection_failed,
           "the connection ended before the stream was opened"};
  fail(std::move(why));
}

void client_messages::take(http_response&& message) {
  auto last =
      message.status != 200 || !mucp::read_stream_fields(message.fields).error.empty();
  if (!std::exchange(answered_, true)) {
    // What is no message of a stream comes with all that it has to say.
    http_response head{message.status, message.fields,
                       message.status == 200 ? std::string{} : message.body};
    tell([&head](response_receiver& to) { to.on_head(std::move(head)); });
  }
  if (last)
    return end(std::move(message.fields));
  auto record = make_record(message.body);
  flow_.came(record.size());
  tell([&record](response_receiver& to) { to.on_data(record); });
}

void client_messages::end(metadata&& fields) {
  if (over_ || host_.calls.empty())
    return;
  over_ = true;
  call_book::telling scope{host_.book};
  auto call = host_.calls.begin();
  auto& receiver = *call->receiver;
  host_.book.drop(host_.calls, call);
  // Before its caller goes on.
  host_.on_exchange_over(false);
  receiver.on_end(std::move(fields));
}

void client_messages::fail(error why) {
  if (std::exchange(over_, true))
    return;
  if (host_.calls.empty())
    return host_.on_exchange_over(true);
  why.detail = host_.peer_name + ": " + why.detail;
  call_book::telling scope{host_.book};
  auto call = host_.calls.begin();
  auto& receiver = *call->receiver;
  host_.book.drop(host_.calls, call);
  host_.on_exchange_over(true);
  receiver.on_reset(why);
}

bool client_messages::wants_input() const noexcept {
  return over_ || !flow_.held();
}

// -- bytes ----------------------------------------------------------------------

size_t client_messages::output(std::span<std::string_view> parts) {
  return pipe_.output(parts);
}

void client_messages::sent(size_t bytes) {
  sent_ = true;
  pipe_.sent(bytes);
  departures_.sent(bytes, [this](uint64_t, size_t gone) {
    auto writable = flow_.left(gone);
    tell([gone](response_receiver& to) { to.on_written(gone); });
    if (writable)
      tell([](response_receiver& to) { to.on_writable(); });
  });
}

// -- time and end ---------------------------------------------------------------

time_point client_messages::due() const noexcept {
  return time_point::max();
}

void client_messages::expire(time_point) {
  // nop
}

void client_messages::drain() {
  draining_ = true;
}

bool client_messages::closing() const noexcept {
  return used_ || draining_;
}

bool client_messages::finished() const noexcept {
  return over_ || (draining_ && !used_);
}

bool client_messages::reads_much() const noexcept {
  return pipe_.in_body();
}

} // namespace mica::net
