// One accepted socket.

#pragma once

#include "io/lane_connection.hpp"
#include "io/listener_core.hpp"
#include "io/read_window.hpp"
#include "io/server_protocol.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mica::net {

/// Carries the bytes of one socket to and from what is spoken on it. Lives on the I/O
/// lane.
///
/// Ends when the peer has gone, when the protocol is finished, at a deadline, or with
/// its listener.
class server_connection : public lane_connection {
public:
  /// Spawns the connection for `handle`, which `owner` just accepted.
  static void spawn(caf::io::broker& owner, caf::io::connection_handle handle,
                    std::shared_ptr<listener_core> core);

  /// Null if `x` is another kind of actor. Any thread.
  static server_connection* of(const caf::actor& x) noexcept;

  server_connection(caf::actor_config& cfg, caf::io::connection_handle handle,
                    std::shared_ptr<listener_core> core);
  ~server_connection() override;

  const char* name() const override;
  caf::behavior make_behavior() override;
  bool cleanup(caf::error&& reason, caf::execution_unit* host) override;

  void apply(uint64_t sequence, stream_command&& what) noexcept override;

  /// Writes, and draws the conclusions: read policy, deadlines, the end.
  void settle() noexcept override;

  /// When `expired_atom` is due; for the listener's sweep.
  time_point due = listener_core::never;

  /// The core's list.
  server_connection* next = nullptr;
  server_connection* previous = nullptr;

private:
  enum class stage : uint8_t {
    /// No byte has decided on the protocol yet.
    fresh,
    serving,
    /// All is written and our direction closed; waiting for the peer's close.
    lingering,
    ended,
  };

  void on_data(std::vector<char>& buffer);
  void receive(std::string_view bytes);
  void on_first_bytes(std::string_view bytes);
  void begin(wire what);
  void write();
  void on_closed() noexcept;
  void on_writable();
  void on_expired();
  void on_drain();

  void adjust_reading(size_t got, std::vector<char>& buffer);
  void pause_reading();
  void resume_reading();

  void linger();
  void end_soon(bool reset);
  void end();
  void lose() noexcept;
  void update_due();
  time_point patient_until();

  const std::shared_ptr<listener_core>& core() const noexcept {
    return host_.core;
  }

  connection_host host_;
  caf::io::connection_handle handle_;
  /// Null while `fresh` and after `cleanup`.
  std::unique_ptr<server_protocol> protocol_;
  /// First bytes, while they are too few to know the protocol.
  std::string held_;
  /// When it was accepted, or the first byte came.
  time_point since_{};
  /// When output last moved, while some waits.
  time_point written_{};
  read_window window_;
  size_t dropped_ = 0;
  stage stage_ = stage::fresh;
  bool blocked_ = false;
  bool paused_ = false;
  bool resuming_ = false;
  /// The peer closed its direction; ours is still open.
  bool half_open_ = false;
};

} // namespace mica::net
