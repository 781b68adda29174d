#define CAF_SUITE generated_dispatch

#include "many.mica.hpp"
#include "names.mica.hpp"

#include "server/pending_call.hpp"

#include <caf/test/unit_test.hpp>

using names::Word;

namespace {

Word word(std::string text) {
  Word result;
  result.set_text(std::move(text));
  return result;
}

// Every method answers with its C++ name and what it was asked. Some of the names are
// namespaces, hence the leading colons.
#define ANSWER(NAME)                                                                   \
  ::mica::reply<Word> NAME(::mica::context&, const Word& request) override {           \
    return word(#NAME " " + request.text());                                           \
  }

struct clash : names::clash_service {
  ANSWER(say_hello)
  ANSWER(delete_)
  ANSWER(requires_)
  ANSWER(descriptor_)
  ANSWER(static_descriptor_)
  ANSWER(invoke_)
  ANSWER(open_)
  ANSWER(open_blocking_)
  ANSWER(call_)
  ANSWER(service_name_)
  ANSWER(clash_service_)
  ANSWER(clash_client_)
  ANSWER(clash_methods_)
  ANSWER(errno_)
  ANSWER(assert_)
  ANSWER(request)
  ANSWER(options)
  ANSWER(from)
  ANSWER(then)
  ANSWER(method)
  ANSWER(table)
  ANSWER(mica)
  ANSWER(std)
  ANSWER(google)
  ANSWER(names)
  ANSWER(text)
  ANSWER(handler)
  ANSWER(client_stub)
  ANSWER(reply)
  ANSWER(context)
  ANSWER(get_http_status)
  ANSWER(v2_get)
  ANSWER(already_snake)
  ANSWER(_hidden)
  ANSWER(odd_name)
};

#undef ANSWER

struct nothing : names::nothing_service {};

/// What comes of calling a method by its number: the response's text, or the error's
/// reason and text.
std::string outcome_of(mica::handler& object, size_t method, const Word& request) {
  auto env = std::make_shared<mica::detail::server_environment>();
  env->now = [] { return std::chrono::steady_clock::time_point{}; };
  mica::incoming_call call;
  call.style.via = mica::protocol::http;
  call.style.content_type = "application/protobuf";
  auto pending = std::make_shared<mica::detail::pending_call>(std::move(call), env);
  pending->body_codec = env->types.find("application/protobuf")->body.get();
  mica::context ctx{pending};
  std::string failure;
  ctx.on_done([&](const mica::outcome& x) {
    if (x.failure)
      failure = std::string{to_string(x.failure.reason)} + ": " + x.failure.detail;
  });
  object.invoke(method, ctx, request);
  auto response = pending->take_response();
  if (!response)
    return "no answer";
  Word answer;
  if (!failure.empty())
    return failure;
  if (!answer.ParseFromString(response->body))
    return "not a Word";
  return answer.text();
}

} // namespace

CAF_TEST(each number calls its method and no other) {
  clash object;
  const std::vector<std::string> expected{"say_hello",
                                          "delete_",
                                          "requires_",
                                          "descriptor_",
                                          "static_descriptor_",
                                          "invoke_",
                                          "open_",
                                          "open_blocking_",
                                          "call_",
                                          "service_name_",
                                          "clash_service_",
                                          "clash_client_",
                                          "clash_methods_",
                                          "errno_",
                                          "assert_",
                                          "request",
                                          "options",
                                          "from",
                                          "then",
                                          "method",
                                          "table",
                                          "mica",
                                          "std",
                                          "google",
                                          "names",
                                          "text",
                                          "handler",
                                          "client_stub",
                                          "reply",
                                          "context",
                                          "get_http_status",
                                          "v2_get",
                                          "already_snake",
                                          "_hidden",
                                          "odd_name"};
  CAF_REQUIRE_EQUAL(object.descriptor().methods.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i)
    CAF_CHECK_EQUAL(outcome_of(object, i, word("x")), expected[i] + " x");
}

CAF_TEST(a number that no method has fails the call) {
  clash object;
  CAF_CHECK_EQUAL(
      outcome_of(object, 35, word("x")),
      "endpoint_not_found: ClashService has 35 methods, none has the number "
      "35");
  nothing empty;
  CAF_CHECK_EQUAL(outcome_of(empty, 0, word("x")),
                  "endpoint_not_found: Nothing has no methods");
}

CAF_TEST(an object knows the description of its class) {
  clash object;
  CAF_CHECK_EQUAL(&object.descriptor(), &names::clash_service::static_descriptor());
  const mica::handler& base = object;
  CAF_CHECK_EQUAL(base.descriptor().name, "ClashService");
}
