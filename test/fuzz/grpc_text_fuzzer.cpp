// The grammars of grpc-message, of fields `-bin` and of grpc-status-details-bin.

#include "grpc/details.hpp"
#include "grpc/text.hpp"

#include "invariant.hpp"

using namespace mica;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text{reinterpret_cast<const char*>(data), size};
  auto encoded = grpc::encode_percent(text);
  for (auto c : encoded)
    require(c >= ' ' && c <= '~', "a field's value");
  require(grpc::decode_percent(encoded) == text, "percent encoding is reversible");
  require(grpc::decode_percent(text).size() <= text.size(), "decoding never grows");

  std::string binary;
  grpc::append_binary(binary, text);
  require(binary.find('=') == binary.npos, "no padding");
  require(grpc::parse_binary(binary) == text, "base64 is reversible");
  if (auto bytes = grpc::parse_binary(text))
    require(bytes->size() <= text.size() / 4 * 3 + 2, "base64 shrinks");

  if (auto status = grpc::decode_status(text)) {
    auto again = grpc::decode_status(encode(*status));
    require(again && again->code == status->code && again->message == status->message
                && again->details == status->details,
            "a status is written and read again");
  }
  if (auto failure = grpc::decode_micro_error(text)) {
    auto again =
        grpc::decode_micro_error(grpc::encode_micro_error(*failure, failure->detail));
    require(again && *again == *failure, "an error is written and read again");
    require(static_cast<bool>(*failure), "it is a failure");
  }
  return 0;
}
