#define CAF_SUITE stream_actor

#include "mica/actors/stream_actor.hpp"

#include "client_world.hpp"

using namespace mica;
using namespace mica::test;

namespace {

using texts = std::vector<std::string>;

struct fixture : client_world {
  fixture() {
    user = sys.spawn([this](caf::event_based_actor*) -> caf::behavior {
      return {
          [this](const stream_message<note>& x) { got.push_back(x.message.value()); },
          [this](const stream_end& x) { ends.push_back(x.why); },
          [this](bool ok) { answers.push_back(ok); },
      };
    });
    script = [this](context&, note&, detail::stream_ptr core) {
      stream_actor = to_actor(note_stream{std::move(core)}, user);
      return task{};
    };
  }

  ~fixture() {
    stream_actor = nullptr;
    caf::anon_send_exit(user, caf::exit_reason::user_shutdown);
    run();
  }

  void demand(size_t messages) {
    caf::anon_send(stream_actor, stream_demand{messages});
    run();
  }

  void write(std::string text) {
    caf::send_as(user, stream_actor, stream_write<note>{to_note(std::move(text))});
  }

  bool alive() {
    return caf::actor_cast<caf::abstract_actor*>(stream_actor)
               ->getf(caf::abstract_actor::is_terminated_flag)
           == false;
  }

  caf::actor user;
  caf::actor stream_actor;
  scripted::script script;
  texts got;
  std::vector<error> ends;
  std::vector<bool> answers;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(stream_actor_tests, fixture)

  CAF_TEST(an actor gets as many messages as it demands and then the end) {
    for (auto where : {worker, lane}) {
      got.clear();
      ends.clear();
      peers.clear();
      auto receiver = open(serve(where, script), chat);
      receiver->on_data(framed({"a", "b", "c"}));
      receiver->on_end({});
      run();
      CAF_CHECK(got.empty());
      demand(2);
      CAF_CHECK_EQUAL(got, (texts{"a", "b"}));
      CAF_CHECK(ends.empty());
      demand(5);
      CAF_CHECK_EQUAL(got, (texts{"a", "b", "c"}));
      CAF_REQUIRE_EQUAL(ends.size(), 1u);
      CAF_CHECK(!ends[0]);
      CAF_CHECK(alive());
      // The peer is done, we are not.
      write("last");
      caf::anon_send(stream_actor, stream_finish{});
      run();
      CAF_CHECK_EQUAL(peers[1].texts(), (texts{"last"}));
      CAF_CHECK_EQUAL(peers[1].status, "0");
      CAF_CHECK(!alive());
      receiver.reset();
      CAF_CHECK_EQUAL(shells.back().streams->load(), 0u);
    }
  }

  CAF_TEST(a write is answered when there is room for the next one) {
    bounds.output_bytes = 1000;
    auto receiver = open(serve(worker, script), chat);
    write(std::string(1200, 'x'));
    write("y");
    run();
    CAF_CHECK(answers.empty());
    CAF_CHECK_EQUAL(peers[1].texts().size(), 1u);
    receiver->on_written(peers[1].body.size());
    run();
    CAF_CHECK_EQUAL(answers.size(), 2u);
    CAF_CHECK(answers[0] && answers[1]);
    CAF_CHECK_EQUAL(peers[1].texts().size(), 2u);
    receiver->on_reset({errc::cancelled, "gone"});
    run();
    CAF_REQUIRE_EQUAL(ends.size(), 1u);
    CAF_CHECK(ends[0].reason == errc::cancelled);
    CAF_CHECK(!alive());
  }

  CAF_TEST(an actor that fails the stream gives the reason) {
    auto receiver = open(serve(worker, script), chat);
    caf::anon_send(stream_actor, stream_fail{{errc::not_found, "nobody"}});
    run();
    CAF_CHECK_EQUAL(peers[1].status, "5");
    CAF_CHECK(!alive());
  }

  CAF_TEST(a stream whose actor ends is cancelled) {
    auto receiver = open(serve(worker, script), chat);
    demand(10);
    caf::anon_send_exit(user, caf::exit_reason::kill);
    run();
    CAF_CHECK_EQUAL(peers[1].status, "1");
    CAF_CHECK(!alive());
    receiver.reset();
    CAF_CHECK_EQUAL(shells.back().streams->load(), 0u);
  }

  CAF_TEST(an actor that waits for no answer is stopped at a limit) {
    bounds.output_bytes = 10;
    auto receiver = open(serve(worker, script), chat);
    for (size_t i = 0; i < stream_limits{}.actor_writes + 10; ++i)
      caf::anon_send(stream_actor, stream_write<note>{to_note("0123456789")});
    run();
    CAF_CHECK_EQUAL(peers[1].status, "8");
    CAF_CHECK(peers[1].message.find("actor_writes") != std::string::npos);
  }

  CAF_TEST(a stream whose handler is stopped says so to its actor) {
    auto& shell = serve(worker, script);
    auto receiver = open(shell, chat);
    caf::anon_send_exit(shell.actor, caf::exit_reason::user_shutdown);
    run();
    CAF_REQUIRE_EQUAL(ends.size(), 1u);
    CAF_CHECK(ends[0].reason == errc::unavailable);
    CAF_CHECK(!alive());
  }

  CAF_TEST(a client stream can be an actor too) {
    auto stream = begin(lane_home());
    stream_actor = to_actor(note_stream{stream->make_handle()}, user);
    demand(10);
    opened();
    write("hello");
    caf::anon_send(stream_actor, stream_finish{});
    run();
    CAF_CHECK_EQUAL(peers[1].texts(), (texts{"hello"}));
    CAF_CHECK(peers[1].ended);
    peer->on_head(grpc_head());
    peer->on_data(framed({"a"}));
    peer->on_end(grpc_status("5", "no"));
    run();
    CAF_CHECK_EQUAL(got, (texts{"a"}));
    CAF_REQUIRE_EQUAL(ends.size(), 1u);
    CAF_CHECK(ends[0].reason == errc::not_found);
    CAF_CHECK(!alive());
  }

  CAF_TEST_FIXTURE_SCOPE_END()
