// One socket towards a server.

#pragma once

#include "io/client_protocol.hpp"
#include "io/lane_connection.hpp"
#include "io/read_window.hpp"
#include "tls/session.hpp"

#include "mica/net/pool.hpp"
#include "mica/net/socket_layer.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mica::net {

class client_connection;

/// Who hands out connections. Lives on the I/O lane; outlives its connections.
class connection_owner {
public:
  virtual ~connection_owner();

  /// The connection can carry another call, or can't carry any more. It may be given
  /// some right here.
  virtual void on_ready(client_connection& which) = 0;

  /// Nothing became of the connection; `on_ended` follows.
  virtual void on_failed(client_connection& which, const error& why) = 0;

  /// The connection is gone; the reference dies after the call.
  virtual void on_ended(client_connection& which) = 0;

  /// The connection has something to do at `when`.
  virtual void on_due(time_point when) = 0;
};

/// Dials, then carries calls. Lives on the I/O lane, where its owner calls it
/// directly: a message for each step would cost more than the step.
class client_connection : public lane_connection, private client_host {
public:
  struct setup {
    std::shared_ptr<connection_owner> owner;
    std::shared_ptr<lane_inbox> inbox;
    /// Of the owner.
    const pool_options* options;
    call_book* book;
    target to;
    /// For a stream of HTTP/1.1, not for exchanges.
    bool streams;
    /// Of a secure target: has not begun yet.
    std::optional<tls::session> security;
    /// Numeric `host:port` or `unix:/path`, tried in order. Never empty.
    std::vector<std::string> addresses;
  };

  static client_connection& spawn(caf::actor_system& system, setup what);

  client_connection(caf::actor_config& cfg, setup what);
  ~client_connection() override;

  const char* name() const override;
  caf::behavior make_behavior() override;
  bool cleanup(caf::error&& reason, caf::execution_unit* host) override;

  // -- calls ----------------------------------------------------------------------

  /// Takes a call out of `from` that begins when the connection is made, and shares
  /// its fate. @pre new
  void reserve(call_list& from, call_ref what);

  /// @param until when it must be ready for calls.
  void dial(time_point now, time_point until);

  /// Calls that can begin now. One that stood idle may be on its way out: it has none
  /// then until it was read.
  size_t capacity(time_point now);

  /// Begins a call out of `from`. What begins within one round of the lane leaves in
  /// one write. @pre `capacity() > 0`
  void start(call_list& from, call_ref what);

  /// Ends a call of this connection: the peer is told, its caller hears nothing.
  void cancel(call_ref what);

  /// As `cancel`, but its caller is told that its deadline has passed.
  void time_out(call_ref what);

  /// Appends the numbers of calls whose deadline has come, lowers `next` to the
  /// earliest of the others.
  void find_expired(time_point now, std::vector<uint64_t>& expired,
                    time_point& next) const;

  void apply(uint64_t stream, stream_command&& what) noexcept override;
  void settle() noexcept override;

  // -- the end --------------------------------------------------------------------

  /// What is due is done: gives up an attempt to connect, or the whole connection.
  void expire(time_point now);

  /// Ends when its last call has.
  void drain();

  /// Fails what is under way and ends.
  void shut_down(const error& why);

  // -- state ----------------------------------------------------------------------

  /// No call can begin on it any more.
  bool closing() const noexcept;

  bool dialling() const noexcept {
    return stage_ == stage::dialling || stage_ == stage::greeting;
  }

  /// At least one call began on it.
  bool was_used() const noexcept {
    return used_;
  }

  /// Its room for calls is known: nothing waits to be read that may be a farewell.
  bool known() const noexcept {
    return stage_ == stage::open && !unread_;
  }

  /// When to call `expire`.
  time_point due = time_point::max();

  /// When it was dialled.
  time_point made{};

  /// For the owner's books.
  destination* place = nullptr;
  client_connection* next = nullptr;
  client_connection* previous = nullptr;

private:
  enum class stage : uint8_t { fresh, dialling, greeting, open, ended };

  void on_open() override;
  void on_refused(const std::string& why, errc kind = errc::connection_failed) override;
  void on_lost(const error& why) override;
  void on_exchange_over(bool broken) override;
  stream_sender sender(int32_t stream) override;

  void choose_protocol();
  void try_next(time_point now);
  void give_up_attempt(const std::string& why);
  void on_connected();
  void on_writable(caf::io::connection_handle which);
  void on_data(std::vector<char>& buffer);
  void receive(std::string_view bytes, time_point now);
  void on_closed() noexcept;
  void adjust_reading(size_t got, std::vector<char>& buffer);
  void resume_reading();
  void flush();
  void settle_later();
  void update_due();
  void note_idle();
  time_point idle_until() const;
  bool give_up(call_ref what);
  void fail_all(const error& why);
  void end_soon(bool reset);
  void close_socket();

  /// Carries many calls at a time.
  bool shared() const noexcept {
    return setup_.to.version == http_version::http2;
  }

  socket_layer& sockets() {
    return *setup_.options->sockets;
  }

  setup setup_;
  /// Ourselves until `cleanup`: between dialling and a socket nobody else holds us.
  caf::actor self_;
  std::unique_ptr<client_protocol> protocol_;
  caf::io::connection_handle handle_;
  read_window window_;
  size_t next_address_ = 0;
  time_point dial_until_{};
  std::string attempts_;
  /// When its last call ended, or when something was last read.
  time_point idle_since_{};
  time_point blocked_since_{};
  stage stage_ = stage::fresh;
  /// No use in writing: the peer takes none now, or never will.
  bool blocked_ = false;
  /// Something waits to be read that may be the peer's farewell.
  bool unread_ = false;
  bool settling_ = false;
  /// Reading is halted until the protocol has room again.
  bool paused_ = false;
  bool resuming_ = false;
  /// Reading begins in this round of the lane.
  bool registering_ = false;
  bool resetting_ = false;
  bool used_ = false;
};

} // namespace mica::net
