#define CAF_SUITE listener

#include "net/io/live.hpp"

#include <fstream>
#include <thread>

using namespace mica;
using namespace mica::net;
using namespace mica::test;
using namespace std::chrono_literals;

namespace {

std::string get(const std::string& target, const std::string& more = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + more + "\r\n";
}

std::string body_of(const std::string& response) {
  auto end = response.find("\r\n\r\n");
  return end == std::string::npos ? "(no response)" : response.substr(end + 4);
}

bool contains(const std::string& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}

uint16_t port_of(const std::string& address) {
  auto parsed = parse_host_port(address);
  return parsed ? parsed->port : 0;
}

struct fixture {
  live_system system;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(listener_tests, fixture)

  CAF_TEST(a connection carries many requests) {
    live_listener server{system};
    raw_peer peer{server.bound};
    for (int i = 0; i < 100; ++i) {
      auto target = "/" + std::to_string(i);
      peer.send(get(target));
      CAF_CHECK_EQUAL(body_of(peer.response()), target);
    }
    CAF_CHECK_EQUAL(server.stats().accepted, 1u);
    CAF_CHECK_EQUAL(server.stats().requests, 100u);
  }

  CAF_TEST(a hundred connections are served at once) {
    live_listener server{system};
    std::vector<raw_peer> peers;
    for (int i = 0; i < 100; ++i)
      peers.emplace_back(server.bound);
    for (auto& peer : peers)
      peer.send(get("/later"));
    for (int i = 0; i < 100; ++i) {
      auto from = server.handler->take();
      CAF_REQUIRE(from);
      send_reply(*from, text_response("done"));
    }
    for (auto& peer : peers)
      CAF_CHECK_EQUAL(body_of(peer.response()), "done");
    CAF_CHECK_EQUAL(server.stats().open, 100u);
  }

  CAF_TEST(answers may come from many threads) {
    live_listener server{system};
    raw_peer peer{server.bound};
    constexpr int rounds = 50;
    std::string all;
    for (int i = 0; i < 8; ++i)
      all += get("/later");
    for (int round = 0; round < rounds; ++round) {
      peer.send(all);
      std::vector<std::thread> threads;
      for (int i = 0; i < 8; ++i) {
        auto from = server.handler->take();
        CAF_REQUIRE(from);
        threads.emplace_back([from] {
          send_reply(*from, text_response(std::to_string(from->sequence)));
        });
      }
      for (auto& x : threads)
        x.join();
      for (int i = 0; i < 8; ++i)
        CAF_CHECK_EQUAL(body_of(peer.response()), std::to_string(round * 8 + i));
    }
  }

  CAF_TEST(an address is bound as it was said) {
    for (auto address :
         {":0", "", "[::]:0", "0.0.0.0:0", "127.0.0.1:0", "[::1]:0", "localhost:0"}) {
      live_listener server{system, {}, address};
      auto bound = parse_host_port(server.bound);
      CAF_REQUIRE(bound);
      CAF_CHECK_NOT_EQUAL(bound->port, 0u);
      auto v6_only = std::string_view{address} == "[::1]:0";
      auto host = v6_only ? std::string{"::1"} : std::string{"127.0.0.1"};
      raw_peer peer{to_string(host_port{host, bound->port})};
      CAF_REQUIRE(peer.connected());
      peer.send(get("/peer"));
      auto ends = body_of(peer.response());
      CAF_CHECK(contains(ends, (v6_only ? "[::1]:" : "127.0.0.1:")));
      CAF_CHECK(contains(ends, ":" + std::to_string(bound->port)));
    }
  }

  CAF_TEST(without a host both families reach the port) {
    live_listener server{system, {}, ":0"};
    CAF_CHECK(contains(server.bound, "[::]:"));
    auto port = port_of(server.bound);
    for (auto host : {"127.0.0.1", "::1"}) {
      raw_peer peer{to_string(host_port{host, port})};
      peer.send(get("/a"));
      CAF_CHECK_EQUAL(body_of(peer.response()), "/a");
    }
  }

  CAF_TEST(a range takes its first free port) {
    live_listener first{system};
    auto port = port_of(first.bound);
    auto last = std::min(port + 50, 65535);
    auto range = "127.0.0.1:" + std::to_string(port) + "-" + std::to_string(last);
    live_listener second{system, {}, range};
    CAF_CHECK(port_of(second.bound) > port);
    CAF_CHECK(port_of(second.bound) <= last);
  }

