// A one-shot "this socket takes bytes again" for CAF 0.17's multiplexer.

#pragma once

#include <caf/actor.hpp>
#include <caf/io/connection_handle.hpp>
#include <caf/io/network/default_multiplexer.hpp>
#include <caf/io/network/event_handler.hpp>

namespace mica::net {

/// Waits beside a scribe for its socket to become writable, on a duplicate of the
/// descriptor. Owns itself: it ends with its one message to the owner. Whoever ends
/// the connection before must shut the socket down, which is such an event too.
///
/// CAF only tells that bytes which it was given are gone. That needs bytes in CAF's
/// buffers, and it hides the reason why a connection attempt failed.
class writable_watch : public caf::io::network::event_handler {
public:
  /// Returns false if the system refuses another descriptor.
  static bool start(caf::io::network::default_multiplexer& lane, int fd,
                    caf::actor owner, caf::io::connection_handle which);

  void handle_event(caf::io::network::operation op) override;

  void removed_from_loop(caf::io::network::operation op) override;

  void graceful_shutdown() override;

private:
  writable_watch(caf::io::network::default_multiplexer& lane, int fd, caf::actor owner,
                 caf::io::connection_handle which);

  caf::actor owner_;
  caf::io::connection_handle which_;
};

} // namespace mica::net
