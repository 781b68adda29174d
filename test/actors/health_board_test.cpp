#define CAF_SUITE health_board

#include "health/health_board.hpp"

#include <caf/test/unit_test.hpp>

using mica::detail::health_board;
using mica::detail::readiness;
using mica::detail::serving_status;

CAF_TEST(known names serve while the server is ready) {
  health_board board;
  board.add("demo.Greeter");
  for (const char* name : {"", "demo.Greeter"}) {
    board.set(readiness::starting);
    CAF_CHECK(board.status_of(name) == serving_status::not_serving);
    board.set(readiness::ready);
    CAF_CHECK(board.status_of(name) == serving_status::serving);
    board.set(readiness::stopping);
    CAF_CHECK(board.status_of(name) == serving_status::not_serving);
  }
}

CAF_TEST(other names are unknown whatever the server does) {
  health_board board;
  board.add("demo.Greeter");
  for (auto now : {readiness::starting, readiness::ready, readiness::stopping}) {
    board.set(now);
    for (const char* name : {"Greeter", "demo.Greeter.Hello", "demo.greeter", " "})
      CAF_CHECK(board.status_of(name) == serving_status::service_unknown);
  }
}

CAF_TEST(those who watch are told of changes alone) {
  health_board board;
  int told = 0;
  auto watch = board.watchers().add([&] { ++told; });
  board.set(readiness::starting);
  CAF_CHECK_EQUAL(told, 0);
  board.set(readiness::ready);
  CAF_CHECK_EQUAL(told, 1);
  board.set(readiness::ready);
  CAF_CHECK_EQUAL(told, 1);
  board.set(readiness::stopping);
  CAF_CHECK_EQUAL(told, 2);
}