  CAF_TEST(addresses that cannot be bound say why) {
    live_listener holder{system};
    auto why = [&](const std::string& address) {
      listener_options options;
      options.address = address;
      options.handler = holder.handler;
      auto actor = spawn_listener(system.sys, std::move(options));
      auto bound = system.try_ask<std::string>(actor, listen_atom::value);
      caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
      return bound ? "bound " + *bound : bound.error().detail;
    };
    CAF_CHECK_EQUAL(why(holder.bound), "cannot listen on " + holder.bound
                                           + ": Address already in use; choose another "
                                             "address, or port 0");
    CAF_CHECK(contains(why("192.0.2.1:0"), "Cannot assign requested address"));
    CAF_CHECK(contains(why("127.0.0.1:99999"), "the port is no number"));
    CAF_CHECK(contains(why("127.0.0.1"), "the port is missing"));
    CAF_CHECK(contains(why("example.org:80"), "write the host as an IP address"));
    CAF_CHECK(contains(why("127.0.0.1:9-3"), "a range of ports is min-max"));
  }

  CAF_TEST(a port can be bound again at once) {
    std::string bound;
    {
      live_listener server{system};
      bound = server.bound;
      raw_peer peer{bound};
      peer.send(get("/a", "Connection: close\r\n"));
      CAF_CHECK_EQUAL(body_of(peer.rest()), "/a");
      CAF_CHECK(server.drain(5s));
    }
    live_listener again{system, {}, bound};
    CAF_CHECK_EQUAL(again.bound, bound);
  }

  CAF_TEST(at the connection limit peers wait until there is room) {
    http_limits limits;
    limits.connections = 3;
    live_listener server{system, limits};
    std::vector<raw_peer> peers;
    for (int i = 0; i < 6; ++i) {
      peers.emplace_back(server.bound);
      peers.back().send(get("/" + std::to_string(i)));
    }
    for (int i = 0; i < 3; ++i)
      CAF_CHECK_EQUAL(body_of(peers[i].response()), "/" + std::to_string(i));
    CAF_CHECK_EQUAL(server.stats().open, 3u);
    for (int i = 0; i < 3; ++i) {
      peers[i].close();
      CAF_CHECK_EQUAL(body_of(peers[i + 3].response()), "/" + std::to_string(i + 3));
    }
    CAF_CHECK(server.stats().pauses >= 1);
  }

  CAF_TEST(a peer that vanishes is noticed) {
    live_listener server{system};
    for (auto how : {0, 1}) {
      raw_peer peer{server.bound};
      peer.send(get("/later"));
      CAF_REQUIRE(server.handler->take());
      if (how == 0)
        peer.close();
      else
        peer.reset();
      CAF_CHECK(server.handler->await_abandoned(static_cast<size_t>(how) + 1));
    }
    // The one that was reset is gone, the other may still be listening.
    CAF_CHECK(server.await_stats([](const listener_stats& x) { return x.open <= 1; }));
  }

  CAF_TEST(a call of a peer that closed ends when it is answered) {
    live_listener server{system};
    raw_peer peer{server.bound};
    peer.send(get("/later"));
    auto from = server.handler->take();
    CAF_REQUIRE(from);
    peer.close();
    CAF_REQUIRE(server.handler->await_abandoned(1));
    send_reply(*from, text_response("nobody hears"));
    CAF_CHECK(server.await_stats([](const listener_stats& x) { return x.open == 0; }));
  }

  CAF_TEST(a peer that only ends its direction gets its answers) {
    live_listener server{system};
    for (auto target : {"/now", "/big", "/later"}) {
      raw_peer peer{server.bound};
      peer.send(get(target));
      peer.half_close();
      if (std::string_view{target} == "/later") {
        auto from = server.handler->take();
        CAF_REQUIRE(from);
        CAF_REQUIRE(server.handler->await_abandoned(1));
        send_reply(*from, text_response("/later"));
      }
      auto body = body_of(peer.rest());
      if (std::string_view{target} == "/big")
        CAF_CHECK_EQUAL(body.size(), scripted_handler::big);
      else
        CAF_CHECK_EQUAL(body, target);
    }
    CAF_CHECK(server.await_stats([](const listener_stats& x) { return x.open == 0; }));
  }

  CAF_TEST(large answers arrive whole and in order) {
    live_listener server{system};
    raw_peer peer{server.bound};
    peer.send(get("/big") + get("/a") + get("/big") + get("/b"));
    CAF_CHECK_EQUAL(body_of(peer.response()), std::string(scripted_handler::big, 'x'));
    CAF_CHECK_EQUAL(body_of(peer.response()), "/a");
    CAF_CHECK_EQUAL(body_of(peer.response()).size(), scripted_handler::big);
    CAF_CHECK_EQUAL(body_of(peer.response()), "/b");
  }

