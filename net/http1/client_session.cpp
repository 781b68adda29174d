#include "http1/client_session.hpp"

#include "http1/message_writer.hpp"
#include "http1/response_reader.hpp"

#include <utility>

namespace mica::net::http1 {

namespace {

error failure(errc reason, std::string text) {
  return {reason, std::move(text), "mica.net.http1"};
}

/// What broke a limit of ours is not the peer's violation of the protocol.
errc reason_of(const fault& why) {
  return why.status == 413 || why.status == 414 || why.status == 431
             ? errc::limit_exceeded
             : errc::protocol_error;
}

} // namespace

struct client_session::impl {
  explicit impl(const http_limits& bounds) : limits(bounds), reader(limits) {
    // nop
  }

  void send(http_request&& request);
  void receive(std::string_view bytes);
  void receive_eof();
  void complete(bool more_follows);
  void fail(errc reason, std::string text);

  http_limits limits;
  response_reader reader;
  output_queue out;
  std::optional<expected<http_response>> outcome;
  bool busy = false;
  bool over = false;
  /// The request in flight lets the connection live on.
  bool reusable = true;
};

void client_session::impl::send(http_request&& request) {
  if (!writable(request)) {
    // Written, a blank or a line end in them would make another request of it.
    outcome = failure(errc::invalid_argument,
                      "the request's method or target holds characters that HTTP "
                      "does not allow there: escape them");
    return;
  }
  reader.begin(request.method == "HEAD");
  reusable = request.minor_version >= 1;
  busy = true;
  write_request(out, std::move(request));
}

void client_session::impl::receive(std::string_view bytes) {
  if (over || bytes.empty())
    return;
  if (!busy) {
    // Nobody asked: a farewell (408), or the rest of an answer that was too long.
    over = true;
    return;
  }
  switch (reader.read(bytes)) {
    case progress::more:
      break;
    case progress::done:
      complete(!bytes.empty());
      break;
    case progress::failed:
      fail(reason_of(reader.why()), "response: " + reader.why().text);
      break;
  }
}

void client_session::impl::complete(bool more_follows) {
  busy = false;
  // An answer may overtake its request, e.g. a 413: the rest of the request has no
  // reader then, and leaving it out would garble the next one.
  over = !reusable || !reader.persistent() || more_follows || !out.empty();
  outcome = std::move(reader.response());
  if (over)
    out.clear();
}

void client_session::impl::fail(errc reason, std::string text) {
  busy = false;
  over = true;
  out.clear();
  outcome = failure(reason, std::move(text));
}

void client_session::impl::receive_eof() {
  if (busy && reader.finish())
    complete(false);
  else if (busy)
    fail(errc::connection_lost, reader.started()
                                    ? "the peer closed within its response"
                                    : "the peer closed before it answered");
  over = true;
}

client_session::client_session(const http_limits& limits)
  : impl_(std::make_unique<impl>(limits)) {
  // nop
}

client_session::~client_session() = default;
client_session::client_session(client_session&&) noexcept = default;
client_session& client_session::operator=(client_session&&) noexcept = default;

void client_session::send(http_request&& request) {
  impl_->send(std::move(request));
}

void client_session::receive(std::string_view bytes) {
  impl_->receive(bytes);
}

void client_session::receive_eof() {
  impl_->receive_eof();
}

std::optional<expected<http_response>> client_session::take() {
  return std::exchange(impl_->outcome, std::nullopt);
}

size_t client_session::output(std::span<std::string_view> parts) const {
  return impl_->out.pieces(parts);
}

void client_session::sent(size_t bytes) {
  impl_->out.consume(bytes);
}

size_t client_session::output_size() const noexcept {
  return impl_->out.size();
}

bool client_session::ready() const noexcept {
  return !impl_->busy && !impl_->over && !impl_->outcome;
}

bool client_session::finished() const noexcept {
  return impl_->over;
}

bool client_session::in_body() const noexcept {
  return impl_->busy && impl_->reader.in_body();
}

} // namespace mica::net::http1
