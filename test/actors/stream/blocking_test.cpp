#define CAF_SUITE stream_blocking

#include "client_world.hpp"
#include "stream/blocking.hpp"

#include <future>

using namespace mica;
using namespace mica::test;

namespace {

using texts = std::vector<std::string>;
using blocking = blocking_stream<note, note>;

struct fixture : client_world {
  fixture() : home(std::make_shared<detail::blocking_home>()) {
    core = begin(home);
    user.emplace(detail::make_blocking(core->make_handle(), home));
  }

  std::shared_ptr<detail::blocking_home> home;
  std::shared_ptr<detail::client_stream> core;
  std::optional<blocking> user;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(stream_blocking_tests, fixture)

  CAF_TEST(what is written leaves although nobody waits) {
    CAF_CHECK(user->write(to_note("a")));
    opened();
    CAF_CHECK_EQUAL(peers[1].texts(), (texts{"a"}));
    CAF_CHECK(user->write(to_note("b")));
    run();
    CAF_CHECK_EQUAL(peers[1].texts(), (texts{"a", "b"}));
  }

  CAF_TEST(a reader waits for each message and the end) {
    opened();
    auto reader = std::async(std::launch::async, [this] {
      texts result;
      while (auto next = user->read())
        result.push_back(next->value());
      return result;
    });
    peer->on_head(grpc_head());
    for (auto text : {"a", "b", "c"})
      peer->on_data(framed({text}));
    peer->on_end(grpc_status("0"));
    CAF_CHECK_EQUAL(reader.get(), (texts{"a", "b", "c"}));
    CAF_CHECK(!user->failure());
    CAF_CHECK(user->finish());
  }

  CAF_TEST(a writer waits for room while another thread reads) {
    bounds.output_bytes = 4000;
    core = begin(home);
    user.emplace(detail::make_blocking(core->make_handle(), home));
    opened();
    auto writer = std::async(std::launch::async, [this] {
      for (int i = 0; i < 40; ++i)
        if (!user->write(to_note(std::string(1000, 'x'))))
          return false;
      user->end();
      return true;
    });
    auto reader = std::async(std::launch::async, [this] {
      note into;
      int count = 0;
      while (user->read(into))
        ++count;
      return count;
    });
    peer->on_head(grpc_head());
    size_t told = 0;
    size_t most = 0;
    while (!peers[1].ended) {
      run();
      auto waiting = peers[1].body.size() - told;
      most = std::max(most, waiting);
      told += waiting;
      peer->on_written(waiting);
      peer->on_data(framed({"y"}));
    }
    CAF_CHECK(writer.get());
    CAF_CHECK(most <= 4000u + 1010u);
    CAF_CHECK_EQUAL(peers[1].texts().size(), 40u);
    peer->on_end(grpc_status("0"));
    CAF_CHECK(reader.get() > 0);
  }

  CAF_TEST(finishing drops what was not read and waits for the outcome) {
    opened();
    peer->on_head(grpc_head());
    peer->on_data(framed({"a", "b", "c"}).substr(0, 10));
    auto end = std::async(std::launch::async, [this] { return user->finish(); });
    peer->on_data(framed({"a", "b", "c"}).substr(10));
    while (!peers[1].ended)
      run();
    peer->on_end(grpc_status("9", "not now"));
    auto outcome_of_call = end.get();
    CAF_REQUIRE(!outcome_of_call);
    CAF_CHECK_EQUAL(outcome_of_call.error().detail, "not now");
  }

  CAF_TEST(a failure wakes readers and writers) {
    opened();
    auto reader = std::async(std::launch::async, [this] { return user->read(); });
    peer->on_reset({errc::connection_lost, "gone"});
    CAF_CHECK(!reader.get());
    CAF_CHECK(user->failure().reason == errc::connection_lost);
    CAF_CHECK(!user->write(to_note("x")));
    auto done = user->finish();
    CAF_CHECK(!done);
  }

  CAF_TEST(the last copy to go cancels the call) {
    opened();
    user.reset();
    run();
    CAF_CHECK(peers[1].reset);
  }

  CAF_TEST(a call that is cancelled ends for a reader) {
    opened();
    auto reader = std::async(std::launch::async, [this] { return user->read(); });
    user->cancel();
    CAF_CHECK(!reader.get());
    CAF_CHECK(user->failure().reason == errc::cancelled);
    run();
    CAF_CHECK(peers[1].reset);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
