// protobuf's output, behind what a string holds.

#pragma once

#include <google/protobuf/io/zero_copy_stream.h>

#include <array>
#include <string>

namespace mica::proto {

/// Appends to a string: long texts straight from the message, the rest by way of a
/// small buffer. Complete once the stream that writes to it is destroyed or trimmed,
/// and this too.
class string_sink final : public google::protobuf::io::ZeroCopyOutputStream {
public:
  /// @param out outlives the sink; has room for what comes, or grows.
  explicit string_sink(std::string& out) : out_(&out) {
    // nop
  }

  ~string_sink() override {
    flush();
  }

  bool Next(void** data, int* size) override;
  void BackUp(int count) override;
  bool WriteAliasedRaw(const void* data, int size) override;

  bool AllowsAliasing() const override {
    return true;
  }

  int64_t ByteCount() const override {
    return static_cast<int64_t>(written_ + used_);
  }

private:
  void flush();

  std::string* out_;
  std::array<char, 2048> buffer_;
  size_t used_ = 0;
  size_t written_ = 0;
};

} // namespace mica::proto
