#define CAF_SUITE tls_server

#include "net/io/http2_peer.hpp"
#include "net/io/server_fixture.hpp"
#include "net/tls/tls_fixture.hpp"

#include "mica/net/caf_error.hpp"

using namespace mica;
using namespace mica::net;
using namespace mica::test;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view http1_only[] = {"http/1.1"};

// `tls_fixture` has contexts of its own name.
struct certificates : tls_fixture {};

struct fixture : server_fixture {
  fixture() {
    tls = files.server;
    tls.handshake_time = 8s;
    auto made = tls::client_context::make(files.client);
    CAF_REQUIRE(made);
    clients = *made;
  }

  session dial(int64_t id, std::span<const std::string_view> alpn = http1_only) {
    connect(id);
    auto result = clients->connect("localhost", alpn);
    talk(id, result);
    return result;
  }

  /// Carries records both ways until neither side has any.
  void talk(int64_t id, session& client) {
    for (;;) {
      std::string out;
      std::string_view parts[8];
      while (auto n = client.output(parts)) {
        size_t size = 0;
        for (size_t i = 0; i < n; ++i) {
          out += parts[i];
          size += parts[i].size();
        }
        client.sent(size);
      }
      if (!out.empty())
        receive(id, out);
      auto in = sent(id);
      if (in.empty() && out.empty())
        return;
      client.receive(in);
      plain += read_all(client);
    }
  }

  std::string ask(int64_t id, session& client, const std::string& request) {
    CAF_CHECK_EQUAL(client.write(request), request.size());
    talk(id, client);
    return std::exchange(plain, {});
  }

  certificates files;
  std::shared_ptr<net::tls::client_context> clients;
  std::string plain;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(tls_server_tests, fixture)

  CAF_TEST(requests within TLS are answered within TLS) {
    start();
    auto client = dial(c1);
    CAF_CHECK(client.current() == session::state::open);
    CAF_CHECK_EQUAL(client.protocol(), "http/1.1");
    CAF_CHECK_EQUAL(ask(c1, client, get("/a")), ok("/a"));
    CAF_CHECK_EQUAL(ask(c1, client, get("/b") + get("/c")), ok("/b") + ok("/c"));
    CAF_CHECK_EQUAL(stats().requests, 3u);
  }

  CAF_TEST(a client without ALPN speaks HTTP1) {
    start();
    auto client = dial(c1, {});
    CAF_CHECK_EQUAL(ask(c1, client, get("/a")), ok("/a"));
  }

