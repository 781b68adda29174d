#include "io/server_connection.hpp"

#include "io/pump.hpp"
#include "sniff/sniff.hpp"

#include "mica/net/init_actor.hpp"

#include <caf/actor_cast.hpp>
#include <caf/io/system_messages.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <exception>
#include <typeinfo>
#include <utility>

namespace mica::net {

namespace {

using caf::io::connection_closed_msg;
using caf::io::connection_handle;
using caf::io::new_data_msg;
using caf::io::receive_policy;

// A fatal alert "protocol_version" (RFC 8446, 6.2): the client fails at once and says
// why instead of waiting for a ServerHello.
constexpr std::string_view tls_alert{"\x15\x03\x01\x00\x02\x02\x46", 7};

http_response handler_failed(const std::string& text) {
  http_response result;
  result.status = 500;
  result.fields.add("Content-Type", "application/json");
  result.body = to_json(error{errc::internal, "the request handler threw: " + text});
  return result;
}

} // namespace

void server_connection::spawn(caf::io::broker& owner, connection_handle handle,
                              std::shared_ptr<listener_core> core) {
  auto scribe = owner.take(handle);
  if (!scribe)
    return;
  caf::actor_config cfg{&owner.backend()};
  auto spawned = owner.system().spawn_class<server_connection, caf::no_spawn_options>(
      cfg, handle, std::move(core));
  of(spawned)->move_scribe(std::move(scribe));
}

server_connection* server_connection::of(const caf::actor& x) noexcept {
  auto* ptr = caf::actor_cast<caf::abstract_actor*>(x);
  return ptr != nullptr && typeid(*ptr) == typeid(server_connection)
             ? static_cast<server_connection*>(ptr)
             : nullptr;
}

server_connection::server_connection(caf::actor_config& cfg, connection_handle handle,
                                     std::shared_ptr<listener_core> core)
  : lane_connection(cfg, core->inbox),
    core_(std::move(core)),
    handle_(handle),
    session_(core_->limits),
    since_(core_->now),
    window_(core_->limits) {
  next = core_->first;
  if (next != nullptr)
    next->previous = this;
  core_->first = this;
  ++core_->stats.open;
}

server_connection::~server_connection() {
  // nop
}

const char* server_connection::name() const {
  return "server-connection";
}

caf::behavior server_connection::make_behavior() {
  init_actor(this);
  self_ = this;
  auto [remote, local] = core_->sockets->addresses(*this, handle_);
  peer_ = {std::move(remote), std::move(local)};
  configure_read(handle_, receive_policy::at_most(window_.size()));
  update_due();
  return {
      [this](new_data_msg& x) { on_data(x.buf); },
      [this](const connection_closed_msg&) { on_closed(); },
      [this](writable_atom, connection_handle) { on_writable(); },
      [this](expired_atom) { on_expired(); },
      [this](drain_atom) { on_drain(); },
      [this](end_atom) { end(); },
      [this](abort_atom) {
        core_->sockets->abort(*this, handle_);
        end();
      },
  };
}

bool server_connection::cleanup(caf::error&& reason, caf::execution_unit* host) {
  if (core_ == nullptr)
    return net_broker::cleanup(std::move(reason), host);
  stage_ = stage::ended;
  abandon();
  (previous != nullptr ? previous->next : core_->first) = next;
  if (next != nullptr)
    next->previous = previous;
  next = previous = nullptr;
  --core_->stats.open;
  if (core_->listener && (core_->paused || core_->draining))
    caf::anon_send(core_->listener, ended_atom::value);
  self_ = nullptr;
  // Whoever still holds our address must not keep the handler.
  core_ = nullptr;
  return net_broker::cleanup(std::move(reason), host);
}

// -- input ----------------------------------------------------------------------

void server_connection::on_data(std::vector<char>& buffer) {
  std::string_view bytes{buffer.data(), buffer.size()};
  switch (stage_) {
    case stage::fresh:
      on_first_bytes(bytes);
      break;
    case stage::serving:
      // A halted socket does not see its peer leave, so one read more is taken, and
      // kept by the session, before reading stops.
      if (!session_.wants_input())
        pause_reading();
      feed(bytes);
      break;
    case stage::lingering:
      dropped_ += bytes.size();
      if (dropped_ > core_->limits.body_bytes)
        end_soon(true);
      return;
    case stage::ended:
      return;
  }
  settle();
  adjust_reading(bytes.size(), buffer);
}

void server_connection::on_first_bytes(std::string_view bytes) {
  if (!held_.empty()) {
    held_ += bytes;
    bytes = held_;
  }
  switch (sniff(bytes)) {
    case wire::undecided:
      if (held_.empty())
        held_ = bytes;
      return update_due();
    case wire::http2:
      // Its preface has no answer that both versions would read.
      ++core_->stats.refused;
      return linger();
    case wire::tls:
      return refuse_tls();
    case wire::http1:
    case wire::unknown:
      // Garbage gets a readable 400 from the session.
      break;
  }
  stage_ = stage::serving;
  feed(bytes);
  std::string{}.swap(held_);
}

void server_connection::refuse_tls() {
  ++core_->stats.refused;
  std::string_view parts[] = {tls_alert};
  core_->sockets->write(*this, handle_, parts);
  linger();
}

void server_connection::feed(std::string_view bytes) {
  session_.receive(bytes);
  // Idle connections are told only now: what begins to arrive is still accepted.
  if (core_->draining)
    session_.drain();
}

void server_connection::serve() {
  http1::numbered_request request;
  bool moved = false;
  while (session_.next(request)) {
    moved = true;
    ask_handler(request);
  }
  if (moved)
    since_ = core_->now;
}

void server_connection::ask_handler(http1::numbered_request& from) {
  ++core_->stats.requests;
  auto sequence = from.sequence;
  std::optional<http_response> response;
  try {
    response =
        core_->handler->on_request(std::move(from.request), {self_, sequence}, peer_);
  } catch (const std::exception& x) {
    response = handler_failed(x.what());
  } catch (...) {
    response = handler_failed("an exception that is no std::exception");
  }
  if (response)
    session_.respond(sequence, std::move(*response));
  else
    open_.push_back({sequence, false});
}

void server_connection::adjust_reading(size_t got, std::vector<char>& buffer) {
  auto before = window_.size();
  if (!window_.update(session_.state() == http1::phase::body, got) || !valid(handle_))
    return;
  // CAF takes this vector back and shrinks its size only, never its capacity.
  if (window_.size() < before)
    std::vector<char>{}.swap(buffer);
  configure_read(handle_, receive_policy::at_most(window_.size()));
}

void server_connection::pause_reading() {
  paused_ = true;
  halt(handle_);
}

// CAF 0.17 loses a trigger that follows a halt within one round of its loop; what is
// posted runs in the next.
void server_connection::resume_reading() {
  if (std::exchange(resuming_, true))
    return;
  backend().post([this, keep_alive = self_] {
    resuming_ = false;
    paused_ = false;
    if (!half_open_ && valid(handle_))
      trigger(handle_);
    settle();
  });
}

// -- output ---------------------------------------------------------------------

void server_connection::apply(uint64_t sequence, stream_command&& what) noexcept {
  auto* answer = std::get_if<respond_command>(&what);
  if (stage_ == stage::ended || answer == nullptr)
    return;
  auto i = std::find_if(open_.begin(), open_.end(), [sequence](const open_request& x) {
    return x.sequence == sequence;
  });
  if (i == open_.end())
    return;
  open_.erase(i);
  try {
    session_.respond(sequence, std::move(answer->response));
  } catch (...) {
    end_soon(true);
  }
}

void server_connection::settle() noexcept {
  if (stage_ != stage::serving)
    return;
  try {
    // An answer may have made room for requests that were received before, and so may
    // each writing.
    for (serve(); !blocked_ && session_.output_size() > 0; serve()) {
      bool progress = false;
      auto result = pump(*core_->sockets, *this, handle_, session_, progress);
      if (progress || result == pump_result::blocked)
        written_ = core_->now;
      if (result == pump_result::blocked)
        blocked_ = core_->sockets->notify_writable(*this, handle_);
      if (result == pump_result::broken
          || (result == pump_result::blocked && !blocked_))
        return end_soon(true);
    }
    if (session_.refused() && !std::exchange(refusal_counted_, true))
      ++core_->stats.refused;
    if (session_.finished())
      return half_open_ ? end_soon(false) : linger();
    if (paused_ && session_.wants_input())
      resume_reading();
    update_due();
  } catch (...) {
    end_soon(true);
  }
}

void server_connection::on_writable() {
  blocked_ = false;
  settle();
}

} // namespace mica::net
