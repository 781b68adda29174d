#define CAF_SUITE generated_stream

#include "streams.mica_actor.hpp"

#include "server/pending_call.hpp"

#include <caf/test/unit_test.hpp>

using mica::method_kind;
using streams::Number;
using streams::Text;

namespace {

Text text(std::string what) {
  Text result;
  result.set_text(std::move(what));
  return result;
}

/// A stream without a wire: remembers what is written.
class memory_stream : public mica::detail::any_stream {
public:
  using message = google::protobuf::Message;

  mica::detail::read_state take(message& into) override {
    if (input.empty())
      return mica::detail::read_state::over;
    into.CopyFrom(*input.front());
    input.erase(input.begin());
    return mica::detail::read_state::message;
  }

  bool write(const message& what) override {
    output += (output.empty() ? "" : ", ") + what.ShortDebugString();
    return true;
  }

  bool writable() const override {
    return true;
  }

  bool open() const override {
    return true;
  }

  void await_message(message&, mica::detail::read_state&, waiter) override {
    // nop
  }

  void on_message(std::unique_ptr<message>, std::function<void(message&)>) override {
    // nop
  }

  void await_writable(waiter) override {
    // nop
  }

  void forget(void*) noexcept override {
    // nop
  }

  void on_writable(std::function<void()>) override {
    // nop
  }

  void on_end(std::function<void(const mica::error&)>) override {
    // nop
  }

  void end() override {
    output += " end";
  }

  void fail(mica::error) override {
    // nop
  }

  void cancel() override {
    // nop
  }

  mica::error failure() const override {
    return {};
  }

  const mica::metadata& headers() const override {
    return fields;
  }

  const mica::metadata& trailers() const override {
    return fields;
  }

  void at_home(std::function<void()> run) override {
    run();
  }

  std::vector<std::unique_ptr<message>> input;
  std::string output;
  mica::metadata fields;
};

struct mixed : streams::mixed_service {
  mica::reply<Text> one(mica::context&, const Number& request) override {
    return text("one " + std::to_string(request.value()));
  }

  mica::task up(mica::context&, mica::stream<Number, Text> peer) override {
    int64_t sum = 0;
    while (auto next = co_await peer.read())
      sum += next->value();
    peer.write(text("up " + std::to_string(sum)));
  }

  mica::task down(mica::context&, Number request,
                  mica::stream<void, Text> peer) override {
    for (int64_t i = 0; i < request.value(); ++i)
      if (!co_await peer.write(text("down " + std::to_string(i))))
        co_return;
  }

  mica::task both(mica::context&, mica::stream<Number, Text> peer) override {
    Number next;
    while (co_await peer.read(next))
      peer.write(text("both " + std::to_string(next.value())));
  }

  mica::reply<Text> two(mica::context&, const Number& request) override {
    return text("two " + std::to_string(request.value()));
  }
};

struct fixture {
  fixture()
    : env(std::make_shared<mica::detail::server_environment>()),
      wire(std::make_shared<memory_stream>()) {
    env->now = [] { return std::chrono::steady_clock::time_point{}; };
    pending = std::make_shared<mica::detail::pending_call>(mica::incoming_call{}, env);
    context = std::make_unique<mica::context>(pending);
    context->on_done([this](const mica::outcome& x) {
      failure = std::string{to_string(x.failure.reason)} + ": " + x.failure.detail;
    });
  }

  /// Opens a method with numbers to read.
  std::string open(size_t method, int64_t request, std::vector<int64_t> input) {
    Number first;
    first.set_value(request);
    for (auto value : input) {
      auto next = std::make_unique<Number>();
      next->set_value(value);
      wire->input.push_back(std::move(next));
    }
    auto task = object.open(method, *context, first, wire);
    if (task.running())
      return "still running";
    return wire->output;
  }

  std::shared_ptr<mica::detail::server_environment> env;
  std::shared_ptr<memory_stream> wire;
  std::shared_ptr<mica::detail::pending_call> pending;
  std::unique_ptr<mica::context> context;
  std::string failure;
  mixed object;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(generated_stream_tests, fixture)

  CAF_TEST(the description says which sides stream) {
    const auto& methods = streams::mixed_service::static_descriptor().methods;
    CAF_REQUIRE_EQUAL(methods.size(), 5u);
    CAF_CHECK(methods[0].kind == method_kind::unary);
    CAF_CHECK(methods[1].kind == method_kind::client_stream);
    CAF_CHECK(methods[2].kind == method_kind::server_stream);
    CAF_CHECK(methods[3].kind == method_kind::bidi_stream);
    CAF_CHECK(methods[4].kind == method_kind::unary);
    const auto& last = streams::flow_service::static_descriptor().methods[3];
    CAF_CHECK(last.kind == method_kind::client_stream);
    CAF_CHECK(last.level == mica::idempotency::no_side_effects);
  }

  CAF_TEST(the messages of a client stream reach its method) {
    CAF_CHECK_EQUAL(open(1, 0, {1, 2, 3}), "text: \"up 6\"");
  }

  CAF_TEST(the request of a server stream is given to its method) {
    CAF_CHECK_EQUAL(open(2, 2, {}), "text: \"down 0\", text: \"down 1\"");
  }

  CAF_TEST(both directions reach their method) {
    CAF_CHECK_EQUAL(open(3, 0, {7, 8}), "text: \"both 7\", text: \"both 8\"");
  }

  CAF_TEST(a method without a stream can not be opened) {
    CAF_CHECK_EQUAL(open(4, 0, {}), "");
    CAF_CHECK_EQUAL(failure, "unimplemented: Mixed: method number 4 has no stream");
  }

  CAF_TEST(a method with a stream can not be invoked) {
    object.invoke(2, *context, Number{});
    CAF_CHECK_EQUAL(failure, "unimplemented: Mixed.Down is called by a stream");
  }

  CAF_TEST(actor messages keep the numbers of their methods) {
    const auto& table = streams::mixed_actor_methods();
    CAF_CHECK_EQUAL(table.size(), 5u);
    auto find = [&](const caf::message& x) { return table.find(x.content()); };
    CAF_CHECK(find(caf::make_message(streams::mixed_methods::one::call{})) == 0u);
    CAF_CHECK(find(caf::make_message(streams::mixed_methods::two::call{})) == 4u);
    CAF_CHECK_EQUAL(streams::flow_actor_methods().size(), 4u);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
