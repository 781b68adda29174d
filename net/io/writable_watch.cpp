#include "io/writable_watch.hpp"

#include "mica/net/socket_layer.hpp"

#include <caf/send.hpp>

#include <utility>

#include <fcntl.h>

namespace mica::net {

using caf::io::network::operation;

bool writable_watch::start(caf::io::network::default_multiplexer& lane, int fd,
                           caf::actor owner, caf::io::connection_handle which) {
  auto copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (copy < 0)
    return false;
  auto* watch = new writable_watch(lane, copy, std::move(owner), which);
  lane.add(operation::write, copy, watch);
  return true;
}

writable_watch::writable_watch(caf::io::network::default_multiplexer& lane, int fd,
                               caf::actor owner, caf::io::connection_handle which)
  : event_handler(lane, fd),
    owner_(std::move(owner)),
    which_(which) {
  // nop
}

void writable_watch::handle_event(operation) {
  if (!owner_)
    return;
  caf::anon_send(std::exchange(owner_, nullptr), writable_atom::value, which_);
  backend().del(operation::write, fd(), this);
}

void writable_watch::removed_from_loop(operation op) {
  // The multiplexer forgets its pointer to us before it calls.
  if (op == operation::write)
    delete this;
}

void writable_watch::graceful_shutdown() {
  // nop
}

} // namespace mica::net
