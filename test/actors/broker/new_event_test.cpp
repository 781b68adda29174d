#define CAF_SUITE new_event

#include "mica/actors/new_event.hpp"

#include <caf/test/unit_test.hpp>

#include <set>
#include <thread>
#include <vector>

using namespace mica;

namespace {

std::shared_ptr<event> filled(std::string body = "body") {
  auto result = new_event();
  result->topic = "topic";
  result->key = "key";
  result->headers.add("Name", "value");
  result->body = std::move(body);
  return result;
}

bool is_empty(const event& x) {
  return x.topic.empty() && x.headers.empty() && x.body.empty() && x.key.empty();
}

} // namespace

CAF_TEST(a new event is empty wherever the last one went) {
  // More than once around, ended here and elsewhere.
  for (int i = 0; i < 3; ++i) {
    auto here = filled();
    std::shared_ptr<const event> there = filled();
    here.reset();
    std::thread{[x = std::move(there)]() mutable { x.reset(); }}.join();
    CAF_CHECK(is_empty(*new_event()));
  }
}

CAF_TEST(two events at a time are two) {
  std::vector<std::shared_ptr<event>> all;
  std::set<const event*> places;
  for (size_t i = 0; i < event_reuse::events + 10; ++i) {
    all.push_back(filled(std::to_string(i)));
    places.insert(all.back().get());
  }
  CAF_CHECK_EQUAL(places.size(), all.size());
  for (size_t i = 0; i < all.size(); ++i)
    if (all[i]->body != std::to_string(i))
      CAF_FAIL("event " << i << " was overwritten");
}

CAF_TEST(the text of a large event is not kept) {
  for (int i = 0; i < 3; ++i) {
    auto large = filled(std::string(event_reuse::bytes * 100, 'x'));
    large->headers.add("Large", std::string(event_reuse::bytes * 100, 'x'));
    large.reset();
    CAF_CHECK(new_event()->body.capacity() <= event_reuse::bytes);
  }
}

CAF_TEST(an event outlives the thread that made it) {
  std::vector<std::shared_ptr<event>> left;
  std::thread{[&] {
    for (int i = 0; i < 3; ++i)
      left.push_back(filled());
    // This one's place is free when the thread ends.
    filled();
  }}.join();
  for (const auto& x : left)
    CAF_CHECK_EQUAL(x->body, "body");
  left.pop_back();
  std::thread{[&] { left.clear(); }}.join();
}

CAF_TEST(a weak pointer keeps the place of its event) {
  std::weak_ptr<event> weak = filled();
  CAF_CHECK(weak.expired());
  auto next = new_event();
  CAF_CHECK(!weak.lock());
}