  CAF_TEST(ALPN chooses HTTP2 where both speak it) {
    start();
    auto client = dial(c1, both_protocols);
    CAF_CHECK_EQUAL(client.protocol(), "h2");
    http2_peer peer;
    // The server's SETTINGS came with its end of the handshake.
    CAF_CHECK(!plain.empty());
    peer.receive(std::exchange(plain, {}));
    auto ask_peer = [&](const std::string& target) {
      auto stream = peer.ask(target);
      peer.receive(ask(c1, client, peer.output()));
      return stream;
    };
    auto first = ask_peer("/a");
    CAF_CHECK_EQUAL(peer.body(first), "/a");
    CAF_CHECK_EQUAL(peer.body(ask_peer("/names")), "secure");
    auto stream = peer.open("/stream/echo");
    peer.session.data(stream, std::string(100'000, 'x'));
    peer.session.end(stream);
    for (int i = 0; i < 20 && !peer.of[stream].ended; ++i)
      peer.receive(ask(c1, client, peer.output()));
    CAF_CHECK_EQUAL(peer.of[stream].data.size(), 100'000u);
    CAF_CHECK(peer.of[stream].ended);
    drain();
    talk(c1, client);
    peer.receive(std::exchange(plain, {}));
    CAF_CHECK(peer.session.closing());
    for (int i = 0; i < 7; ++i) {
      advance(1s);
      peer.receive(ask(c1, client, peer.output()));
    }
    CAF_CHECK(client.current() == session::state::peer_closed);
    CAF_CHECK(sockets->was_half_closed(c1));
  }

  CAF_TEST(an offer of h2c within TLS is ignored) {
    start();
    auto client = dial(c1);
    auto answer = ask(c1, client,
                      "GET /a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, "
                      "HTTP2-Settings\r\nUpgrade: h2c\r\n"
                      "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n");
    CAF_CHECK_EQUAL(answer, ok("/a"));
  }

  CAF_TEST(an answer from elsewhere is encrypted too) {
    start();
    auto client = dial(c1);
    CAF_CHECK_EQUAL(ask(c1, client, get("/later")), "");
    send_reply(taken(), text_response("at last"));
    talk(c1, client);
    CAF_CHECK_EQUAL(plain, ok("at last"));
  }

  CAF_TEST(a large answer waits for its peer in plain) {
    start();
    auto client = dial(c1);
    sockets->peers[c1].stalled = true;
    ask(c1, client, get("/big"));
    sockets->peers[c1].stalled = false;
    sockets->make_writable(c1);
    talk(c1, client);
    CAF_CHECK_EQUAL(plain.size(), ok(std::string(scripted_handler::big, 'x')).size());
  }

  CAF_TEST(a close within HTTP ends TLS as well) {
    start();
    auto client = dial(c1);
    auto answer =
        ask(c1, client, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CAF_CHECK_EQUAL(answer, ok("/", true));
    CAF_CHECK(client.current() == session::state::peer_closed);
    CAF_CHECK(sockets->was_half_closed(c1));
  }

  CAF_TEST(a close within TLS is an end of requests) {
    start();
    auto client = dial(c1);
    ask(c1, client, get("/later"));
    client.close();
    talk(c1, client);
    CAF_CHECK_EQUAL(handler->abandoned(), 1u);
    send_reply(taken(), text_response("still here"));
    auto records = sent(c1);
    CAF_CHECK(records.size() > ok("still here", true).size());
    CAF_CHECK(sockets->was_half_closed(c1));
  }

  CAF_TEST(a peer that left is told to the handler) {
    start();
    auto client = dial(c1);
    ask(c1, client, get("/later"));
    peer_closes(c1);
    CAF_CHECK_EQUAL(handler->abandoned(), 1u);
    CAF_CHECK_EQUAL(stats().open, 0u);
    // It may do so at any time.
    CAF_CHECK(reports.empty());
  }

  CAF_TEST(plain HTTP1 on a TLS port is told so in plain) {
    start();
    connect(c1);
    receive(c1, get("/a"));
    auto answer = sent(c1);
    check_contains(answer, "HTTP/1.1 400 Bad Request\r\n");
    check_contains(answer, "Content-Length: 21\r\n");
    CAF_CHECK_EQUAL(answer.substr(answer.size() - 21), "this port speaks TLS\n");
    CAF_CHECK(sockets->was_half_closed(c1));
    CAF_REQUIRE_EQUAL(reports.size(), 1u);
    CAF_CHECK_EQUAL(reports[0], "peer:11 speaks plain HTTP/1.1 to virtual:80, which "
                                "speaks TLS alone: dial it with TLS");
    CAF_CHECK_EQUAL(stats().requests, 0u);
    CAF_CHECK_EQUAL(stats().refused, 1u);
  }

  CAF_TEST(plain HTTP2 on a TLS port gets GOAWAY) {
    start();
    connect(c1);
    receive(c1, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    auto answer = sent(c1);
    // An empty SETTINGS, then GOAWAY with INADEQUATE_SECURITY.
    CAF_REQUIRE_EQUAL(answer.size(), 9u + 9u + 8u + 21u);
    CAF_CHECK_EQUAL(answer[3], 4);
    CAF_CHECK_EQUAL(answer[9 + 2], 8 + 21);
    CAF_CHECK_EQUAL(answer[9 + 3], 7);
    CAF_CHECK_EQUAL(answer[9 + 9 + 7], 0xc);
    check_contains(answer, "this port speaks TLS");
    CAF_CHECK(sockets->was_half_closed(c1));
    CAF_CHECK_EQUAL(reports.size(), 1u);
  }

  CAF_TEST(a handshake has its time from accept on) {
    start();
    connect(c1);
    connect(c2);
    receive(c2, std::string{"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11});
    for (int i = 0; i < 7; ++i) {
      advance(1s);
      // Dripping buys no time.
      receive(c2, "x");
    }
    CAF_CHECK(!sockets->was_half_closed(c1));
    CAF_CHECK(!sockets->was_half_closed(c2));
    for (int i = 0; i < 4; ++i)
      advance(1s);
    CAF_CHECK(sockets->was_half_closed(c1));
    CAF_CHECK(sockets->was_half_closed(c2));
    // Who said nothing is no news.
    CAF_REQUIRE_EQUAL(reports.size(), 1u);
    CAF_CHECK_EQUAL(reports[0], "TLS with peer:12: the handshake was not over after "
                                "8000 ms (tls_server_options::handshake_time)");
  }

  CAF_TEST(a failed handshake is told once and ends its connection alone) {
    start();
    auto good = dial(c2);
    connect(c1);
    receive(c1, std::string{"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", 10});
    CAF_CHECK_EQUAL(sent(c1).substr(0, 1), "\x15");
    CAF_CHECK(sockets->was_half_closed(c1));
    receive(c1, "more");
    CAF_CHECK_EQUAL(reports.size(), 1u);
    check_contains(reports[0], "TLS with peer:11: ");
    CAF_CHECK_EQUAL(ask(c2, good, get("/a")), ok("/a"));
    CAF_CHECK_EQUAL(stats().refused, 1u);
  }

  CAF_TEST(a verified client is known by its names) {
    tls.client_ca_file = files.client.ca_file;
    start();
    files.show(files.authority.issue({"client.example"}));
    auto made = tls::client_context::make(files.client);
    CAF_REQUIRE(made);
    clients = *made;
    auto client = dial(c1);
    CAF_CHECK_EQUAL(ask(c1, client, get("/names")), ok("client.example secure"));
  }

  CAF_TEST(a client without a certificate is refused where one is asked for) {
    tls.client_ca_file = files.client.ca_file;
    start();
    auto client = dial(c1);
    CAF_CHECK(client.current() == session::state::failed);
    CAF_CHECK_EQUAL(reports.size(), 1u);
    CAF_CHECK_EQUAL(stats().requests, 0u);
  }

  CAF_TEST(new certificates are used without an end to anything) {
    start();
    auto before = dial(c1);
    files.use(files.authority.issue({"localhost", "renewed.example"}));
    for (int i = 0; i < 6; ++i)
      advance(1s);
    CAF_CHECK_EQUAL(ask(c1, before, get("/a")), ok("/a"));
    connect(c2);
    auto after = clients->connect("renewed.example", http1_only);
    talk(c2, after);
    CAF_CHECK(after.current() == session::state::open);
    CAF_CHECK(reports.empty());
  }

  CAF_TEST(a certificate that cannot be used is told once and the former one stays) {
    start();
    auto before = dial(c1);
    files.dir.write("server.pem", "nonsense");
    for (int i = 0; i < 20; ++i)
      advance(1s);
    CAF_REQUIRE_EQUAL(reports.size(), 1u);
    check_contains(reports[0], "server.pem");
    check_contains(reports[0], "the former certificate stays in use");
    auto after = dial(c2);
    CAF_CHECK_EQUAL(ask(c2, after, get("/b")), ok("/b"));
  }

  CAF_TEST(without usable files nothing is listened on) {
    tls.certificate_file = files.dir.path("missing.pem");
    listener_options options;
    options.tls = tls;
    options.handler = handler;
    options.sockets = sockets;
    listener = spawn_listener(sys, std::move(options));
    self->send(listener, listen_atom::value);
    settle();
    bool told = false;
    self->receive([&](const std::string&) {},
                  [&](caf::error& why) {
                    told =
                        from_caf(why).detail.find("missing.pem") != std::string::npos;
                  });
    CAF_CHECK(told);
  }

  CAF_TEST(draining closes what is idle within TLS) {
    start();
    auto client = dial(c1);
    CAF_CHECK_EQUAL(ask(c1, client, get("/a")), ok("/a"));
    drain();
    for (int i = 0; i < 7; ++i)
      advance(1s);
    CAF_CHECK(sockets->was_half_closed(c1));
    talk(c1, client);
    CAF_CHECK(client.current() == session::state::peer_closed);
    peer_closes(c1);
    CAF_CHECK_EQUAL(drained(), 1);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
