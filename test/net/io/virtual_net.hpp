// Brokers of mica on CAF's virtual network: nothing happens unless the test says so.

#pragma once

#include "mica/net/listener.hpp"
#include "mica/net/pool.hpp"
#include "mica/net/socket_layer.hpp"

#include <caf/io/broker.hpp>

#include <caf/test/io_dsl.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace mica::test {

using caf::io::accept_handle;
using caf::io::connection_handle;

/// What the virtual network does when mica asks it for something.
class virtual_sockets : public net::socket_layer {
public:
  explicit virtual_sockets(caf::io::network::test_multiplexer& mpx) : mpx_(mpx) {
    // nop
  }

  /// How a connection behaves; by default, everything works at once.
  struct behaviour {
    bool stalled = false;
    bool broken = false;
    bool connecting = false;
    std::string refused;
    bool half_open = false;
    bool quiet = true;
    bool left = false;
  };

  std::map<int64_t, behaviour> peers;
  /// Addresses that can't even be tried.
  std::map<std::string, std::string> unreachable;
  std::vector<std::string> dialled;
  std::vector<int64_t> aborted;
  std::vector<int64_t> half_closed;
  bool full = false;
  /// Calls of `write`.
  size_t writes = 0;
  /// Handles that `connect` and `keep_writing` give out.
  int64_t next_handle = 1000;
  /// Kind of the next connections that are dialled.
  behaviour next_peer;

  static constexpr int64_t acceptor = 1;

  bool was_aborted(int64_t id) const {
    return std::count(aborted.begin(), aborted.end(), id) > 0;
  }

  bool was_half_closed(int64_t id) const {
    return std::count(half_closed.begin(), half_closed.end(), id) > 0;
  }

  /// Fires what `notify_writable` asked for.
  void make_writable(int64_t id) {
    for (auto& [owner, handle] : std::exchange(watches_, {}))
      if (handle.id() == id)
        caf::anon_send(owner, net::writable_atom::value, handle);
      else
        watches_.emplace_back(owner, handle);
  }

  void drop_watches() {
    watches_.clear();
  }

  expected<std::pair<accept_handle, std::string>> listen(caf::io::broker& owner,
                                                         std::string_view) override {
    mpx_.provide_acceptor(80, accept_handle::from_int(acceptor));
    auto added = owner.add_tcp_doorman(80);
    if (!added)
      return error{errc::unavailable, "no virtual port"};
    return std::make_pair(added->first, std::string{"virtual:80"});
  }

  expected<connection_handle> connect(caf::io::broker& owner,
                                      std::string_view address) override {
    dialled.emplace_back(address);
    auto found = unreachable.find(dialled.back());
    if (found != unreachable.end())
      return error{errc::connection_failed, found->second};
    auto handle = add_scribe(owner);
    peers[handle.id()] = next_peer;
    return handle;
  }

  expected<bool> connected(caf::io::broker&, connection_handle which) override {
    auto& peer = peers[which.id()];
    if (!peer.refused.empty())
      return error{errc::connection_failed, peer.refused};
    return !peer.connecting;
  }

  bool room() override {
    return !full;
  }

  std::ptrdiff_t write(caf::io::broker&, connection_handle to,
                       std::span<const std::string_view> parts) override {
    ++writes;
    const auto& peer = peers[to.id()];
    if (peer.broken)
      return -1;
    if (peer.stalled)
      return 0;
    auto& out = mpx_.output_buffer(to);
    size_t taken = 0;
    for (auto part : parts) {
      out.insert(out.end(), part.begin(), part.end());
      taken += part.size();
    }
    return static_cast<std::ptrdiff_t>(taken);
  }

  bool notify_writable(caf::io::broker& owner, connection_handle which) override {
    const auto& peer = peers[which.id()];
    watches_.emplace_back(caf::actor{&owner}, which);
    if (!peer.stalled && !peer.connecting)
      make_writable(which.id());
    return true;
  }

  void abort(caf::io::broker& owner, connection_handle which) override {
    if (!owner.valid(which))
      return;
    aborted.push_back(which.id());
    owner.close(which);
  }

  void half_close(caf::io::broker&, connection_handle which) override {
    half_closed.push_back(which.id());
  }

  std::optional<connection_handle> keep_writing(caf::io::broker& owner,
                                                connection_handle which) override {
    if (!peers[which.id()].half_open)
      return std::nullopt;
    return add_scribe(owner);
  }

  bool quiet(caf::io::broker&, connection_handle which) override {
    return peers[which.id()].quiet;
  }

  bool peer_left(caf::io::broker&, connection_handle which) override {
    return peers[which.id()].left;
  }

  std::pair<std::string, std::string> addresses(caf::io::broker&,
                                                connection_handle which) override {
    return {"peer:" + std::to_string(which.id()), "virtual:80"};
  }

private:
  connection_handle add_scribe(caf::io::broker& owner) {
    auto handle = connection_handle::from_int(++next_handle);
    mpx_.provide_scribe("virtual", static_cast<uint16_t>(next_handle), handle);
    auto added = owner.add_tcp_scribe("virtual", static_cast<uint16_t>(next_handle));
    if (!added)
      CAF_FAIL("no virtual scribe");
    return *added;
  }

  caf::io::network::test_multiplexer& mpx_;
  std::vector<std::pair<caf::actor, connection_handle>> watches_;
};

/// A node with virtual sockets.
struct virtual_fixture : test_node_fixture<> {
  virtual_fixture() : sockets(std::make_shared<virtual_sockets>(mpx)) {
    // nop
  }

  /// Delivers what is on its way. Time stands still.
  void settle() {
    while (sched.try_run_once() || mpx.try_exec_runnable())
      ; // repeat
  }

  void advance(caf::timespan by) {
    sched.clock().advance_time(by);
    settle();
  }

  /// Bytes from the peer arrive.
  void receive(int64_t id, std::string_view bytes) {
    auto handle = connection_handle::from_int(id);
    auto& wire = mpx.virtual_network_buffer(handle);
    wire.insert(wire.end(), bytes.begin(), bytes.end());
    do
      settle();
    while (mpx.try_read_data(handle));
    settle();
  }

  /// The peer closes, or at least its direction.
  void peer_closes(int64_t id) {
    if (auto scribe = mpx.impl_ptr(connection_handle::from_int(id)))
      scribe->io_failure(&mpx, caf::io::network::operation::read);
    settle();
  }

  /// What was written to the peer since the last look.
  std::string sent(int64_t id) {
    settle();
    auto& out = mpx.output_buffer(connection_handle::from_int(id));
    std::string result{out.begin(), out.end()};
    out.clear();
    return result;
  }

  /// True if mica still holds its end.
  bool open(int64_t id) {
    settle();
    auto scribe = mpx.impl_ptr(connection_handle::from_int(id));
    return scribe && !scribe->detached();
  }

  bool reading(int64_t id) {
    settle();
    return !mpx.passive_mode(connection_handle::from_int(id));
  }

  std::shared_ptr<virtual_sockets> sockets;
};

} // namespace mica::test
