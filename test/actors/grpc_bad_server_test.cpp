#define CAF_SUITE grpc_bad_server

#include "service_fixture.hpp"

#include "mica/actors/service.hpp"
#include "mica/codecs/grpc.hpp"
#include "mica/net/listener.hpp"

#include <caf/scoped_actor.hpp>

#include <caf/test/unit_test.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

using namespace mica;
using namespace mica::test;

namespace {

// Answers every request with what the test says.
class scripted_server : public net::request_handler {
public:
  std::optional<http_response> on_request(http_request&&, const net::reply_address&,
                                          const net::peer_info&) override {
    std::lock_guard guard{mtx_};
    return answer_;
  }

  void on_abandoned(const net::reply_address&) override {
    // nop
  }

  void answer_with(http_response x) {
    std::lock_guard guard{mtx_};
    answer_ = std::move(x);
  }

private:
  std::mutex mtx_;
  http_response answer_;
};

// Our client over a real socket, and a server that breaks the protocol.
struct fixture : service_fixture {
  fixture() : server(std::make_shared<scripted_server>()) {
    net::listener_options options;
    options.address = "127.0.0.1:0";
    options.handler = server;
    listener = net::spawn_listener(home.system(), std::move(options));
    caf::scoped_actor self{home.system()};
    self->request(listener, caf::infinite, net::listen_atom::value)
        .receive([&](std::string& x) { how.address = std::move(x); },
                 [](caf::error&) { CAF_FAIL("can't listen"); });
    how.protocol = "grpc";
    auto what = service_fixture::options();
    what.address.clear();
    caller = std::make_unique<service>("caller", what);
  }

  ~fixture() {
    caf::anon_send_exit(listener, caf::exit_reason::user_shutdown);
  }

  static http_response good() {
    http_response result;
    result.fields = {{"content-type", "application/grpc"}};
    result.body = {"\0\0\0\0\3\x0a\1x", 8};
    result.trailers = {{"grpc-status", "0"}};
    return result;
  }

  expected<Text> call() {
    return echo_client{*caller, "echo"}.refuse(text("x"), how);
  }

  error failure_with(http_response x) {
    server->answer_with(std::move(x));
    auto result = call();
    CAF_REQUIRE(!result);
    // Nothing else is disturbed: the same connection carries the next call.
    server->answer_with(good());
    CAF_CHECK(call().has_value());
    return result.error();
  }

  detail::runtime home{1};
  std::shared_ptr<scripted_server> server;
  net::listener_actor listener;
  call_options how;
  std::unique_ptr<service> caller;
};

bool contains(const error& x, std::string_view what) {
  return x.detail.find(what) != std::string::npos;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(grpc_bad_server_tests, fixture)

  CAF_TEST(a server that breaks the protocol is told apart by what it broke) {
    struct row {
      std::function<void(http_response&)> change;
      errc reason;
      std::string text;
    };
    std::vector<row> rows{
        {[](auto& x) { x.body[0] = 3; }, errc::protocol_error,
         "begins with the flag 3"},
        {[](auto& x) { x.body[0] = 1; }, errc::protocol_error, "names no compression"},
        {[](auto& x) { x.body.pop_back(); }, errc::protocol_error,
         "ends after 2 of the 3 bytes"},
        {[](auto& x) { x.body.clear(); }, errc::protocol_error, "has no message"},
        {[](auto& x) { x.body += x.body; }, errc::protocol_error, "behind its message"},
        {[](auto& x) { x.body[1] = 0x7f; }, errc::limit_exceeded, "message_bytes"},
        {[](auto& x) { x.fields.add("grpc-encoding", "br"); }, errc::protocol_error,
         "which was not offered"},
        {[](auto& x) { x.trailers.clear(); }, errc::protocol_error,
         "ended without grpc-status"},
        {[](auto& x) {
           x.body = {"\0\0\0\0\2\x0a\x7f", 7};
         },
         errc::internal, "response: "},
        {[](auto& x) {
           x = {};
           x.fields = {{"content-type", "text/html"}};
           x.body = "<html>";
         },
         errc::internal, "no grpc-status in a response with HTTP status 200 OK"},
        {[](auto& x) {
           x = {};
           x.status = 503;
         },
         errc::unavailable, "HTTP status 503"},
        {[](auto& x) {
           x = {};
           x.fields = {{"content-type", "application/grpc"},
                       {"grpc-status", "9"},
                       {"grpc-message", "not%20yet"}};
         },
         errc::invalid_argument, "not yet"},
    };
    for (const auto& x : rows) {
      auto response = good();
      x.change(response);
      auto why = failure_with(std::move(response));
      CAF_CHECK_EQUAL(to_string(why.reason), to_string(x.reason));
      CAF_CHECK(contains(why, x.text));
    }
  }

  CAF_TEST(a bomb is not inflated beyond the limit) {
    auto response = good();
    response.fields.add("grpc-encoding", "gzip");
    response.body.clear();
    auto begin = grpc::begin_message(response.body);
    response.body.append(5 * 1024 * 1024, '\0');
    CAF_REQUIRE(
        grpc::end_message(response.body, begin, grpc::coding::gzip, 64 * 1024 * 1024));
    CAF_CHECK_LESS(response.body.size(), 10'000u);
    auto why = failure_with(std::move(response));
    CAF_CHECK(why.reason == errc::limit_exceeded);
    CAF_CHECK(contains(why, "decompressed (message_bytes)"));
  }

  CAF_TEST_FIXTURE_SCOPE_END()
