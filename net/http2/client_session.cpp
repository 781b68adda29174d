#include "http2/client_session.hpp"

#include "http2/client_core.hpp"

#include <utility>

namespace mica::net::http2 {

client_events::~client_events() {
  // nop
}

void client_events::on_written(int32_t, size_t) {
  // nop
}

struct client_session::impl : client_core {
  using client_core::client_core;
};

client_session::client_session(const http_limits& limits, const http2_limits& limits2,
                               client_events& to)
  : impl_(std::make_unique<impl>(limits, limits2, to)) {
  // nop
}

client_session::~client_session() = default;
client_session::client_session(client_session&&) noexcept = default;
client_session& client_session::operator=(client_session&&) noexcept = default;

expected<int32_t> client_session::request(http_request&& request,
                                          std::string_view scheme) {
  return impl_->begin(std::move(request), scheme, true);
}

expected<int32_t> client_session::open(http_request&& head, std::string_view scheme) {
  return impl_->begin(std::move(head), scheme, false);
}

void client_session::receive(std::string_view bytes, time_point now) {
  impl_->receive(bytes, now);
}

void client_session::receive_eof() {
  impl_->receive_eof();
}

void client_session::data(int32_t stream, std::string&& bytes) {
  impl_->data(stream, std::move(bytes));
}

void client_session::end(int32_t stream) {
  impl_->end_of(stream);
}

void client_session::reset(int32_t stream, reset_reason why) {
  impl_->reset(stream, static_cast<uint32_t>(why));
}

void client_session::consumed(int32_t stream, size_t bytes) {
  impl_->consumed(stream, bytes);
}

void client_session::drain() {
  impl_->drain();
}

size_t client_session::output(std::span<std::string_view> parts) {
  return impl_->output(parts);
}

void client_session::sent(size_t bytes) {
  impl_->sent(bytes);
}

bool client_session::wants_output() const noexcept {
  return impl_->wants_output();
}

time_point client_session::due() const noexcept {
  return impl_->due();
}

void client_session::expire(time_point now) {
  impl_->expire(now);
}

size_t client_session::capacity() const noexcept {
  return impl_->capacity();
}

size_t client_session::open_streams() const noexcept {
  return impl_->streams.size();
}

bool client_session::greeted() const noexcept {
  return impl_->peer_settings;
}

bool client_session::closing() const noexcept {
  return impl_->closing();
}

bool client_session::finished() const noexcept {
  return impl_->finished();
}

bool client_session::in_body() const noexcept {
  return impl_->in_body();
}

const std::string& client_session::farewell() const noexcept {
  return impl_->farewell;
}

const error& client_session::failure() const noexcept {
  return impl_->failure;
}

} // namespace mica::net::http2
