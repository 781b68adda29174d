#include "io/client_connection.hpp"

#include "io/client_http1.hpp"
#include "io/client_http2.hpp"
#include "io/client_messages.hpp"
#include "io/client_tls.hpp"
#include "io/lane_atoms.hpp"

#include "mica/net/init_actor.hpp"

#include <caf/actor_cast.hpp>
#include <caf/io/middleman.hpp>
#include <caf/io/system_messages.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace mica::net {

namespace {

using caf::io::connection_closed_msg;
using caf::io::connection_handle;
using caf::io::new_data_msg;
using caf::io::receive_policy;

// One dead address of several must not use up all the time to dial.
constexpr auto least_attempt = std::chrono::seconds{2};

// A connection that stood idle for less is not asked whether its peer left.
constexpr auto trusted_idle_time = std::chrono::milliseconds{20};

} // namespace

connection_owner::~connection_owner() {
  // nop
}

client_host::~client_host() {
  // nop
}

client_protocol::~client_protocol() {
  // nop
}

client_connection& client_connection::spawn(caf::actor_system& system, setup what) {
  caf::actor_config cfg{&system.middleman().backend()};
  auto spawned = system.spawn_class<client_connection, caf::no_spawn_options>(
      cfg, std::move(what));
  auto& result =
      *static_cast<client_connection*>(caf::actor_cast<caf::abstract_actor*>(spawned));
  result.self_ = std::move(spawned);
  return result;
}

client_connection::client_connection(caf::actor_config& cfg, setup what)
  : lane_connection(cfg, what.inbox),
    client_host(*what.book, what.to.address),
    setup_(std::move(what)),
    window_(setup_.options->http) {
  // nop
}

client_connection::~client_connection() {
  // nop
}

const char* client_connection::name() const {
  return "client-connection";
}

caf::behavior client_connection::make_behavior() {
  init_actor(this);
  return {
      [this](new_data_msg& x) {
        sockets().received(*this, x.handle, x.buf);
        on_data(x.buf);
      },
      [this](received_atom, connection_handle which, std::vector<char>& bytes) {
        if (which == handle_)
          on_data(bytes);
      },
      [this](const connection_closed_msg&) { on_closed(); },
      [this](writable_atom, connection_handle which) { on_writable(which); },
      [this](end_atom) {
        close(handle_);
        quit();
      },
  };
}

bool client_connection::cleanup(caf::error&& reason, caf::execution_unit* host) {
  stage_ = stage::ended;
  fail_all({errc::unavailable, "the connection to " + peer_name + " was shut down"});
  if (setup_.owner)
    std::exchange(setup_.owner, nullptr)->on_ended(*this);
  self_ = nullptr;
  return net_broker::cleanup(std::move(reason), host);
}

// -- dialling -------------------------------------------------------------------

void client_connection::reserve(call_list& from, call_ref what) {
  what->carrier = this;
  calls.splice(calls.end(), from, what);
}

void client_connection::dial(time_point now, time_point until) {
  made = now;
  dial_until_ = until;
  for (const auto& x : calls)
    dial_until_ = std::min(dial_until_, x.deadline);
  choose_protocol();
  stage_ = stage::dialling;
  try_next(now);
}

void client_connection::choose_protocol() {
  client_host& host = *this;
  const auto& options = *setup_.options;
  const auto& to = setup_.to;
  if (shared())
    protocol_ =
        std::make_unique<client_http2>(host, options.http, options.http2, to.secure);
  else if (setup_.streams)
    protocol_ = std::make_unique<client_messages>(host, options.http, options.http2);
  else
    protocol_ = std::make_unique<client_http1>(host, options.http);
  if (!setup_.security)
    return;
  protocol_ = std::make_unique<client_tls>(host, std::move(*setup_.security),
                                           to.version, std::move(protocol_));
  setup_.security.reset();
}

void client_connection::try_next(time_point now) {
  while (next_address_ < setup_.addresses.size() && now < dial_until_) {
    auto left = setup_.addresses.size() - next_address_;
    auto handle = sockets().connect(*this, setup_.addresses[next_address_]);
    if (!handle) {
      give_up_attempt(handle.error().detail);
      continue;
    }
    handle_ = *handle;
    auto rest = dial_until_ - now;
    auto share = std::max<time_point::duration>(rest / left, least_attempt);
    due = now + std::min(rest, share);
    setup_.owner->on_due(due);
    if (sockets().notify_writable(*this, handle_))
      return;
    sockets().abort(*this, handle_);
    give_up_attempt("too many open files");
  }
  on_refused(attempts_);
}

