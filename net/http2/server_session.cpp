#include "http2/server_session.hpp"

#include "http2/server_core.hpp"

#include <utility>

namespace mica::net::http2 {

server_events::~server_events() {
  // nop
}

void server_events::on_written(int32_t, size_t) {
  // nop
}

struct server_session::impl : server_core {
  using server_core::server_core;
};

server_session::server_session(const http_limits& limits, const http2_limits& limits2,
                               server_events& to)
  : impl_(std::make_unique<impl>(limits, limits2, to)) {
  // nop
}

server_session::~server_session() = default;
server_session::server_session(server_session&&) noexcept = default;
server_session& server_session::operator=(server_session&&) noexcept = default;

bool server_session::upgrade(std::string_view settings, http_request&& request) {
  return impl_->upgrade(settings, std::move(request));
}

void server_session::receive(std::string_view bytes, time_point now) {
  impl_->receive(bytes, now);
}

void server_session::receive_eof() {
  impl_->receive_eof();
}

void server_session::respond(int32_t stream, http_response&& response) {
  impl_->respond(stream, std::move(response));
}

void server_session::head(int32_t stream, http_response&& head) {
  impl_->head(stream, std::move(head));
}

void server_session::data(int32_t stream, std::string&& bytes) {
  impl_->data(stream, std::move(bytes));
}

void server_session::end(int32_t stream, metadata&& trailers) {
  impl_->end_of(stream, std::move(trailers));
}

void server_session::reset(int32_t stream, reset_reason why) {
  impl_->reset(stream, static_cast<uint32_t>(why));
}

void server_session::consumed(int32_t stream, size_t bytes) {
  impl_->consumed(stream, bytes);
}

void server_session::drain() {
  impl_->drain();
}

size_t server_session::output(std::span<std::string_view> parts) {
  return impl_->output(parts);
}

void server_session::sent(size_t bytes) {
  impl_->sent(bytes);
}

bool server_session::wants_output() const noexcept {
  return impl_->wants_output();
}

time_point server_session::due() const noexcept {
  return impl_->due();
}

void server_session::expire(time_point now) {
  impl_->expire(now);
}

size_t server_session::open_streams() const noexcept {
  return impl_->told();
}

bool server_session::idle() const noexcept {
  return impl_->streams.size() == 0 && !impl_->wants_output();
}

bool server_session::finished() const noexcept {
  return impl_->finished();
}

bool server_session::in_body() const noexcept {
  return impl_->in_body();
}

const error& server_session::failure() const noexcept {
  return impl_->failure;
}

} // namespace mica::net::http2
