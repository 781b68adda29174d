#define CAF_SUITE retry

#include "client/retry.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica;
using namespace std::chrono_literals;

using detail::back_off;
using detail::may_retry;

namespace {

error with(errc reason, std::string id = "go.micro.client") {
  return {reason, "text", std::move(id)};
}

} // namespace

CAF_TEST(what never left is repeated by every rule but never) {
  auto failure = with(errc::connection_failed);
  CAF_CHECK(may_retry(retry_rule::safe, idempotency::unknown, failure));
  CAF_CHECK(may_retry(retry_rule::always, idempotency::unknown, failure));
  CAF_CHECK(may_retry(retry_rule::go_micro, idempotency::unknown, failure));
  CAF_CHECK(!may_retry(retry_rule::never, idempotency::unknown, failure));
}

CAF_TEST(what may have run is repeated only if the method is declared for it) {
  for (auto reason : {errc::connection_lost, errc::timeout, errc::internal}) {
    auto failure = with(reason);
    CAF_CHECK(!may_retry(retry_rule::safe, idempotency::unknown, failure));
    CAF_CHECK(may_retry(retry_rule::safe, idempotency::idempotent, failure));
    CAF_CHECK(may_retry(retry_rule::safe, idempotency::no_side_effects, failure));
  }
}

CAF_TEST(a refusal by the server before any handler is repeated) {
  CAF_CHECK(may_retry(retry_rule::safe, idempotency::unknown,
                      with(errc::overloaded, "mica.server")));
  CAF_CHECK(!may_retry(retry_rule::safe, idempotency::unknown,
                       with(errc::overloaded, "greeter")));
}

CAF_TEST(what is wrong with the request is never repeated) {
  for (auto reason : {errc::invalid_argument, errc::endpoint_not_found,
                      errc::permission_denied, errc::conflict})
    for (auto rule : {retry_rule::safe, retry_rule::always, retry_rule::go_micro})
      CAF_CHECK(!may_retry(rule, idempotency::idempotent, with(reason)));
}

CAF_TEST(the rule of Go Micro repeats any 408 and 500) {
  CAF_CHECK(may_retry(retry_rule::go_micro, idempotency::unknown, error{500, "x"}));
  CAF_CHECK(may_retry(retry_rule::go_micro, idempotency::unknown, error{408, "x"}));
  CAF_CHECK(!may_retry(retry_rule::go_micro, idempotency::unknown, error{400, "x"}));
}

CAF_TEST(back off follows Go Micro and is bounded) {
  CAF_CHECK(back_off(1) == 0ns);
  CAF_CHECK(back_off(2) == 100ms);
  CAF_CHECK(back_off(3) > 650ms);
  CAF_CHECK(back_off(3) < 670ms);
  CAF_CHECK(back_off(1000) == 2min);
}
