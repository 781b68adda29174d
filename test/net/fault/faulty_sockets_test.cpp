#define CAF_SUITE faulty_sockets

#include "net/io/virtual_net.hpp"

#include "mica/net/fault.hpp"

using namespace mica;
using namespace mica::net;
using namespace mica::test;
using namespace std::chrono_literals;

namespace {

using kind = fault::kind;
using side = fault::direction;

const std::string asked = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const std::string replied = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

bool contains(const std::string& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}

fault make(kind what, side where, uint64_t at, uint64_t bytes = UINT64_MAX) {
  fault result;
  result.what = what;
  result.side = where;
  result.at = at;
  result.bytes = bytes;
  result.time = 3s;
  result.mask = 0x20;
  return result;
}

/// A pool behind faults.
struct fixture : virtual_fixture {
  ~fixture() override {
    caf::anon_send_exit(pool.actor, caf::exit_reason::user_shutdown);
    pool = {};
    sockets->drop_watches();
    settle();
  }

  void start(std::vector<fault> faults) {
    pool_options options;
    options.sockets = faulty_sockets(sockets, on_every_connection(std::move(faults)));
    pool = spawn_pool(sys, std::move(options));
    settle();
  }

  void call() {
    http_request what;
    what.method = "GET";
    what.target = "/";
    what.fields.add("Host", "x");
    pool.direct->exchange({"10.0.0.1:80"}, std::move(what), sched.clock().now() + 30s,
                          [this](expected<http_response> x) {
                            answer = x ? x->body
                                       : std::string{to_string(x.error().reason)} + ": "
                                             + x.error().detail;
                          });
    settle();
  }

  int64_t id() const {
    return sockets->next_handle;
  }

  pool_ref pool;
  std::string answer = "nothing";
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(faulty_sockets_tests, fixture)

  CAF_TEST(without faults nothing happens) {
    start({});
    call();
    CAF_CHECK_EQUAL(sent(id()), asked);
    receive(id(), replied);
    CAF_CHECK_EQUAL(answer, "hello");
  }

  CAF_TEST(slices arrive one after the other) {
    start({make(kind::slice, side::in, 0), make(kind::slice, side::out, 0)});
    call();
    CAF_CHECK_EQUAL(sent(id()), asked);
    CAF_CHECK_EQUAL(sockets->writes, asked.size());
    receive(id(), replied);
    CAF_CHECK_EQUAL(answer, "hello");
  }

  CAF_TEST(what is read late arrives late and whole) {
    start({make(kind::delay, side::in, 40)});
    call();
    receive(id(), replied.substr(0, 39));
    receive(id(), replied.substr(39, 2));
    receive(id(), replied.substr(41));
    CAF_CHECK_EQUAL(answer, "nothing");
    advance(3s - 1ns);
    CAF_CHECK_EQUAL(answer, "nothing");
    advance(1ns);
    CAF_CHECK_EQUAL(answer, "hello");
  }

  CAF_TEST(what is written late leaves late) {
    start({make(kind::delay, side::out, 10)});
    call();
    CAF_CHECK_EQUAL(sent(id()), asked.substr(0, 10));
    advance(3s - 1ns);
    CAF_CHECK_EQUAL(sent(id()), "");
    advance(1ns);
    CAF_CHECK_EQUAL(sent(id()), asked.substr(10));
  }

  CAF_TEST(bytes that are turned arrive turned) {
    start({make(kind::corrupt, side::in, 38, 1), make(kind::corrupt, side::out, 4, 1)});
    call();
    auto turned = asked;
    turned[4] ^= 0x20;
    CAF_CHECK_EQUAL(sent(id()), turned);
    receive(id(), replied);
    CAF_CHECK_EQUAL(answer, "Hello");
  }

  CAF_TEST(bytes that vanish are missed) {
    start({make(kind::drop, side::in, 39, 2), make(kind::drop, side::out, 0, 4)});
    call();
    CAF_CHECK_EQUAL(sent(id()), asked.substr(4));
    receive(id(), replied);
    CAF_CHECK_EQUAL(answer, "nothing");
    receive(id(), "xy");
    CAF_CHECK_EQUAL(answer, "hloxy");
  }

  CAF_TEST(a reset within the response loses the call) {
    start({make(kind::reset, side::in, 20)});
    call();
    receive(id(), replied);
    CAF_CHECK(contains(answer, "connection_lost: 10.0.0.1:80: "));
    CAF_CHECK(sockets->was_aborted(id()));
  }

  CAF_TEST(a reset before the request means that it never left) {
    start({make(kind::reset, side::out, 0)});
    call();
    CAF_CHECK(contains(answer, "connection_failed: 10.0.0.1:80: "));
    CAF_CHECK_EQUAL(sent(id()), "");
  }

  CAF_TEST(a reset within the request loses the call) {
    start({make(kind::reset, side::out, 5)});
    call();
    CAF_CHECK(contains(answer, "connection_lost: 10.0.0.1:80: "));
  }

  CAF_TEST(a peer that closes within its response is noticed) {
    start({make(kind::half_close, side::in, 40)});
    call();
    receive(id(), replied);
    CAF_CHECK(contains(answer, "connection_lost: 10.0.0.1:80: the peer closed within"));
  }

  CAF_TEST(when our direction closes the peer still answers) {
    start({make(kind::half_close, side::out, 10)});
    call();
    CAF_CHECK_EQUAL(sent(id()), asked.substr(0, 10));
    CAF_CHECK(sockets->was_half_closed(id()));
    receive(id(), "HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\n\r\nbad");
    CAF_CHECK_EQUAL(answer, "bad");
  }

  CAF_TEST(a refused connection was never made) {
    start({make(kind::refuse, side::in, 0)});
    call();
    CAF_CHECK_EQUAL(
        answer, "connection_failed: no connection to 10.0.0.1:80: Connection refused");
    CAF_CHECK(sockets->dialled.empty());
  }

  CAF_TEST_FIXTURE_SCOPE_END()
