#define CAF_SUITE port_sharing

#include "net/io/live.hpp"

#include <vector>

using namespace mica;
using namespace mica::net;
using namespace mica::test;
using namespace std::chrono_literals;

namespace {

/// A listener with a system of its own, as each lane has; ends with its scope.
struct sharer {
  explicit sharer(const std::string& address, port_sharing how) {
    listener_options options;
    options.address = address;
    options.sharing = how;
    options.handler = std::make_shared<scripted_handler>();
    actor = spawn_listener(system.sys, std::move(options));
    auto answer = system.try_ask<std::string>(actor, listen_atom::value);
    bound = answer ? *answer : answer.error().detail;
  }

  ~sharer() {
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  }

  uint64_t accepted() {
    return system.ask<listener_stats>(actor, stats_atom::value).accepted;
  }

  live_system system;
  listener_actor actor;
  std::string bound;
};

} // namespace

CAF_TEST(two listeners share a port and both serve) {
  sharer first{"127.0.0.1:0", port_sharing::first};
  sharer second{first.bound, port_sharing::joins};
  CAF_CHECK_EQUAL(second.bound, first.bound);
  constexpr size_t count = 64;
  std::vector<raw_peer> peers;
  for (size_t i = 0; i < count; ++i)
    peers.emplace_back(first.bound);
  for (auto& peer : peers) {
    peer.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
    auto response = peer.response();
    CAF_CHECK_EQUAL(response.substr(response.size() - 2), "/a");
  }
  // That all went to one has the chance of heads 63 times in a row.
  CAF_CHECK(first.accepted() > 0);
  CAF_CHECK(second.accepted() > 0);
  CAF_CHECK_EQUAL(first.accepted() + second.accepted(), count);
}

CAF_TEST(a port of somebody else is not shared) {
  for (auto how : {port_sharing::none, port_sharing::first}) {
    sharer holder{"127.0.0.1:0", how};
    sharer other{holder.bound, port_sharing::first};
    CAF_CHECK_EQUAL(other.bound, "cannot listen on " + holder.bound
                                     + ": Address already in use; choose another "
                                       "address, or port 0");
  }
}

CAF_TEST(a path has one listener) {
  sharer one{"unix:/tmp/mica-never-made", port_sharing::first};
  CAF_CHECK_EQUAL(
      one.bound, "cannot listen on unix:/tmp/mica-never-made on several I/O threads: a "
                 "Unix socket has one listener; leave lanes at 1, or listen on a port");
}
