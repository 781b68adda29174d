#define CAF_SUITE pool_streams_live

#include "net/io/live.hpp"

#include <condition_variable>
#include <mutex>

using namespace mica;
using namespace mica::net;
using namespace mica::test;
using namespace std::chrono_literals;

namespace {

/// Sends back what comes, and ends when the peer does.
class echo_receiver : public stream_receiver {
public:
  explicit echo_receiver(stream_sender to) : to_(std::move(to)) {
    // nop
  }

  void on_data(std::string_view bytes) override {
    to_.data(std::string{bytes});
    to_.consumed(bytes.size());
  }

  void on_end(metadata&&) override {
    metadata trailers;
    trailers.add("echo", "over");
    to_.end(std::move(trailers));
  }

  void on_reset(const error&) override {
    // nop
  }

  void on_writable() override {
    // nop
  }

private:
  stream_sender to_;
};

class echo_handler : public request_handler {
public:
  std::unique_ptr<stream_receiver> on_stream(http_request&, const stream_sender& to,
                                             const peer_info&) override {
    to.head({});
    return std::make_unique<echo_receiver>(to);
  }

  std::optional<http_response> on_request(http_request&&, const reply_address&,
                                          const peer_info&) override {
    return http_response{};
  }

  void on_abandoned(const reply_address&) override {
    // nop
  }
};

/// What a thread outside sees of a stream.
struct far_view {
  std::mutex mtx;
  std::condition_variable changed;
  stream_sender to;
  std::string got;
  std::string end;
  size_t written = 0;

  template <class Predicate>
  bool await(Predicate what) {
    std::unique_lock guard{mtx};
    return changed.wait_for(guard, patience, what);
  }
};

class far_receiver : public response_receiver {
public:
  explicit far_receiver(std::shared_ptr<far_view> to) : view_(std::move(to)) {
    // nop
  }

  void on_open(const stream_sender& to) override {
    tell([&] { view_->to = to; });
  }

  void on_head(http_response&&) override {
    // nop
  }

  void on_data(std::string_view bytes) override {
    tell([&] { view_->got += bytes; });
    view_->to.consumed(bytes.size());
  }

  void on_end(metadata&& trailers) override {
    tell([&] { view_->end = std::string{trailers.get_or("echo", "none")}; });
  }

  void on_reset(const error& why) override {
    tell([&] { view_->end = to_string(why); });
  }

  void on_writable() override {
    // nop
  }

  void on_written(size_t bytes) override {
    tell([&] { view_->written += bytes; });
  }

private:
  template <class Change>
  void tell(Change change) {
    std::lock_guard guard{view_->mtx};
    change();
    view_->changed.notify_all();
  }

  std::shared_ptr<far_view> view_;
};

struct fixture {
  fixture() {
    listener_options options;
    options.address = "127.0.0.1:0";
    options.handler = std::make_shared<echo_handler>();
    server = spawn_listener(system.sys, std::move(options));
    where.address = system.ask<std::string>(server, listen_atom::value);
    pool = spawn_pool(system.sys, {});
  }

  ~fixture() {
    caf::anon_send_exit(pool.actor, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(server, caf::exit_reason::user_shutdown);
  }

  std::shared_ptr<far_view> open() {
    auto view = std::make_shared<far_view>();
    system.sys.middleman().backend().post([this, view] {
      http_request head;
      head.method = "POST";
      head.target = "/echo";
      head.fields.add("Host", "x");
      pool.direct->open(where, std::move(head), time_point::max(),
                        std::make_unique<far_receiver>(view));
    });
    CAF_REQUIRE(view->await([&] { return static_cast<bool>(view->to); }));
    return view;
  }

  live_system system;
  listener_actor server;
  pool_ref pool;
  target where{{}, http_version::http2, false};
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(pool_streams_live_tests, fixture)

  CAF_TEST(a thread writes a stream and reads its echo in order) {
    auto view = open();
    std::string all;
    size_t sent = 0;
    for (int i = 0; i < 20'000; ++i) {
      auto message = std::to_string(i) + ";";
      all += message;
      sent += message.size();
      // At most 64 KiB wait, as a writer with manners does it.
      if (!view->await([&] { return sent - view->written < 64 * 1024; }))
        CAF_FAIL("nothing leaves any more");
      view->to.data(std::move(message));
    }
    // All of it leaves before the end is said.
    CAF_CHECK(view->await([&] { return view->written == sent; }));
    view->to.end();
    CAF_REQUIRE(view->await([&] { return !view->end.empty(); }));
    CAF_CHECK_EQUAL(view->end, "over");
    CAF_CHECK(view->got == all);
  }

  CAF_TEST(fifty streams share a connection) {
    std::vector<std::shared_ptr<far_view>> views;
    for (int i = 0; i < 50; ++i)
      views.push_back(open());
    for (int i = 0; i < 50; ++i)
      for (auto& x : views)
        x->to.data("x");
    for (auto& x : views)
      x->to.end();
    for (auto& x : views) {
      CAF_CHECK(x->await([&] { return x->end == "over"; }));
      CAF_CHECK_EQUAL(x->got, std::string(50, 'x'));
    }
    CAF_CHECK_EQUAL(system.ask<listener_stats>(server, stats_atom::value).accepted, 1u);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
