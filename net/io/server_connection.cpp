#include "io/server_connection.hpp"

#include "io/pump.hpp"
#include "sniff/sniff.hpp"

#include "mica/net/init_actor.hpp"

#include <caf/actor_cast.hpp>
#include <caf/io/system_messages.hpp>
#include <caf/send.hpp>

#include <typeinfo>
#include <utility>

namespace mica::net {

namespace {

using caf::io::connection_closed_msg;
using caf::io::connection_handle;
using caf::io::new_data_msg;
using caf::io::receive_policy;

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
    handle_(handle),
    since_(core->now),
    window_(core->limits) {
  next = core->first;
  if (next != nullptr)
    next->previous = this;
  core->first = this;
  ++core->stats.open;
  host_.core = std::move(core);
}

server_connection::~server_connection() {
  // nop
}

const char* server_connection::name() const {
  return "server-connection";
}

caf::behavior server_connection::make_behavior() {
  init_actor(this);
  host_.self = this;
  auto [remote, local] = core()->sockets->addresses(*this, handle_);
  host_.peer.remote = std::move(remote);
  host_.peer.local = std::move(local);
  configure_read(handle_, receive_policy::at_most(window_.size()));
  update_due();
  return {
      [this](new_data_msg& x) {
        core()->sockets->received(*this, x.handle, x.buf);
        on_data(x.buf);
      },
      [this](received_atom, connection_handle which, std::vector<char>& bytes) {
        if (which == handle_)
          on_data(bytes);
      },
      [this](const connection_closed_msg&) { on_closed(); },
      [this](writable_atom, connection_handle) { on_writable(); },
      [this](expired_atom) { on_expired(); },
      [this](drain_atom) { on_drain(); },
      [this](end_atom) { end(); },
      [this](abort_atom) {
        core()->sockets->abort(*this, handle_);
        end();
      },
  };
}

bool server_connection::cleanup(caf::error&& reason, caf::execution_unit* host) {
  if (core() == nullptr)
    return net_broker::cleanup(std::move(reason), host);
  stage_ = stage::ended;
  lose();
  auto& shared = *core();
  (previous != nullptr ? previous->next : shared.first) = next;
  if (next != nullptr)
    next->previous = previous;
  next = previous = nullptr;
  --shared.stats.open;
  if (shared.listener && (shared.paused || shared.draining))
    caf::anon_send(shared.listener, ended_atom::value);
  host_.self = nullptr;
  // Whoever still holds our address must not keep the handler.
  host_.core = nullptr;
  return net_broker::cleanup(std::move(reason), host);
}

// -- input ----------------------------------------------------------------------

void server_connection::on_data(std::vector<char>& buffer) {
  if (buffer.empty())
    return;
  active_scope scope{*this};
  std::string_view bytes{buffer.data(), buffer.size()};
  switch (stage_) {
    case stage::fresh:
      on_first_bytes(bytes);
      break;
    case stage::serving:
      // A halted socket does not see its peer leave, so one read more is taken, and
      // kept by the session, before reading stops.
      if (!protocol_->wants_input())
        pause_reading();
      receive(bytes);
      break;
    case stage::lingering:
      dropped_ += bytes.size();
      if (dropped_ > core()->limits.body_bytes)
        end_soon(true);
      return;
    case stage::ended:
      return;
  }
  settle();
  adjust_reading(bytes.size(), buffer);
}

void server_connection::receive(std::string_view bytes) {
  if (protocol_->multiplexed()) {
    auto first = bytes.substr(0, first_part(bytes.size()));
    bytes.remove_prefix(first.size());
    protocol_->receive(first);
    if (bytes.empty())
      return;
    settle();
    if (stage_ != stage::serving)
      return;
  }
  protocol_->receive(bytes);
}

void server_connection::on_first_bytes(std::string_view bytes) {
  // A handshake has its time from accept on.
  if (held_.empty() && !core()->tls)
    since_ = core()->now;
  auto all = std::exchange(held_, {});
  if (!all.empty())
    bytes = all += bytes;
  auto what = sniff(bytes);
  if (what == wire::undecided) {
    held_ = bytes;
    return update_due();
  }
  begin(what);
  protocol_->receive(bytes);
}

void server_connection::begin(wire what) {
  stage_ = stage::serving;
  protocol_ = start_protocol(what, host_, since_);
}

void server_connection::adjust_reading(size_t got, std::vector<char>& buffer) {
  if (protocol_ == nullptr)
    return;
  auto before = window_.size();
  if (!window_.update(protocol_->wants_large_reads(got, before), got)
      || !valid(handle_))
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
  backend().post([this, keep_alive = host_.self] {
    resuming_ = false;
    paused_ = false;
    if (!half_open_ && valid(handle_))
      trigger(handle_);
    settle();
  });
}

// -- output ---------------------------------------------------------------------

void server_connection::apply(uint64_t sequence, stream_command&& what) noexcept {
  if (stage_ != stage::serving)
    return;
  try {
    protocol_->apply(sequence, std::move(what));
  } catch (...) {
    end_soon(true);
  }
}

void server_connection::settle() noexcept {
  if (stage_ != stage::serving)
    return;
  active_scope scope{*this};
  try {
    write();
    if (stage_ != stage::serving)
      return;
    update_due();
    if (protocol_->finished())
      return half_open_ ? end_soon(false) : linger();
    if (paused_ && protocol_->wants_input())
      resume_reading();
  } catch (...) {
    end_soon(true);
  }
}

// An answer may have made room for requests that were received before, and so may
// each writing.
void server_connection::write() {
  for (;;) {
    protocol_->serve();
    if (host_.successor)
      protocol_ = std::move(host_.successor);
    if (blocked_ || !protocol_->wants_output())
      return;
    bool progress = false;
    auto result = pump(*core()->sockets, *this, handle_, *protocol_, progress);
    if (progress || result == pump_result::blocked)
      written_ = core()->now;
    if (result == pump_result::blocked)
      blocked_ = core()->sockets->notify_writable(*this, handle_);
    if (result == pump_result::broken || (result == pump_result::blocked && !blocked_))
      return end_soon(true);
    if (!progress)
      return;
  }
}

void server_connection::on_writable() {
  blocked_ = false;
  settle();
}

} // namespace mica::net