  CAF_TEST(large bodies are taken) {
    live_listener server{system};
    raw_peer peer{server.bound};
    std::string body(1024 * 1024, 'y');
    for (int i = 0; i < 3; ++i) {
      peer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: "
                + std::to_string(body.size()) + "\r\n\r\n" + body);
      CAF_CHECK_EQUAL(body_of(peer.response()), "/" + body);
    }
  }

  CAF_TEST(a refused upload can read why) {
    http_limits limits;
    limits.body_bytes = 1024 * 1024;
    live_listener server{system, limits};
    raw_peer peer{server.bound};
    std::string body(900 * 1024, 'z');
    peer.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n" + body);
    auto answer = peer.rest();
    CAF_CHECK(contains(answer, "HTTP/1.1 413 "));
  }

  CAF_TEST(peers that never read cost no thread and are reset) {
    http_limits limits;
    limits.write_time = 200ms;
    live_listener server{system, limits};
    raw_peer idle{server.bound};
    raw_peer other{server.bound};
    idle.send(get("/big") + get("/big"));
    CAF_REQUIRE(
        server.await_stats([](const listener_stats& x) { return x.requests >= 1; }));
    for (int i = 0; i < 10; ++i) {
      other.send(get("/a"));
      CAF_CHECK_EQUAL(body_of(other.response()), "/a");
    }
    CAF_CHECK(server.await_stats([](const listener_stats& x) { return x.open == 1; }));
  }

  CAF_TEST(a slow header is answered and closed) {
    http_limits limits;
    limits.header_time = 50ms;
    live_listener server{system, limits};
    raw_peer peer{server.bound};
    peer.send("GET / HTT");
    CAF_CHECK(contains(peer.rest(), "HTTP/1.1 408 "));
  }

  CAF_TEST(a flood of connections that say nothing is closed) {
    http_limits limits;
    limits.idle_time = 100ms;
    limits.linger_time = 100ms;
    live_listener server{system, limits};
    std::vector<raw_peer> peers;
    for (int i = 0; i < 50; ++i)
      peers.emplace_back(server.bound);
    for (auto& peer : peers)
      CAF_CHECK_EQUAL(peer.rest(), "");
    CAF_CHECK(server.await_stats([](const listener_stats& x) { return x.open == 0; }));
  }

  CAF_TEST(draining under load answers every request that was read) {
    live_listener server{system};
    std::atomic<bool> go{true};
    std::atomic<int> answered{0};
    std::atomic<int> cut{0};
    std::vector<std::thread> clients;
    for (int i = 0; i < 4; ++i)
      clients.emplace_back([&] {
        raw_peer peer{server.bound};
        while (go) {
          peer.send(get("/a"));
          auto response = peer.response();
          if (body_of(response) != "/a") {
            // Nothing at all may be read after a close was announced, half an
            // answer never.
            if (!response.empty())
              ++cut;
            return;
          }
          ++answered;
          if (contains(response, "Connection: close"))
            return;
        }
      });
    CAF_REQUIRE(
        server.await_stats([](const listener_stats& x) { return x.requests > 200; }));
    CAF_CHECK(server.drain(5s));
    go = false;
    for (auto& x : clients)
      x.join();
    CAF_CHECK_EQUAL(cut.load(), 0);
    CAF_CHECK_EQUAL(server.stats().requests, static_cast<uint64_t>(answered.load()));
    CAF_CHECK(!raw_peer{server.bound}.connected());
  }

  CAF_TEST(draining ends at its limit) {
    live_listener server{system};
    raw_peer peer{server.bound};
    peer.send(get("/later"));
    CAF_REQUIRE(server.handler->take());
    CAF_CHECK(!server.drain(50ms));
    CAF_CHECK_EQUAL(server.stats().open, 0u);
    CAF_CHECK_EQUAL(peer.rest(), "");
  }

  CAF_TEST(a process with peers that never read can end) {
    auto before = std::chrono::steady_clock::now();
    {
      live_system other;
      auto server = std::make_unique<live_listener>(other);
      raw_peer peer{server->bound};
      peer.send(get("/big") + get("/later"));
      CAF_REQUIRE(
          server->await_stats([](const listener_stats& x) { return x.requests >= 1; }));
      server.reset();
      // The peer outlives the system.
      static std::vector<raw_peer> survivors;
      survivors.push_back(std::move(peer));
    }
    CAF_CHECK(std::chrono::steady_clock::now() - before < 5s);
  }

  CAF_TEST(a listener is started once) {
    live_listener server{system};
    auto again = system.try_ask<std::string>(server.actor, listen_atom::value);
    CAF_REQUIRE(!again);
    CAF_CHECK_EQUAL(again.error().reason, errc::conflict);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
