#include "http1/server_session.hpp"

#include "http1/answer_order.hpp"
#include "http1/message_writer.hpp"
#include "http1/request_reader.hpp"

#include "mica/codecs/error.hpp"

#include <algorithm>
#include <vector>

namespace mica::net::http1 {

struct server_session::impl {
  explicit impl(const http_limits& bounds) : limits(bounds), reader(limits) {
    // nop
  }

  void receive(std::string_view bytes);
  void read(std::string_view& in);
  void accept();
  void refuse(const fault& why);
  void end_input();
  void respond(uint64_t sequence, http_response&& response);
  void write_front(http_response&& response);
  void write_parked();
  void offer_continue();
  void resume();

  bool has_pending() const noexcept {
    return pending_from < pending.size();
  }

  void drop_pending() noexcept {
    pending = std::string{};
    pending_from = 0;
  }

  /// Neither the handlers nor the peer's reading lag behind by more than the limits.
  bool has_room() const noexcept {
    return !upgrading && !held && order.size() < limits.pipelined_requests
           && out.size() < limits.output_bytes;
  }

  http_limits limits;
  request_reader reader;
  answer_order order;
  output_queue out;
  /// Complete requests that nobody took yet, oldest first from `taken` on.
  std::vector<numbered_request> complete;
  size_t taken = 0;
  /// Received while there was no room, unread from `pending_from` on.
  std::string pending;
  size_t pending_from = 0;
  /// Bytes are still read as requests.
  bool reading = true;
  bool draining = false;
  /// The last request may be given to another protocol.
  bool upgrading = false;
  bool at_eof = false;
  /// The owner takes no request until it asks to go on.
  bool held = false;
  bool refused = false;
  /// There was a request: the peer does speak HTTP/1.
  bool greeted = false;
};

void server_session::impl::receive(std::string_view bytes) {
  if (!reading || bytes.empty())
    return;
  if (has_pending()) {
    pending.append(bytes);
    resume();
    return;
  }
  read(bytes);
  if (reading)
    pending.assign(bytes);
}

/// Reads what waited for room.
void server_session::impl::resume() {
  auto in = std::string_view{pending}.substr(pending_from);
  read(in);
  if (!reading || in.empty())
    drop_pending();
  else
    pending_from = pending.size() - in.size();
  if (at_eof && !has_pending())
    end_input();
}

void server_session::impl::read(std::string_view& in) {
  while (reading && has_room() && !in.empty()) {
    // What had not begun to arrive when draining began is not accepted any more.
    if (draining && reader.untouched() && !has_pending()) {
      reading = false;
      return;
    }
    switch (reader.read(in)) {
      case progress::more:
        offer_continue();
        return;
      case progress::done:
        accept();
        break;
      case progress::failed:
        refuse(reader.why());
        return;
    }
  }
}

void server_session::impl::accept() {
  greeted = true;
  auto& request = reader.request();
  response_style style;
  style.to_head = request.method == "HEAD";
  style.close = !reader.persistent();
  style.keep_alive = request.minor_version == 0 && !style.close;
  upgrading =
      !style.close && !draining && order.empty() && out.empty() && reader.offers_h2c();
  auto sequence = order.add(style);
  if (style.close)
    reading = false;
  complete.push_back({sequence, std::move(request), upgrading});
  reader.reset();
  if (draining && !has_pending())
    reading = false;
}

void server_session::impl::refuse(const fault& why) {
  reading = false;
  refused = true;
  drop_pending();
  // A peer of HTTP/2 with a broken preface expects the end alone (RFC 9113, 3.4).
  if (why.foreign && !greeted)
    return;
  error failure{why.status, why.text, "mica.net.http1"};
  http_response response;
  response.status = why.status;
  response.fields.add("Content-Type", "application/json");
  response.body = to_json(failure);
  response_style style;
  style.to_head = reader.method_known() && reader.request().method == "HEAD";
  style.close = true;
  respond(order.add(style), std::move(response));
}

void server_session::impl::end_input() {
  if (!reading)
    return;
  if (!reader.untouched()) {
    fault why;
    http1::refuse(why, 400, "the connection ended within a request: send it whole");
    refuse(why);
  }
  reading = false;
}

/// Says 100 once it is the turn of the request that is being read.
void server_session::impl::offer_continue() {
  if (!reader.awaits_continue() || !order.empty())
    return;
  write_continue(out);
  reader.continue_sent();
}

void server_session::impl::respond(uint64_t sequence, http_response&& response) {
  upgrading = false;
  if (order.is_next(sequence))
    write_front(std::move(response));
  else
    order.park(sequence, std::move(response));
  write_parked();
}

/// What is due now, and what that makes room for.
void server_session::impl::write_parked() {
  http_response next;
  while (order.unpark(next))
    write_front(std::move(next));
  if (reading)
    offer_continue();
  if (reading && has_pending())
    resume();
}

void server_session::impl::write_front(http_response&& response) {
  auto style = order.take_front();
  order.drop_forgone();
  bool last =
      order.empty() && (!reading || (draining && reader.untouched() && !has_pending()));
  style.close = style.close || response.close || last;
  if (style.close) {
    // The peer was told that nothing follows: whatever else is owed is void.
    reading = false;
    style.keep_alive = false;
    order.clear();
    complete.clear();
    taken = 0;
    drop_pending();
  }
  write_response(out, std::move(response), style);
}

server_session::server_session(const http_limits& limits)
  : impl_(std::make_unique<impl>(limits)) {
  // nop
}

server_session::~server_session() = default;
server_session::server_session(server_session&&) noexcept = default;
server_session& server_session::operator=(server_session&&) noexcept = default;

void server_session::receive(std::string_view bytes) {
  impl_->receive(bytes);
}

void server_session::receive_eof() {
  impl_->at_eof = true;
  if (!impl_->has_pending())
    impl_->end_input();
}

void server_session::expire() {
  if (!impl_->reading)
    return;
  if (!impl_->reader.untouched()) {
    fault why;
    http1::refuse(why, 408, "the request did not arrive in time: send it faster");
    impl_->refuse(why);
  }
  impl_->reading = false;
}

bool server_session::next(numbered_request& out) {
  auto& complete = impl_->complete;
  auto& taken = impl_->taken;
  if (taken == complete.size())
    return false;
  out = std::move(complete[taken++]);
  if (taken == complete.size()) {
    complete.clear();
    taken = 0;
  }
  return true;
}

void server_session::respond(uint64_t sequence, http_response&& response) {
  impl_->respond(sequence, std::move(response));
}

void server_session::forgo(uint64_t sequence) {
  auto& x = *impl_;
  x.upgrading = false;
  x.order.forgo(sequence);
  x.order.drop_forgone();
  x.write_parked();
}

void server_session::send(const metadata& fields, std::string_view body) {
  if (impl_->reading || !impl_->order.empty())
    write_message(impl_->out, fields, body);
}

void server_session::hold(bool on) {
  impl_->held = on;
  if (!on && impl_->reading && impl_->has_pending())
    impl_->resume();
}

void server_session::close() {
  auto& x = *impl_;
  x.reading = false;
  x.order.clear();
  x.complete.clear();
  x.taken = 0;
  x.drop_pending();
}

std::string server_session::release() {
  return impl_->pending.substr(std::min(impl_->pending_from, impl_->pending.size()));
}

void server_session::drain() {
  impl_->draining = true;
  if (impl_->reader.untouched() && !impl_->has_pending())
    impl_->reading = false;
}

size_t server_session::output(std::span<std::string_view> parts) const {
  return impl_->out.pieces(parts);
}

void server_session::sent(size_t bytes) {
  impl_->out.consume(bytes);
  if (impl_->reading && impl_->has_pending())
    impl_->resume();
}

size_t server_session::output_size() const noexcept {
  return impl_->out.size();
}

phase server_session::state() const noexcept {
  const auto& x = *impl_;
  if (!x.reading)
    return x.order.empty() ? phase::closing : phase::handling;
  // While the session holds its peer back, no deadline of the peer's runs.
  if (!wants_input())
    return phase::handling;
  if (!x.reader.untouched())
    return x.reader.at() == request_reader::stage::body ? phase::body : phase::header;
  return x.order.empty() ? phase::idle : phase::handling;
}

bool server_session::wants_input() const noexcept {
  const auto& x = *impl_;
  return !x.reading || (x.has_room() && !x.has_pending());
}

bool server_session::finished() const noexcept {
  return !impl_->reading && impl_->order.empty() && impl_->out.empty();
}

size_t server_session::unanswered() const noexcept {
  return impl_->order.size();
}

bool server_session::refused() const noexcept {
  return impl_->refused;
}

} // namespace mica::net::http1
