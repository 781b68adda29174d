// Calls the service that service.cpp is. On a plain thread, reading and writing block:
//
//   $ stream-client
//   count: 1 2 3
//   sum: 6
//   follow: 10 30 60

#include "numbers.mica.hpp"

#include "mica/actors/service.hpp"

#include <initializer_list>
#include <iostream>

using numbers::Number;

namespace {

Number number(int64_t value) {
  Number result;
  result.set_value(value);
  return result;
}

int fail(const mica::error& why) {
  std::cerr << to_string(why) << '\n';
  return 1;
}

} // namespace

int main(int argc, char** argv) {
  mica::service service{"numbers.client"};
  service.init(argc, argv);
  numbers::numbers_client client{service};

  auto count = client.count(number(3));
  std::cout << "count:";
  while (auto next = count.read())
    std::cout << ' ' << next->value();
  std::cout << '\n';
  if (auto done = count.finish(); !done)
    return fail(done.error());

  auto sum = client.sum();
  for (int64_t i : {1, 2, 3})
    sum.write(number(i));
  sum.end();
  if (auto total = sum.read())
    std::cout << "sum: " << total->value() << '\n';
  if (auto done = sum.finish(); !done)
    return fail(done.error());

  // [client]
  auto follow = client.follow({.deadline = std::chrono::seconds{10}});
  std::cout << "follow:";
  for (int64_t i : {10, 20, 30}) {
    follow.write(number(i));
    if (auto so_far = follow.read())
      std::cout << ' ' << so_far->value();
  }
  std::cout << '\n';
  // Sends no more and waits for the outcome of the call.
  if (auto done = follow.finish(); !done)
    return fail(done.error());
  // [client]
}
