#define CAF_SUITE book

#include "memory/book.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica::discovery;
using namespace std::chrono_literals;

namespace {

const auto start = memory::time_point{} + 1h;

service_record greeter(const std::string& id, std::vector<mica::endpoint> endpoints) {
  return {"greeter", "latest", {}, std::move(endpoints), {{id, "127.0.0.1:1", {}}}};
}

} // namespace

CAF_TEST(a renewal moves the end of a lease and leaves the rest alone) {
  memory::book records;
  records.put(greeter("a", {{"Greeter.Hello", {}, {}, {}}}), start + 10s);
  records.put(greeter("b", {}), start + 10s);
  auto before = records.get("greeter");
  CAF_CHECK(records.renew("greeter", "latest", "a", start + 20s));
  CAF_CHECK(records.get("greeter") == before);
  records.expire(start + 10s);
  auto after = records.get("greeter");
  CAF_REQUIRE_EQUAL(after.versions.size(), 1u);
  CAF_REQUIRE_EQUAL(after.versions[0].nodes.size(), 1u);
  CAF_CHECK_EQUAL(after.versions[0].nodes[0].id, "a");
  records.expire(start + 20s);
  CAF_CHECK(records.get("greeter").versions.empty());
}

CAF_TEST(what is not there can not be renewed) {
  memory::book records;
  CAF_CHECK(!records.renew("greeter", "latest", "a", start));
  records.put(greeter("a", {}), start + 10s);
  CAF_CHECK(!records.renew("greeter", "latest", "b", start));
  CAF_CHECK(!records.renew("greeter", "1.0", "a", start));
  CAF_CHECK(!records.renew("other", "latest", "a", start));
}
