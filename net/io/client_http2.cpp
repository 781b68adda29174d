#include "io/client_http2.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

namespace mica::net {

client_http2::client_http2(client_host& host, const http_limits& limits,
                           const http2_limits& limits2, bool secure)
  : host_(host),
    session_(limits, limits2, *this),
    scheme_(secure ? "https" : "http") {
  // nop
}

// -- calls ----------------------------------------------------------------------

// Only the server's SETTINGS tell how many streams it takes. Waiting for them costs a
// round trip for each connection, and no call is sent to what is no HTTP/2 server.
void client_http2::start() {
  // nop
}

size_t client_http2::capacity() const noexcept {
  return session_.capacity();
}

void client_http2::begin(call_ref what) {
  auto streaming = what->receiver != nullptr;
  auto id = streaming ? session_.open(std::move(what->request), scheme_)
                      : session_.request(std::move(what->request), scheme_);
  if (!id) {
    auto why = std::move(id.error());
    // Nothing was sent: another connection may take it.
    if (why.reason == errc::unavailable)
      why.reason = errc::connection_failed;
    why.detail = host_.peer_name + ": " + why.detail;
    host_.book.finish(host_.calls, what, std::move(why));
    return;
  }
  what->stream = *id;
  open_.push_back({*id, what});
  if (!streaming)
    return;
  call_book::telling scope{host_.book};
  what->receiver->on_open(host_.sender(*id));
}

bool client_http2::give_up(call_ref what) {
  session_.reset(what->stream, reset_reason::cancel);
  forget(what->stream);
  return true;
}

void client_http2::apply(uint64_t stream, stream_command&& what) {
  auto id = static_cast<int32_t>(stream);
  // Windows are shared: also what is taken of a stream that is over counts.
  if (auto* taken = std::get_if<consumed_command>(&what))
    return session_.consumed(id, taken->bytes);
  auto* call = find(id);
  if (call == nullptr)
    return;
  if (auto* reset = std::get_if<reset_command>(&what)) {
    session_.reset(id, reset->why);
    return drop(id);
  }
  if (call->said_end)
    return;
  if (auto* data = std::get_if<data_command>(&what)) {
    session_.data(id, std::move(data->bytes));
  } else if (std::holds_alternative<end_command>(what)) {
    call->said_end = true;
    session_.end(id);
  }
  // Only servers answer.
}

client_http2::position client_http2::at(int32_t stream) {
  auto i = std::lower_bound(
      open_.begin(), open_.end(), stream,
      [](const open_call& x, int32_t wanted) { return x.stream < wanted; });
  return i != open_.end() && i->stream == stream ? i : open_.end();
}

pool_call* client_http2::find(int32_t stream) {
  auto i = at(stream);
  return i != open_.end() ? &*i->call : nullptr;
}

response_receiver* client_http2::receiver_of(int32_t stream) {
  auto* call = find(stream);
  return call != nullptr ? call->receiver.get() : nullptr;
}

void client_http2::forget(int32_t stream) {
  auto i = at(stream);
  if (i != open_.end())
    open_.erase(i);
}

void client_http2::drop(int32_t stream) {
  auto i = at(stream);
  if (i == open_.end())
    return;
  auto call = i->call;
  open_.erase(i);
  host_.book.drop(host_.calls, call);
}

// -- events ---------------------------------------------------------------------

void client_http2::on_response(int32_t stream, http_response&& response) {
  auto i = at(stream);
  if (i == open_.end())
    return;
  auto call = i->call;
  open_.erase(i);
  host_.book.finish(host_.calls, call, std::move(response));
}

void client_http2::on_head(int32_t stream, http_response&& head) {
  if (auto* receiver = receiver_of(stream)) {
    call_book::telling scope{host_.book};
    receiver->on_head(std::move(head));
  }
}

void client_http2::on_data(int32_t stream, std::string_view bytes) {
  if (auto* receiver = receiver_of(stream)) {
    call_book::telling scope{host_.book};
    receiver->on_data(bytes);
  }
}

void client_http2::on_end(int32_t stream, metadata&& trailers) {
  auto i = at(stream);
  if (i == open_.end())
    return;
  // Over for both: whatever of the request was not sent yet has no reader.
  auto call = i->call;
  call_book::telling scope{host_.book};
  auto& receiver = *call->receiver;
  open_.erase(i);
  host_.book.drop(host_.calls, call);
  receiver.on_end(std::move(trailers));
}

void client_http2::on_writable(int32_t stream) {
  if (auto* receiver = receiver_of(stream)) {
    call_book::telling scope{host_.book};
    receiver->on_writable();
  }
}

void client_http2::on_written(int32_t stream, size_t bytes) {
  if (auto* receiver = receiver_of(stream)) {
    call_book::telling scope{host_.book};
    receiver->on_written(bytes);
  }
}

void client_http2::on_failure(int32_t stream, const error& why) {
  auto i = at(stream);
  if (i == open_.end())
    return;
  auto call = i->call;
  open_.erase(i);
  auto told = why;
  told.detail = host_.peer_name + ": " + told.detail;
  // The server's clock was first: it cancels a call whose deadline has passed.
  if (why.reason == errc::cancelled && call->deadline <= now_)
    told = {errc::timeout,
            "no response from " + host_.peer_name + " when the call's deadline passed"};
  host_.book.finish(host_.calls, call, std::move(told));
}

void client_http2::on_capacity() {
  // The connection asks behind each read.
}

// -- bytes ----------------------------------------------------------------------

void client_http2::receive(std::string_view bytes, time_point now) {
  now_ = now;
  session_.receive(bytes, now);
  if (told_)
    return;
  told_ = session_.greeted() || session_.closing();
  if (!session_.closing()) {
    if (told_)
      host_.on_open();
    return;
  }
  const auto& why = session_.failure().detail;
  host_.on_refused(why.empty() ? "the server takes no calls: " + session_.farewell()
                               : why);
}

void client_http2::receive_eof() {
  session_.receive_eof();
}

size_t client_http2::output(std::span<std::string_view> parts) {
  return session_.wants_output() ? session_.output(parts) : 0;
}

void client_http2::sent(size_t bytes) {
  session_.sent(bytes);
}

// -- time and end ---------------------------------------------------------------

time_point client_http2::due() const noexcept {
  return session_.due();
}

void client_http2::expire(time_point now) {
  session_.expire(now);
}

void client_http2::drain() {
  if (!std::exchange(draining_, true))
    session_.drain();
}

bool client_http2::closing() const noexcept {
  return draining_ || session_.closing();
}

bool client_http2::finished() const noexcept {
  return session_.finished();
}

bool client_http2::reads_much() const noexcept {
  return session_.open_streams() > 0;
}

} // namespace mica::net
