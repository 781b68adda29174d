// gRPC frames: the first byte says the coding, the second how the rest is sliced.

#include "invariant.hpp"
#include "mica/codecs/grpc_frame.hpp"

#include <string>
#include <vector>

using namespace mica;
using fuzz::require;

namespace {

constexpr size_t limit = 64 * 1024;

struct outcome {
  std::vector<std::string> messages;
  error failure;
  bool complete = false;
};

outcome read(std::string_view text, size_t step, grpc::coding from) {
  grpc::message_reader reader{from, limit};
  outcome result;
  while (!text.empty() && !reader.failure()) {
    auto piece = text.substr(0, step);
    text.remove_prefix(piece.size());
    std::string_view message;
    while (reader.next(piece, message)) {
      require(message.size() <= limit, "no message above the limit");
      result.messages.emplace_back(message);
    }
    require(piece.empty() || reader.failure(), "input is used up");
    require(reader.kept() <= limit + grpc::prefix_bytes, "what is kept is bounded");
  }
  result.failure = reader.failure();
  result.complete = reader.finish().has_value();
  return result;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2)
    return 0;
  auto from = static_cast<grpc::coding>(data[0] % 3);
  size_t step = data[1] + size_t{1};
  std::string_view text{reinterpret_cast<const char*>(data) + 2, size - 2};
  auto whole = read(text, text.size() + 1, from);
  auto sliced = read(text, step, from);
  require(whole.messages == sliced.messages && whole.failure == sliced.failure
              && whole.complete == sliced.complete,
          "slicing does not matter");
  std::string again;
  for (const auto& x : whole.messages) {
    auto begin = grpc::begin_message(again);
    again += x;
    require(grpc::end_message(again, begin, from, limit).has_value(),
            "it can be written");
  }
  auto copy = read(again, step, from);
  require(copy.complete && copy.messages == whole.messages, "and read again");
  return 0;
}
