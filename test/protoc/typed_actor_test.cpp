#define CAF_SUITE generated_actor

#include "many.mica_actor.hpp"
#include "names.mica_actor.hpp"

#include "support/deterministic_system.hpp"

#include <caf/actor_cast.hpp>
#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/message_view.hpp>

#include <caf/test/unit_test.hpp>

using names::clash_methods;
using names::Word;

namespace {

Word word(std::string text) {
  Word result;
  result.set_text(std::move(text));
  return result;
}

/// An actor without typed handlers that serves any interface by its table: answers
/// with the method's C++ number and the request's text; `late` is answered later.
caf::behavior serve(caf::event_based_actor* self,
                    const mica::typed_method_table* table) {
  self->set_default_handler(
      [self, table](caf::scheduled_actor*,
                    caf::message_view& view) -> caf::result<caf::message> {
        auto& content = view.content();
        auto method = table->find(content);
        if (!method)
          return caf::sec::unexpected_message;
        const auto& entry = (*table)[*method];
        const auto* request = entry.request(content.get(0));
        auto text = request->GetReflection()->GetString(
            *request, request->GetDescriptor()->field(0));
        std::unique_ptr<google::protobuf::Message> response{
            table->service().methods[*method].response->New()};
        auto* field = response->GetDescriptor()->field(0);
        response->GetReflection()->SetString(response.get(), field,
                                             std::to_string(*method) + " " + text);
        auto answer = entry.response(*response);
        if (text != "late")
          return answer;
        auto promise = self->make_response_promise();
        self->send(self, caf::ok_atom::value, promise, answer);
        return caf::delegated<caf::message>{};
      });
  return {[](caf::ok_atom, caf::response_promise& promise, caf::message& answer) {
    promise.deliver(answer);
  }};
}

struct fixture {
  caf::actor spawn(const mica::typed_method_table& table) {
    dynamic = det.sys.spawn(serve, &table);
    return dynamic;
  }

  ~fixture() {
    caf::anon_send_exit(dynamic, caf::exit_reason::user_shutdown);
    det.run();
  }

  mica::test::deterministic_system det{[](auto&) {}};
  caf::actor dynamic;
};

} // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caf::response_promise)

CAF_TEST_FIXTURE_SCOPE(typed_actor_tests, fixture)

  CAF_TEST(a typed handle reaches an actor without typed handlers) {
    auto typed =
        caf::actor_cast<names::clash_actor>(spawn(names::clash_actor_methods()));
    auto answer = det.ask<Word>(typed, clash_methods::say_hello::call{word("x")});
    CAF_REQUIRE(answer);
    CAF_CHECK_EQUAL(answer->text(), "0 x");
  }

  CAF_TEST(methods with the same request are told apart) {
    auto typed =
        caf::actor_cast<names::clash_actor>(spawn(names::clash_actor_methods()));
    auto second = det.ask<Word>(typed, clash_methods::delete_::call{word("x")});
    auto last = det.ask<Word>(typed, clash_methods::odd_name::call{word("y")});
    CAF_REQUIRE(second && last);
    CAF_CHECK_EQUAL(second->text(), "1 x");
    CAF_CHECK_EQUAL(last->text(), "34 y");
  }

  CAF_TEST(an answer may come later) {
    auto typed =
        caf::actor_cast<names::clash_actor>(spawn(names::clash_actor_methods()));
    auto answer = det.ask<Word>(typed, clash_methods::say_hello::call{word("late")});
    CAF_REQUIRE(answer);
    CAF_CHECK_EQUAL(answer->text(), "0 late");
  }

  CAF_TEST(two hundred methods have one handle) {
    auto typed = caf::actor_cast<many::many_actor>(spawn(many::many_actor_methods()));
    many::Request request;
    request.set_text("x");
    auto first =
        det.ask<many::Response>(typed, many::many_methods::method0::call{request});
    auto last =
        det.ask<many::Response>(typed, many::many_methods::method199::call{request});
    CAF_REQUIRE(first && last);
    CAF_CHECK_EQUAL(first->text(), "0 x");
    CAF_CHECK_EQUAL(last->text(), "199 x");
  }

  CAF_TEST(a table finds no method for messages that are no call of its service) {
    const auto& table = names::clash_actor_methods();
    CAF_CHECK_EQUAL(table.size(),
                    names::clash_service::static_descriptor().methods.size());
    auto find = [&](const caf::message& x) { return table.find(x.content()); };
    CAF_CHECK(find(caf::make_message(clash_methods::then::call{})).has_value());
    CAF_CHECK(!find(caf::make_message(names::lower_case_methods::ping::call{})));
    CAF_CHECK(!find(caf::make_message(word("x"))));
    CAF_CHECK(!find(caf::make_message(42)));
    CAF_CHECK(!find(caf::make_message(clash_methods::then::call{}, 1)));
  }

  CAF_TEST(a service without methods has an empty table) {
    CAF_CHECK_EQUAL(names::nothing_actor_methods().size(), 0u);
    CAF_CHECK_EQUAL(names::nothing_actor_methods().service().name, "Nothing");
  }

  CAF_TEST(messages print themselves) {
    CAF_CHECK_EQUAL(
        to_string(caf::make_message(clash_methods::say_hello::call{word("x")})),
        "(call(\"names.Word{text: \\\"x\\\"}\"))");
  }

  CAF_TEST(messages are serialized and garbage is an error) {
    std::vector<char> bytes;
    clash_methods::say_hello::call call{word("hello")};
    caf::binary_serializer sink{det.sys, bytes};
    CAF_REQUIRE_EQUAL(sink(call), caf::none);
    clash_methods::say_hello::call copy;
    caf::binary_deserializer source{det.sys, bytes};
    CAF_REQUIRE_EQUAL(source(copy), caf::none);
    CAF_CHECK_EQUAL(copy.request.text(), "hello");
    for (size_t size = 0; size < bytes.size(); ++size) {
      std::vector<char> cut{bytes.begin(),
                            bytes.begin() + static_cast<ptrdiff_t>(size)};
      caf::binary_deserializer broken{det.sys, cut};
      CAF_CHECK_NOT_EQUAL(broken(copy), caf::none);
    }
    bytes[1] = '\xff';
    caf::binary_deserializer broken{det.sys, bytes};
    CAF_CHECK_NOT_EQUAL(broken(copy), caf::none);
  }

  CAF_TEST_FIXTURE_SCOPE_END()
