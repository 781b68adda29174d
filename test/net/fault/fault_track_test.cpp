#define CAF_SUITE fault_track

#include "fault/fault_track.hpp"

#include <caf/test/unit_test.hpp>

#include <string>

using namespace mica::net;
using namespace std::chrono_literals;

namespace {

using kind = fault::kind;
using side = fault::direction;

fault make(kind what, uint64_t at, uint64_t bytes = UINT64_MAX, size_t size = 1) {
  fault result;
  result.what = what;
  result.at = at;
  result.bytes = bytes;
  result.size = size;
  result.time = 7ms;
  return result;
}

/// What becomes of `bytes` bytes offered at once: each step as a word.
std::string course(std::vector<fault> all, size_t bytes) {
  fault_track track{all, side::in};
  std::string result;
  while (bytes > 0) {
    auto step = track.next(bytes);
    if (step.reset)
      return result + "reset";
    if (step.half_close)
      return result + "half_close";
    if (step.delay.count() > 0) {
      result += "delay ";
      continue;
    }
    result += std::to_string(step.bytes);
    result += step.drop ? "d" : "";
    result += step.mask != 0 ? "c" : "";
    result += step.pause ? "| " : " ";
    track.passed(step.bytes);
    bytes -= step.bytes;
  }
  return result;
}

} // namespace

CAF_TEST(without faults everything passes at once) {
  CAF_CHECK_EQUAL(course({}, 10), "10 ");
  CAF_CHECK(fault_track({make(kind::drop, 0)}, side::out).empty());
  CAF_CHECK(!fault_track({make(kind::drop, 0)}, side::in).empty());
}

CAF_TEST(each kind begins at its byte and lasts as long as it says) {
  CAF_CHECK_EQUAL(course({make(kind::drop, 3, 2)}, 10), "3 2d 5 ");
  CAF_CHECK_EQUAL(course({make(kind::corrupt, 0, 4)}, 10), "4c 6 ");
  CAF_CHECK_EQUAL(course({make(kind::slice, 2, 6, 4)}, 10), "2 4| 2| 2 ");
  CAF_CHECK_EQUAL(course({make(kind::delay, 4)}, 10), "4 delay 6 ");
  CAF_CHECK_EQUAL(course({make(kind::reset, 4)}, 10), "4 reset");
  CAF_CHECK_EQUAL(course({make(kind::half_close, 0)}, 10), "half_close");
}

CAF_TEST(faults add up) {
  CAF_CHECK_EQUAL(
      course({make(kind::slice, 0, UINT64_MAX, 4), make(kind::corrupt, 6, 1)}, 10),
      "4| 2| 1c| 3| ");
  CAF_CHECK_EQUAL(course({make(kind::delay, 2), make(kind::delay, 2)}, 3),
                  "2 delay delay 1 ");
}

CAF_TEST(a fault at the end of all bytes does not happen) {
  CAF_CHECK_EQUAL(course({make(kind::reset, 10)}, 10), "10 ");
}

CAF_TEST(slices of nothing are slices of one byte) {
  CAF_CHECK_EQUAL(course({make(kind::slice, 0, 2, 0)}, 3), "1| 1| 1 ");
}

CAF_TEST(a seed gives the same faults again) {
  fault_odds odds;
  odds.corrupt = odds.delay = odds.reset = 50;
  auto text = [](const std::vector<fault>& xs) {
    std::string result;
    for (const auto& x : xs)
      result += std::to_string(static_cast<int>(x.what)) + ":" + std::to_string(x.at)
                + ":" + std::to_string(x.time.count()) + " ";
    return result;
  };
  auto one = random_faults(1, odds);
  auto again = random_faults(1, odds);
  auto other = random_faults(2, odds);
  std::string all;
  std::string all_others;
  for (size_t i = 0; i < 50; ++i)
    CAF_CHECK_EQUAL(text(one(i)), text(again(i)));
  for (size_t i = 0; i < 50; ++i) {
    all += text(one(i));
    all_others += text(other(i));
  }
  CAF_CHECK_NOT_EQUAL(all, all_others);
}

CAF_TEST(odds are kept) {
  fault_odds odds;
  odds.corrupt = 20;
  odds.within = 10;
  auto draw = random_faults(7, odds);
  size_t hits = 0;
  for (size_t i = 0; i < 1000; ++i)
    for (const auto& x : draw(i)) {
      CAF_CHECK(x.what == kind::corrupt);
      CAF_CHECK(x.at < 10);
      ++hits;
    }
  // Five standard deviations.
  CAF_CHECK(hits > 137);
  CAF_CHECK(hits < 263);
}

CAF_TEST(plans choose their connections) {
  auto plan = on_connection(2, {make(kind::drop, 0)});
  CAF_CHECK_EQUAL(plan(1).size(), 0u);
  CAF_CHECK_EQUAL(plan(2).size(), 1u);
  CAF_CHECK_EQUAL(on_every_connection({make(kind::drop, 0)})(5).size(), 1u);
}
