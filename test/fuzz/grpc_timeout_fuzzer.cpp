// grpc-timeout: what is read is written and read to no less.

#include "grpc/text.hpp"

#include "invariant.hpp"

using namespace mica;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto time = grpc::parse_timeout({reinterpret_cast<const char*>(data), size});
  if (!time)
    return 0;
  require(size >= 2 && size <= 9, "one to eight digits and a unit");
  require(time->count() >= 0, "never negative");
  auto text = grpc::format_timeout(*time);
  auto again = grpc::parse_timeout(text);
  require(again && *again >= *time, "nothing is lost");
  require(grpc::format_timeout(*again) == text, "and the text is stable");
  return 0;
}
