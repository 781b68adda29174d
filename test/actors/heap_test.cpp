#define CAF_SUITE heap

#include "runtime/heap.hpp"

#include <caf/test/unit_test.hpp>

#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>

#include <sys/resource.h>

namespace {

long faults_of_this_thread() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_minflt;
}

// What a call with a megabyte both ways takes, and frees.
char one_large_call() {
  constexpr size_t size = 1 << 20;
  std::array<std::unique_ptr<char[]>, 4> buffers;
  char sum = 0;
  for (auto& x : buffers) {
    x.reset(new char[size]);
    std::memset(x.get(), 1, size);
    sum = static_cast<char>(sum + x[size / 2]);
  }
  return sum;
}

} // namespace

// AddressSanitizer has a heap of its own.
#if !defined(__SANITIZE_ADDRESS__)

CAF_TEST(large calls one behind the other get the memory of the first) {
  unsetenv("GLIBC_TUNABLES");
  CAF_REQUIRE(mica::detail::keep_freed_memory());
  one_large_call();
  auto before = faults_of_this_thread();
  for (int i = 0; i < 20; ++i)
    CAF_CHECK_EQUAL(one_large_call(), 4);
  // 20 000 pages, had they been given back.
  CAF_CHECK_LESS(faults_of_this_thread() - before, 1000);
}

#endif

CAF_TEST(what the environment says of the heap stands) {
  setenv("MALLOC_TRIM_THRESHOLD_", "131072", 1);
  CAF_CHECK(!mica::detail::keep_freed_memory());
  unsetenv("MALLOC_TRIM_THRESHOLD_");
  setenv("GLIBC_TUNABLES", "glibc.malloc.arena_max=1", 1);
  CAF_CHECK(!mica::detail::keep_freed_memory());
  setenv("GLIBC_TUNABLES", "glibc.rtld.nns=4", 1);
#if !defined(__SANITIZE_ADDRESS__)
  CAF_CHECK(mica::detail::keep_freed_memory());
#endif
  unsetenv("GLIBC_TUNABLES");
}
