#define CAF_SUITE lru_map

#include "registry/lru_map.hpp"

#include <caf/test/unit_test.hpp>

#include <string>

using mica::discovery::lru_map;

namespace {

// Erases the oldest entries one by one and returns their keys.
std::string drained(lru_map<int>& map) {
  std::string result;
  while (auto oldest = map.oldest()) {
    result += *oldest;
    map.erase(std::string{*oldest});
  }
  return result;
}

lru_map<int> with(const std::string& keys) {
  lru_map<int> result;
  for (auto key : keys)
    result.use(std::string(1, key)) = key;
  return result;
}

} // namespace

CAF_TEST(the entry used longest ago is the oldest) {
  auto map = with("abcd");
  map.use("b");
  map.use("a");
  CAF_CHECK_EQUAL(map.size(), 4u);
  CAF_CHECK_EQUAL(drained(map), "cdba");
  CAF_CHECK_EQUAL(map.size(), 0u);
}

CAF_TEST(finding is no use) {
  auto map = with("ab");
  CAF_REQUIRE(map.find("a"));
  CAF_CHECK_EQUAL(*map.find("a"), 'a');
  CAF_CHECK(map.find("z") == nullptr);
  CAF_CHECK_EQUAL(map.size(), 2u);
  CAF_CHECK_EQUAL(drained(map), "ab");
}

CAF_TEST(a pinned entry is never the oldest) {
  auto map = with("abc");
  map.pin("a", true);
  map.pin("a", true);
  map.use("a");
  CAF_CHECK_EQUAL(drained(map), "bc");
  CAF_CHECK_EQUAL(map.size(), 1u);
  CAF_CHECK(map.oldest() == nullptr);
  map.pin("a", false);
  CAF_CHECK_EQUAL(drained(map), "a");
}

CAF_TEST(unpinning counts as a use) {
  auto map = with("abc");
  map.pin("a", true);
  map.pin("a", false);
  CAF_CHECK_EQUAL(drained(map), "bca");
}

CAF_TEST(erasing and pinning the unknown does nothing) {
  auto map = with("a");
  map.erase("z");
  map.pin("z", true);
  CAF_CHECK_EQUAL(map.size(), 1u);
  map.pin("a", true);
  map.erase("a");
  CAF_CHECK_EQUAL(map.size(), 0u);
  CAF_CHECK(map.oldest() == nullptr);
}

CAF_TEST(every entry is visited once in the order of keys) {
  auto map = with("cab");
  map.pin("b", true);
  std::string seen;
  map.for_each([&](const std::string& key, int) { seen += key; });
  CAF_CHECK_EQUAL(seen, "abc");
  map.clear();
  CAF_CHECK_EQUAL(map.size(), 0u);
  CAF_CHECK(map.oldest() == nullptr);
}
