#define CAF_SUITE tls_peers

#include "plain_peer.hpp"

using namespace mica;
using namespace mica::test;

using state = session::state;

namespace {

struct fixture : tls_fixture {
  fixture() {
    make_contexts();
  }

  // A foreign client whose ALPN list is `list` in wire form.
  void offer(plain_peer& foreign, const std::string& list) {
    SSL_CTX_set_alpn_protos(foreign.ctx.get(),
                            reinterpret_cast<const unsigned char*>(list.data()),
                            static_cast<unsigned>(list.size()));
  }

  // What an accepting session answers to `bytes`.
  session given(std::string_view bytes, bool eof = false) {
    auto s = servers->accept();
    s.receive(bytes);
    if (eof)
      s.receive_eof();
    return s;
  }

  // What a dialling session makes of `bytes` as an answer.
  session answered(std::string_view bytes, bool eof = false) {
    auto c = clients->connect("localhost", both_protocols, "localhost:8080");
    c.sent(c.output_size());
    c.receive(bytes);
    if (eof)
      c.receive_eof();
    return c;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(tls_peers_tests, fixture)

  CAF_TEST(the server takes h2 before anything else) {
    struct row {
      std::string offered;
      std::string chosen;
    };
    for (auto& x : std::vector<row>{{"", ""},
                                    {"\x02h2", "h2"},
                                    {"\x08http/1.1", "http/1.1"},
                                    {"\x02h2\x08http/1.1", "h2"},
                                    {"\x08http/1.1\x02h2", "h2"},
                                    {"\x06spdy/1\x08http/1.1", "http/1.1"},
                                    {"\x08http/1.0\x02h2", "h2"}}) {
      plain_peer foreign{TLS_client_method()};
      if (!x.offered.empty())
        offer(foreign, x.offered);
      foreign.start(false);
      auto s = servers->accept();
      foreign.join(s);
      CAF_REQUIRE(s.current() == state::open);
      CAF_CHECK_EQUAL(std::string{s.protocol()}, x.chosen);
    }
  }

  CAF_TEST(a client without a protocol of ours is told so) {
    plain_peer foreign{TLS_client_method()};
    offer(foreign, "\x06spdy/1\x03h\x01q");
    foreign.start(false);
    auto s = servers->accept();
    foreign.join(s);
    CAF_CHECK(s.current() == state::failed);
    CAF_CHECK_EQUAL(
        s.failure().detail,
        "the client offers by ALPN spdy/1, h?q; served are h2 and http/1.1");
    CAF_CHECK_EQUAL(foreign.alert(), "no application protocol");
  }

  CAF_TEST(our client says what it wants and takes what it gets) {
    for (auto chosen : {"", "\x02h2", "\x08http/1.1"}) {
      plain_peer server_side{TLS_server_method()};
      auto* ctx = server_side.ctx.get();
      SSL_CTX_use_certificate_chain_file(ctx, server.certificate_file.c_str());
      SSL_CTX_use_PrivateKey_file(ctx, server.key_file.c_str(), SSL_FILETYPE_PEM);
      auto pick = [](SSL*, const unsigned char** out, unsigned char* size,
                     const unsigned char*, unsigned, void* which) {
        std::string_view name{static_cast<const char*>(which)};
        if (name.empty())
          return SSL_TLSEXT_ERR_NOACK;
        *out = static_cast<const unsigned char*>(which) + 1;
        *size = static_cast<unsigned char>(name.front());
        return SSL_TLSEXT_ERR_OK;
      };
      SSL_CTX_set_alpn_select_cb(ctx, pick, const_cast<char*>(chosen));
      auto c = clients->connect("localhost", both_protocols);
      server_side.start(true);
      server_side.join(c);
      CAF_REQUIRE(c.current() == state::open);
      CAF_CHECK_EQUAL(std::string{c.protocol()},
                      std::string_view{chosen}.empty() ? "" : std::string{chosen + 1});
    }
  }

  CAF_TEST(names are sent as SNI and addresses are not) {
    for (std::string host : {"localhost", "127.0.0.1"}) {
      plain_peer server_side{TLS_server_method()};
      auto* ctx = server_side.ctx.get();
      SSL_CTX_use_certificate_chain_file(ctx, server.certificate_file.c_str());
      SSL_CTX_use_PrivateKey_file(ctx, server.key_file.c_str(), SSL_FILETYPE_PEM);
      auto c = clients->connect(host, both_protocols);
      server_side.start(true);
      server_side.join(c);
      CAF_REQUIRE(c.current() == state::open);
      const char* sni =
          SSL_get_servername(server_side.ssl.get(), TLSEXT_NAMETYPE_host_name);
      CAF_CHECK_EQUAL(std::string{sni == nullptr ? "" : sni},
                      host == "localhost" ? host : std::string{});
    }
  }

  CAF_TEST(TLS 1.2 and 1.3 are spoken and nothing older) {
    for (auto version : {TLS1_3_VERSION, TLS1_2_VERSION, TLS1_1_VERSION}) {
      plain_peer foreign{TLS_client_method()};
      SSL_CTX_set_security_level(foreign.ctx.get(), 0);
      SSL_CTX_set_min_proto_version(foreign.ctx.get(), TLS1_VERSION);
      SSL_CTX_set_max_proto_version(foreign.ctx.get(), version);
      foreign.start(false);
      auto s = servers->accept();
      foreign.join(s);
      if (version != TLS1_1_VERSION) {
        CAF_CHECK(s.current() == state::open);
        CAF_CHECK_EQUAL(SSL_version(foreign.ssl.get()), version);
        continue;
      }
      CAF_CHECK(s.current() == state::failed);
      CAF_CHECK_EQUAL(s.failure().detail, "the client speaks only versions before TLS "
                                          "1.2; 1.2 and 1.3 are served");
      CAF_CHECK_EQUAL(foreign.alert(), "protocol version");
    }
  }

  CAF_TEST(the refusal of an old version has the bytes of the page) {
    // Versions 3.2 in record and hello, one cipher, no extension.
    auto hello = std::string{"\x16\x03\x02\x00\x2d\x01\x00\x00\x29\x03\x02", 11}
                 + std::string(32, 'r') + std::string{"\0\0\2\xc0\x13\1\0", 7};
    auto s = given(hello);
    CAF_CHECK(s.current() == state::failed);
    std::string_view part[1];
    CAF_REQUIRE_EQUAL(s.output(part), 1u);
    CAF_CHECK_EQUAL(std::string{part[0]}, (std::string{"\x15\3\2\0\2\2\x46", 7}));
  }

  CAF_TEST(ciphers without forward secrecy are refused) {
    plain_peer foreign{TLS_client_method()};
    SSL_CTX_set_max_proto_version(foreign.ctx.get(), TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(foreign.ctx.get(), "AES128-SHA:AES128-GCM-SHA256");
    foreign.start(false);
    auto s = servers->accept();
    foreign.join(s);
    CAF_CHECK(s.current() == state::failed);
    check_contains(s.failure().detail, "offers no cipher that is accepted here");
    CAF_CHECK_EQUAL(foreign.alert(), "handshake failure");
  }

  CAF_TEST(a client of TLS 1.2 can not renegotiate) {
    plain_peer foreign{TLS_client_method()};
    SSL_CTX_set_max_proto_version(foreign.ctx.get(), TLS1_2_VERSION);
    foreign.start(false);
    auto s = servers->accept();
    foreign.join(s);
    SSL_renegotiate(foreign.ssl.get());
    foreign.join(s);
    char byte[1];
    CAF_CHECK_EQUAL(s.read(byte), 0u);
    CAF_CHECK(s.current() == state::open);
    foreign.join(s);
    CAF_CHECK_EQUAL(SSL_is_init_finished(foreign.ssl.get()), 0);
  }

  CAF_TEST(plaintext HTTP to a TLS port is said to be that) {
    for (auto request :
         {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "POST / HTTP/1.1\r\nHost: x\r\n\r\n",
          "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "CONNECT x:1 HTTP/1.1\r\n\r\n",
          "OPTIONS * HTTP/1.1\r\n\r\n"}) {
      auto s = given(request);
      CAF_CHECK(s.current() == state::failed);
      CAF_CHECK(s.failure().reason == errc::protocol_error);
      check_contains(s.failure().detail,
                     "the client sent a plaintext HTTP request to a "
                     "TLS port (\"");
      check_contains(s.failure().detail, std::string{request}.substr(0, 5));
    }
  }

  CAF_TEST(what is no TLS at all is shown) {
    auto s = given(std::string_view{"\0\xff*\"text and more of it", 24});
    CAF_CHECK(s.current() == state::failed);
    check_contains(s.failure().detail, "the client speaks no TLS; its first bytes were "
                                       "\"\\x00\\xff*\\x22text");
  }

  CAF_TEST(a server that answers in plaintext is said to do that) {
    auto c = answered("HTTP/1.1 400 Bad Request\r\n\r\n");
    CAF_CHECK(c.current() == state::failed);
    CAF_CHECK(c.failure().reason == errc::connection_failed);
    CAF_CHECK_EQUAL(
        c.failure().detail,
        "localhost:8080 answers in plaintext HTTP (\"HTTP/1.1 400 Bad Request\""
        "): this port has no TLS; call it without");
    check_contains(answered("SSH-2.0-OpenSSH_9.2\r\n").failure().detail,
                   "localhost:8080 answers no TLS; its first bytes were \"SSH-2.0-");
    check_contains(answered("HTT", true).failure().detail, "answers no TLS");
    // The SETTINGS of HTTP/2 by prior knowledge.
    check_contains(
        answered(std::string_view{"\0\0\0\4\0\0\0\0\0", 9}, true).failure().detail,
        "answers no TLS");
  }

  CAF_TEST(a record that never ends leaves the handshake open) {
    auto s = given(std::string_view{"\x16\x03\x01\x02\x00\x01", 6});
    CAF_CHECK(s.current() == state::handshaking);
    s.receive_eof();
    CAF_CHECK(s.current() == state::failed);
    CAF_CHECK_EQUAL(s.failure().detail,
                    "the client closed the connection during the TLS handshake");
  }

  CAF_TEST(an alert of a server is passed on in words) {
    auto c = answered(std::string_view{"\x15\x03\x03\x00\x02\x02\x28", 7});
    CAF_CHECK(c.current() == state::failed);
    CAF_CHECK_EQUAL(c.failure().detail,
                    "localhost:8080 ended the TLS connection with the alert handshake "
                    "failure: it accepts none of our ciphers, or wants a client "
                    "certificate");
  }

  CAF_TEST(a certificate chain beyond its limit is refused) {
    // Far more names than the limit of a chain has bytes.
    std::vector<std::string> names{"localhost"};
    for (int i = 0; i < 600; ++i)
      names.push_back(std::string(120, 'n') + std::to_string(i) + ".test");
    use(authority.issue(names));
    make_contexts();
    auto [c, s] = connect();
    CAF_CHECK(c.current() == state::failed);
    check_contains(c.failure().detail, "excessive message size");
  }

  CAF_TEST_FIXTURE_SCOPE_END()
