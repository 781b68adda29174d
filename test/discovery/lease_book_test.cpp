#define CAF_SUITE lease_book

#include "registry/lease_book.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica::discovery;
using namespace std::chrono_literals;

namespace {

service_record nodes_of(const std::string& service, const std::vector<std::string>& ids,
                        const std::string& version = "1") {
  service_record result{service, version, {}, {}, {}};
  for (const auto& id : ids)
    result.nodes.push_back({id, "h:1", {}});
  return result;
}

const auto start = lease_book::time_point{} + 1h;

std::vector<service_record> due(lease_book& book, lease_book::time_point now) {
  std::vector<service_record> result;
  for (auto& x : book.take_due(now))
    result.push_back(std::move(x.second.record));
  return result;
}

} // namespace

CAF_TEST(pauses double up to the longest and keep to their upper half) {
  CAF_CHECK(back_off(1, 30s, 0) == 250ms);
  CAF_CHECK(back_off(2, 30s, 0) == 500ms);
  CAF_CHECK(back_off(5, 30s, 0) == 4s);
  CAF_CHECK(back_off(7, 30s, 0) == 15s);
  CAF_CHECK(back_off(1'000'000, 30s, 0) == 15s);
  CAF_CHECK(back_off(0, 30s, 0) == 250ms);
  for (size_t failures = 1; failures < 12; ++failures) {
    CAF_CHECK(back_off(failures, 30s, 0.999) > back_off(failures, 30s, 0));
    CAF_CHECK(back_off(failures, 30s, 0.999) < 2 * back_off(failures, 30s, 0));
    CAF_CHECK(back_off(failures, 30s, 0.999) <= 30s);
  }
}

CAF_TEST(what is being made is not due) {
  lease_book book{30s};
  auto id = book.hold({nodes_of("s", {"a"}), 60s});
  CAF_CHECK(!book.next_due());
  CAF_CHECK(due(book, start + 1h).empty());
  book.succeeded(id, start, 0);
  CAF_CHECK(book.next_due() == start + 30s);
  CAF_CHECK(due(book, start + 30s - 1ns).empty());
  CAF_CHECK_EQUAL(due(book, start + 30s).size(), 1u);
  CAF_CHECK(!book.next_due());
}

CAF_TEST(jitter takes up to a tenth away) {
  lease_book book{30s};
  auto id = book.hold({nodes_of("s", {"a"}), 60s});
  book.succeeded(id, start, 0.5);
  CAF_CHECK(book.next_due() == start + 28'500ms);
  book.succeeded(id, start, 0.999'999);
  CAF_CHECK(*book.next_due() > start + 27s);
}

CAF_TEST(failures in a row wait longer and a success ends the row) {
  lease_book book{30s};
  auto id = book.hold({nodes_of("s", {"a"}), 60s});
  book.failed(id, start, 0);
  CAF_CHECK(book.next_due() == start + 250ms);
  book.failed(id, start, 0);
  CAF_CHECK(book.next_due() == start + 500ms);
  book.succeeded(id, start, 0);
  book.failed(id, start, 0);
  CAF_CHECK(book.next_due() == start + 250ms);
}

CAF_TEST(the earliest is due first) {
  lease_book book{30s};
  auto a = book.hold({nodes_of("a", {"a"}), 60s});
  auto b = book.hold({nodes_of("b", {"b"}), 60s});
  book.succeeded(a, start + 5s, 0);
  book.succeeded(b, start, 0);
  CAF_CHECK(book.next_due() == start + 30s);
  CAF_CHECK(due(book, start + 30s) == std::vector{nodes_of("b", {"b"})});
  CAF_CHECK(book.next_due() == start + 35s);
}

CAF_TEST(a node belongs to its latest registration) {
  lease_book book{30s};
  auto first = book.hold({nodes_of("s", {"a", "b"}), 60s});
  auto second = book.hold({nodes_of("s", {"b"}, "2"), 60s});
  book.succeeded(first, start, 0);
  book.succeeded(second, start, 0);
  CAF_CHECK(due(book, start + 30s)
            == (std::vector{nodes_of("s", {"a"}), nodes_of("s", {"b"}, "2")}));
}

CAF_TEST(a released node is held no longer) {
  lease_book book{30s};
  auto id = book.hold({nodes_of("s", {"a", "b"}), 60s});
  auto other = book.hold({nodes_of("t", {"a"}), 60s});
  book.release(nodes_of("s", {"a"}));
  CAF_CHECK_EQUAL(book.size(), 2u);
  book.release(nodes_of("s", {"b"}));
  CAF_CHECK_EQUAL(book.size(), 1u);
  // A report about it comes late.
  book.succeeded(id, start, 0);
  book.failed(id, start, 0);
  CAF_CHECK(!book.next_due());
  book.give_up(other);
  CAF_CHECK_EQUAL(book.size(), 0u);
}

CAF_TEST(hurry makes everything due but what is being made) {
  lease_book book{30s};
  auto a = book.hold({nodes_of("a", {"a"}), 60s});
  book.hold({nodes_of("b", {"b"}), 60s});
  book.succeeded(a, start, 0);
  book.hurry(start + 1s);
  CAF_CHECK(due(book, start + 1s) == std::vector{nodes_of("a", {"a"})});
}

CAF_TEST(without an interval nothing is ever due) {
  lease_book book{0s};
  auto id = book.hold({nodes_of("s", {"a"}), 60s});
  book.succeeded(id, start, 0);
  CAF_CHECK(!book.next_due());
  book.failed(id, start, 0);
  CAF_CHECK(!book.next_due());
}