void client_connection::give_up_attempt(const std::string& why) {
  const auto& address = setup_.addresses[next_address_++];
  if (!attempts_.empty())
    attempts_ += ", ";
  if (address != peer_name)
    attempts_ += address + ": ";
  attempts_ += why;
}

void client_connection::on_refused(const std::string& why, errc kind) {
  const error reason{kind, "no connection to " + peer_name + ": " + why};
  // TLS and HTTP/2 say why to the peer.
  if (stage_ == stage::greeting)
    flush();
  end_soon(stage_ != stage::greeting);
  fail_all(reason);
  setup_.owner->on_failed(*this, reason);
}

void client_connection::on_writable(connection_handle which) {
  if (which != handle_ || stage_ == stage::ended)
    return;
  if (stage_ == stage::dialling) {
    auto state = sockets().connected(*this, handle_);
    if (!state) {
      close(handle_);
      give_up_attempt(state.error().detail);
      return try_next(clock().now());
    }
    if (!*state) {
      // Meant for an earlier socket with the same number.
      sockets().notify_writable(*this, handle_);
      return;
    }
    return on_connected();
  }
  blocked_ = false;
  settle();
}

// CAF 0.17 leaks a socket that is closed in the very round in which its reading began;
// what is posted runs in the next.
void client_connection::on_connected() {
  configure_read(handle_, receive_policy::at_most(window_.size()));
  stage_ = stage::greeting;
  if (setup_.to.secure)
    dial_until_ =
        std::min(dial_until_, clock().now() + setup_.options->tls.handshake_time);
  registering_ = true;
  backend().post([this, keep_alive = self_] {
    registering_ = false;
    if (stage_ == stage::ended)
      return close_socket();
    {
      active_scope scope{*this};
      protocol_->start();
    }
    settle();
  });
}

void client_connection::on_open() {
  stage_ = stage::open;
  note_idle();
  for (auto i = calls.begin(); i != calls.end();)
    protocol_->begin(i++);
  if (stage_ == stage::open && calls.empty())
    setup_.owner->on_ready(*this);
}

// -- calls ----------------------------------------------------------------------

size_t client_connection::capacity(time_point now) {
  if (stage_ != stage::open || unread_)
    return 0;
  auto result = protocol_->capacity();
  if (result == 0 || !calls.empty() || now - idle_since_ < trusted_idle_time)
    return result;
  unread_ = !valid(handle_) || !sockets().quiet(*this, handle_);
  return unread_ ? 0 : result;
}

void client_connection::start(call_list& from, call_ref what) {
  used_ = true;
  reserve(from, what);
  auto settled_later = active();
  {
    active_scope scope{*this};
    protocol_->begin(what);
  }
  if (!settled_later)
    settle_later();
}

void client_connection::cancel(call_ref what) {
  auto alone = !give_up(what);
  book.drop(calls, what);
  if (alone)
    end_soon(true);
}

void client_connection::time_out(call_ref what) {
  error why{errc::timeout, (dialling() ? "no connection to " : "no response from ")
                               + peer_name + " when the call's deadline passed"};
  if (!give_up(what))
    end_soon(true);
  book.finish(calls, what, std::move(why));
}

// Settles later because further calls may end in the same round.
bool client_connection::give_up(call_ref what) {
  if (stage_ != stage::open || !protocol_->give_up(what))
    return false;
  note_idle();
  if (!active())
    settle_later();
  return true;
}

void client_connection::find_expired(time_point now, std::vector<uint64_t>& expired,
                                     time_point& earliest) const {
  for (const auto& x : calls)
    if (x.deadline <= now)
      expired.push_back(x.number);
    else
      earliest = std::min(earliest, x.deadline);
}

void client_connection::apply(uint64_t stream, stream_command&& what) noexcept {
  if (stage_ != stage::open)
    return;
  try {
    active_scope scope{*this};
    protocol_->apply(stream, std::move(what));
  } catch (...) {
    end_soon(true);
  }
}

stream_sender client_connection::sender(int32_t stream) {
  return {self_, static_cast<uint64_t>(stream)};
}

void client_connection::on_exchange_over(bool broken) {
  note_idle();
  if (broken || protocol_->finished() || !valid(handle_))
    end_soon(broken);
  else
    setup_.owner->on_ready(*this);
}

void client_connection::on_lost(const error& why) {
  // A server of TLS 1.3 refuses a client's certificate when the handshake is over for
  // the client.
  if (stage_ == stage::greeting)
    return on_refused(why.detail, why.reason == errc::unauthenticated
                                      ? why.reason
                                      : errc::connection_failed);
  shut_down(why);
}

void client_connection::note_idle() {
  idle_since_ = clock().now();
}

} // namespace mica::net
