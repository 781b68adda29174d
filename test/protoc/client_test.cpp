#define CAF_SUITE generated_client

#include "imports.mica.hpp"
#include "levels.mica.hpp"
#include "names.mica.hpp"

#include "mica/actors/service.hpp"

#include <caf/test/unit_test.hpp>

#include <google/protobuf/empty.pb.h>

using namespace std::chrono_literals;

using names::Word;

namespace {

Word word(std::string text) {
  Word result;
  result.set_text(std::move(text));
  return result;
}

/// A caller whose calls end in its own wrapper: nothing is sent anywhere.
struct fixture {
  fixture() {
    mica::service_options options;
    options.registry_name = "memory";
    options.client_wrappers = {[this](mica::client_function) {
      return [this](mica::client_request& request, mica::call_done done) {
        seen += request.service + " " + request.endpoint;
        deadline = request.options.deadline;
        if (failure) {
          done(failure);
          return;
        }
        if (auto* response = dynamic_cast<Word*>(request.response))
          response->set_text("to "
                             + dynamic_cast<const Word&>(*request.request).text());
        done({});
      };
    }};
    caller = std::make_unique<mica::service>("caller", options);
  }

  std::string seen;
  std::optional<std::chrono::nanoseconds> deadline;
  mica::error failure;
  std::unique_ptr<mica::service> caller;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(generated_client_tests, fixture)

  CAF_TEST(a blocking call returns the response) {
    names::clash_client client{*caller, "clash"};
    auto response = client.say_hello(word("you"));
    CAF_REQUIRE(response);
    CAF_CHECK_EQUAL(response->text(), "to you");
    CAF_CHECK_EQUAL(seen, "clash ClashService.SayHello");
  }

  CAF_TEST(a blocking call returns the error) {
    failure = mica::error{404, "nobody"};
    auto response = names::clash_client{*caller, "clash"}.say_hello(word("you"));
    CAF_REQUIRE(!response);
    CAF_CHECK_EQUAL(response.error().detail, "nobody");
  }

  CAF_TEST(a continuation gets the response) {
    names::clash_client client{*caller, "clash"};
    std::string got;
    client.delete_({}, word("you"), [&](mica::expected<Word> x) { got = x->text(); });
    CAF_CHECK_EQUAL(got, "to you");
    CAF_CHECK_EQUAL(seen, "clash ClashService.Delete");
  }

  CAF_TEST(a continuation gets the error) {
    failure = mica::error{404, "nobody"};
    names::clash_client client{*caller, "clash"};
    std::string got;
    client.delete_({}, word("you"),
                   [&](mica::expected<Word> x) { got = x.error().detail; });
    CAF_CHECK_EQUAL(got, "nobody");
  }

  CAF_TEST(options travel with the call) {
    names::clash_client client{*caller, "clash"};
    CAF_CHECK(client.odd_name(word("x"), {.deadline = 3s}));
    CAF_CHECK(deadline == 3s);
    client.odd_name({}, word("x"), [](mica::expected<Word>) {}, {.deadline = 4s});
    CAF_CHECK(deadline == 4s);
  }

  CAF_TEST(the last method is called by its own name) {
    CAF_CHECK(names::clash_client(*caller, "clash").odd_name(word("x")));
    CAF_CHECK_EQUAL(seen, "clash ClashService.Odd__Name");
  }

  // Go Micro v1's generator: the package or else the service in lower case.
  CAF_TEST(without a name the client calls what Go Micro would) {
    imports::mica::importer_client packaged{*caller};
    CAF_CHECK_EQUAL(packaged.service_name(), "imports.mica");
    level_keeper_client plain{*caller};
    CAF_CHECK_EQUAL(plain.service_name(), "levelkeeper");
    google::protobuf::Empty nothing;
    CAF_CHECK(plain.safe(nothing));
    CAF_CHECK_EQUAL(seen, "levelkeeper LevelKeeper.Safe");
  }

  CAF_TEST_FIXTURE_SCOPE_END()
