#define CAF_SUITE tls_resumption

#include "plain_peer.hpp"
#include "tls/resumption_cache.hpp"
#include "tls/ticket_keys.hpp"
#include "tls/verify.hpp"

#include <openssl/pem.h>

using namespace mica;
using namespace mica::test;
using net::tls::resumption_cache;
using net::tls::ssl_session_ptr;
using net::tls::ticket_keys;

using state = session::state;

namespace {

struct fixture : tls_fixture {
  // True if both sides resume; the client takes the new ticket.
  bool resumes(std::string_view host = "localhost", std::string_view address = {}) {
    auto c = clients->connect(host, both_protocols, address);
    auto s = servers->accept();
    join(c, s);
    read_all(c);
    CAF_REQUIRE(c.current() == state::open);
    CAF_CHECK_EQUAL(c.resumed(), s.resumed());
    CAF_CHECK_EQUAL(c.protocol(), "h2");
    return c.resumed();
  }
};

std::span<const unsigned char, 16> name_of(const ticket_keys::key& key) {
  return key.name;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(tls_resumption_tests, fixture)

  CAF_TEST(the second connection resumes the session of the first) {
    make_contexts();
    CAF_CHECK(!resumes());
    CAF_CHECK(resumes());
    CAF_CHECK(resumes());
  }

  CAF_TEST(a session belongs to its address) {
    make_contexts();
    CAF_CHECK(!resumes("localhost", "localhost:1"));
    CAF_CHECK(!resumes("localhost", "localhost:2"));
    CAF_CHECK(resumes("localhost", "localhost:1"));
  }

  CAF_TEST(a resumed session still names the server) {
    make_contexts();
    resumes();
    auto [c, s] = connect();
    CAF_CHECK(c.resumed());
    CAF_CHECK_EQUAL(c.peer_names(),
                    (std::vector<std::string>{"localhost", "127.0.0.1"}));
  }

  CAF_TEST(a reload of either side makes whole handshakes again) {
    make_contexts();
    resumes();
    CAF_CHECK(resumes());
    use(authority.issue({"localhost"}));
    CAF_REQUIRE(servers->reload());
    CAF_CHECK(!resumes());
    CAF_CHECK(resumes());
    dir.write("ca.pem", authority.pair.certificate);
    CAF_REQUIRE(clients->reload());
    CAF_CHECK(!resumes());
  }

  CAF_TEST(clients of TLS 1.2 resume too) {
    make_contexts();
    plain_peer foreign{TLS_client_method()};
    SSL_CTX_set_max_proto_version(foreign.ctx.get(), TLS1_2_VERSION);
    auto first = servers->accept();
    foreign.start(false);
    foreign.join(first);
    CAF_REQUIRE(first.current() == state::open);
    ssl_session_ptr kept{SSL_get1_session(foreign.ssl.get())};
    auto second = servers->accept();
    plain_peer again{TLS_client_method()};
    SSL_CTX_set_max_proto_version(again.ctx.get(), TLS1_2_VERSION);
    again.start(false, kept.get());
    again.join(second);
    CAF_CHECK(second.current() == state::open);
    CAF_CHECK(second.resumed());
  }

  CAF_TEST(a ticket key is used for its time and understood for another) {
    ticket_keys keys;
    ticket_keys::time_point start{};
    auto first = keys.current(start);
    CAF_REQUIRE(first);
    CAF_CHECK(keys.current(start + ticket_keys::rotation - 1s)->name == first->name);
    auto found = keys.find(name_of(*first), start + ticket_keys::rotation - 1s);
    CAF_CHECK(found && !found->renew);
    auto second = keys.current(start + ticket_keys::rotation);
    CAF_REQUIRE(second);
    CAF_CHECK(second->name != first->name);
    CAF_CHECK(second->cipher != first->cipher);
    found = keys.find(name_of(*first), start + 2 * ticket_keys::rotation - 1s);
    CAF_CHECK(found && found->renew);
    CAF_CHECK(!keys.find(name_of(*first), start + 2 * ticket_keys::rotation));
  }

  CAF_TEST(after a long silence no old key is understood) {
    ticket_keys keys;
    ticket_keys::time_point start{};
    auto first = keys.current(start);
    CAF_CHECK(!keys.find(name_of(*first), start + 10 * ticket_keys::rotation));
  }

  CAF_TEST(the cache forgets the least recently used server) {
    resumption_cache cache;
    make_contexts();
    plain_peer peer{TLS_client_method()};
    SSL_CTX_set_max_proto_version(peer.ctx.get(), TLS1_2_VERSION);
    auto s = servers->accept();
    peer.start(false);
    peer.join(s);
    auto one = [&] { return ssl_session_ptr{SSL_get1_session(peer.ssl.get())}; };
    cache.put("first", one());
    cache.put("second", one());
    CAF_CHECK(cache.find("first"));
    for (size_t i = 0; i + 1 < resumption_cache::most_servers; ++i)
      cache.put(std::to_string(i), one());
    CAF_CHECK_EQUAL(cache.size(), resumption_cache::most_servers);
    CAF_CHECK(cache.find("first"));
    CAF_CHECK(!cache.find("second"));
  }

  CAF_TEST(sessions of expired certificates are not resumed) {
    auto options = test_authority::options("old", {"localhost"});
    auto fresh = authority.sign(options);
    options.not_before -= 48h;
    options.not_after -= 48h;
    auto old = authority.sign(options);
    auto read = [](const std::string& pem) {
      net::tls::bio_ptr in{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
      return net::tls::x509_ptr{PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)};
    };
    std::vector<std::string> wanted{"localhost"};
    std::vector<std::string> other{"other"};
    CAF_CHECK(net::tls::may_resume(read(fresh.certificate).get(), {}));
    CAF_CHECK(net::tls::may_resume(read(fresh.certificate).get(), wanted));
    CAF_CHECK(!net::tls::may_resume(read(fresh.certificate).get(), other));
    CAF_CHECK(!net::tls::may_resume(read(old.certificate).get(), {}));
    CAF_CHECK(!net::tls::may_resume(nullptr, wanted));
  }

  CAF_TEST_FIXTURE_SCOPE_END()
