// What the cases of the broker contract share.

#pragma once

#include "contract/broker_world.hpp"

#include <caf/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace mica::test::broker_cases {

/// Ends the case if a request failed.
template <class T>
T must(expected<T> x, const char* what) {
  if (!x)
    CAF_FAIL(what << ": " << to_string(x.error()));
  return std::move(*x);
}

inline void connect_both(broker_world& world) {
  must(world.connect(world.broker()), "connect");
  must(world.connect(world.other()), "connect the other");
}

inline std::vector<std::string> numbered(size_t count) {
  std::vector<std::string> result;
  for (size_t i = 0; i < count; ++i)
    result.push_back("event " + std::to_string(i));
  return result;
}

/// Publishes all, each when the one before has been acknowledged.
inline void publish_all(broker_world& world, const std::string& topic,
                        const std::vector<std::string>& bodies) {
  for (const auto& x : bodies)
    must(world.publish(topic, x), "publish");
}

/// The same bodies without their order and without repetitions.
inline std::vector<std::string> distinct(std::vector<std::string> x) {
  std::sort(x.begin(), x.end());
  x.erase(std::unique(x.begin(), x.end()), x.end());
  return x;
}

inline std::vector<std::string> sorted(std::vector<std::string> x) {
  std::sort(x.begin(), x.end());
  return x;
}

inline std::vector<std::string> operator+(std::vector<std::string> x,
                                          const std::vector<std::string>& y) {
  x.insert(x.end(), y.begin(), y.end());
  return x;
}

} // namespace mica::test::broker_cases
