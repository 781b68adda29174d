// One socket towards a server.

#pragma once

#include "http1/client_session.hpp"
#include "io/exchange.hpp"
#include "io/read_window.hpp"

#include "mica/net/lane.hpp"
#include "mica/net/limits.hpp"
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

  /// The connection can carry another exchange. It may be given one right here.
  virtual void on_idle(client_connection& which) = 0;

  /// The connection is gone; the reference dies after the call.
  virtual void on_ended(client_connection& which) = 0;
};

/// Dials, then carries one exchange after the other. Lives on the I/O lane, where
/// its owner calls it directly: a message for each step would cost more than the step.
class client_connection : public net_broker {
public:
  struct setup {
    std::shared_ptr<connection_owner> owner;
    std::shared_ptr<socket_layer> sockets;
    http_limits limits;
    /// As the caller said it; for texts.
    std::string name;
    /// Numeric `host:port`, tried in order. Never empty.
    std::vector<std::string> addresses;
  };

  static client_connection& spawn(caf::actor_system& system, setup what);

  client_connection(caf::actor_config& cfg, setup what);
  ~client_connection() override;

  const char* name() const override;
  caf::behavior make_behavior() override;
  bool cleanup(caf::error&& reason, caf::execution_unit* host) override;

  /// Dials and sends. @pre new
  /// @param until when dialling must have succeeded.
  void dial(exchange&& what, time_point now, time_point until);

  /// Sends over a connection that stood idle. @pre idle
  void start(exchange&& what);

  /// True if it stands idle and the peer did not end it meanwhile.
  /// @param trusted do not ask the socket: it was in use a moment ago.
  bool usable(bool trusted);

  /// Something is due: gives up an attempt to connect, or the exchange, or itself.
  void expire(time_point now);

  /// Fails what is under way and ends.
  void shut_down(error why);

  /// When to call `expire`.
  time_point due = time_point::max();

  /// When it was dialled.
  time_point made{};

  /// When it became idle.
  time_point idle_since{};

  /// For the owner's books.
  void* place = nullptr;
  client_connection* next = nullptr;
  client_connection* previous = nullptr;

private:
  enum class stage : uint8_t { fresh, dialling, busy, idle, ended };

  void try_next(time_point now);
  void give_up_attempt(const std::string& why);
  void fail_dial();
  void on_writable(caf::io::connection_handle which);
  void on_data(std::vector<char>& buffer);
  void on_closed() noexcept;
  void write();
  void settle();
  void finish(expected<http_response> outcome);
  void fail(error why);
  void end_soon(bool reset);

  setup setup_;
  /// Ourselves until `cleanup`: between dialling and a socket nobody else holds us.
  caf::actor self_;
  http1::client_session session_;
  caf::io::connection_handle handle_;
  std::optional<exchange> current_;
  read_window window_;
  size_t next_address_ = 0;
  time_point dial_until_{};
  std::string attempts_;
  stage stage_ = stage::fresh;
  /// A byte of the current request has left.
  bool sent_ = false;
  /// No use in writing: the peer takes none now, or never will.
  bool blocked_ = false;
};

} // namespace mica::net
