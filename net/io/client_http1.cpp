#include "io/client_http1.hpp"

#include <utility>

namespace mica::net {

client_http1::client_http1(client_host& host, const http_limits& limits)
  : host_(host),
    session_(limits) {
  // nop
}

void client_http1::start() {
  host_.on_open();
}

size_t client_http1::capacity() const noexcept {
  return session_.ready() && !draining_ ? 1 : 0;
}

void client_http1::begin(call_ref what) {
  sent_ = false;
  session_.send(std::move(what->request));
  conclude();
}

bool client_http1::give_up(call_ref) {
  return false;
}

void client_http1::apply(uint64_t, stream_command&&) {
  // HTTP/1.1 has no streams; nobody holds a sender.
}

void client_http1::receive(std::string_view bytes, time_point) {
  session_.receive(bytes);
  conclude();
}

void client_http1::receive_eof() {
  session_.receive_eof();
  conclude();
}

void client_http1::conclude() {
  auto outcome = session_.take();
  if (!outcome || host_.calls.empty())
    return;
  auto then = host_.book.take(host_.calls, host_.calls.begin());
  auto failed = !*outcome;
  if (failed) {
    auto& why = outcome->error();
    if (why.reason == errc::connection_lost && !sent_)
      why = {errc::connection_failed, "the connection ended before the request left"};
    why.detail = host_.peer_name + ": " + why.detail;
  }
  // Before its caller goes on: the next call may come from within.
  host_.on_exchange_over(failed);
  host_.book.tell(std::move(then), std::move(*outcome));
}

size_t client_http1::output(std::span<std::string_view> parts) {
  return session_.output(parts);
}

void client_http1::sent(size_t bytes) {
  sent_ = true;
  session_.sent(bytes);
}

time_point client_http1::due() const noexcept {
  return time_point::max();
}

void client_http1::expire(time_point) {
  // nop
}

void client_http1::drain() {
  draining_ = true;
}

bool client_http1::closing() const noexcept {
  return draining_ || session_.finished();
}

bool client_http1::finished() const noexcept {
  return session_.finished() || (draining_ && session_.ready());
}

bool client_http1::reads_much() const noexcept {
  return session_.in_body();
}

} // namespace mica::net
