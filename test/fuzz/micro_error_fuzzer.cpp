// Micro-Error values: any text is an error, and what we write we read.

#include "mica/codecs/error.hpp"

#include "invariant.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto failure = mica::parse_error({reinterpret_cast<const char*>(data), size});
  mica::fuzz::require(static_cast<bool>(failure) || size == 0
                          || failure.reason != mica::errc::none,
                      "a peer's error is never a success");
  auto text = mica::to_json(failure);
  mica::fuzz::require(text.find('\n') == std::string::npos, "one line");
  // Bytes that are no UTF-8 are replaced in the first round.
  auto second = mica::to_json(mica::parse_error(text));
  mica::fuzz::require(mica::to_json(mica::parse_error(second)) == second, "stable");
  return 0;
}
