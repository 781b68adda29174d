#include "mica/codecs/grpc_frame.hpp"

#include "grpc/zlib.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace mica::grpc {

namespace {

// A buffer that once held a larger message is not kept for the next one.
constexpr size_t max_kept_bytes = 64 * 1024;

uint32_t read_length(const char* at) noexcept {
  uint32_t result = 0;
  for (int i = 0; i < 4; ++i)
    result = result << 8 | static_cast<uint8_t>(at[i]);
  return result;
}

void write_prefix(char* to, bool compressed, size_t length) noexcept {
  *to = compressed ? 1 : 0;
  for (int i = 4; i > 0; --i, length >>= 8)
    to[i] = static_cast<char>(length & 0xff);
}

void recycle(std::string& buffer) {
  if (buffer.capacity() > max_kept_bytes)
    std::string{}.swap(buffer);
  else
    buffer.clear();
}

error too_large(size_t size, size_t limit) {
  return {errc::limit_exceeded, "a message of " + std::to_string(size)
                                    + " bytes; at most " + std::to_string(limit)
                                    + " are allowed (message_bytes)"};
}

constexpr std::string_view names[] = {"identity", "gzip", "deflate"};

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

} // namespace

std::string_view to_string(coding x) noexcept {
  return names[static_cast<size_t>(x)];
}

std::optional<coding> parse_coding(std::string_view name) noexcept {
  for (auto x : {coding::identity, coding::gzip, coding::deflate})
    if (name == to_string(x))
      return x;
  return std::nullopt;
}

bool accepts(std::string_view list, coding x) noexcept {
  if (x == coding::identity)
    return true;
  while (!list.empty()) {
    auto comma = std::min(list.find(','), list.size());
    if (trimmed(list.substr(0, comma)) == to_string(x))
      return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

message_reader::message_reader(coding from, size_t message_bytes)
  : limit_(message_bytes),
    from_(from) {
  // nop
}

message_reader::message_reader(message_reader&&) noexcept = default;
message_reader& message_reader::operator=(message_reader&&) noexcept = default;
message_reader::~message_reader() = default;

bool message_reader::fail(error why) {
  failure_ = std::move(why);
  recycle(buffer_);
  recycle(inflated_);
  return false;
}

bool message_reader::open_prefix(std::string_view prefix) {
  auto flag = static_cast<uint8_t>(prefix[0]);
  if (flag > 1)
    return fail({errc::protocol_error, "a gRPC message begins with the flag "
                                           + std::to_string(flag)
                                           + "; 0 and 1 are known"});
  if (flag == 1 && from_ == coding::identity)
    return fail({errc::protocol_error,
                 "a gRPC message is marked as compressed, but grpc-encoding names no "
                 "compression"});
  compressed_ = flag == 1;
  wanted_ = read_length(prefix.data() + 1);
  if (wanted_ > limit_)
    return fail(too_large(wanted_, limit_));
  return true;
}

bool message_reader::deliver(std::string_view payload, std::string_view& message) {
  if (!compressed_) {
    message = payload;
    return true;
  }
  if (!zlib_)
    zlib_ = std::make_unique<inflater>(from_);
  if (auto ok = zlib_->run(payload, limit_, inflated_); !ok)
    return fail(std::move(ok.error()));
  message = inflated_;
  return true;
}

bool message_reader::next(std::string_view& input, std::string_view& message) {
  if (failure_)
    return false;
  if (std::exchange(delivered_, false)) {
    recycle(buffer_);
    prefix_size_ = 0;
  }
  if (inflated_.capacity() > max_kept_bytes)
    recycle(inflated_);
  // Whatever is kept needs more; an empty view may be null, which memcpy may not get.
  if (input.empty())
    return false;
  if (prefix_size_ == 0 && input.size() >= prefix_bytes) {
    if (!open_prefix(input))
      return false;
    if (input.size() - prefix_bytes >= wanted_) {
      auto payload = input.substr(prefix_bytes, wanted_);
      input.remove_prefix(prefix_bytes + wanted_);
      return deliver(payload, message);
    }
  }
  if (prefix_size_ < prefix_bytes) {
    auto size = std::min(prefix_bytes - prefix_size_, input.size());
    std::memcpy(prefix_.data() + prefix_size_, input.data(), size);
    prefix_size_ = static_cast<uint8_t>(prefix_size_ + size);
    input.remove_prefix(size);
    if (prefix_size_ < prefix_bytes || !open_prefix({prefix_.data(), prefix_bytes}))
      return false;
    // All at once: pages that no byte reaches cost nothing, copies while growing do.
    buffer_.reserve(wanted_);
  }
  auto size = std::min(wanted_ - buffer_.size(), input.size());
  buffer_.append(input.data(), size);
  input.remove_prefix(size);
  if (buffer_.size() < wanted_)
    return false;
  delivered_ = true;
  return deliver(buffer_, message);
}

expected<void> message_reader::finish() const {
  if (failure_)
    return failure_;
  if (delivered_ || prefix_size_ == 0)
    return {};
  if (prefix_size_ < prefix_bytes)
    return error{errc::protocol_error, "the body ends within a gRPC message's prefix"};
  return error{errc::protocol_error,
               "the body ends after " + std::to_string(buffer_.size()) + " of the "
                   + std::to_string(wanted_) + " bytes of a gRPC message"};
}

size_t begin_message(std::string& out) {
  auto begin = out.size();
  out.append(prefix_bytes, '\0');
  return begin;
}

expected<void> end_message(std::string& out, size_t begin, coding as,
                           size_t message_bytes) {
  auto size = out.size() - begin - prefix_bytes;
  if (size > message_bytes) {
    out.resize(begin);
    return too_large(size, message_bytes);
  }
  if (as != coding::identity && size > 0) {
    std::string smaller;
    if (deflate_onto(smaller, std::string_view{out}.substr(begin + prefix_bytes), as)) {
      out.replace(begin + prefix_bytes, size, smaller);
      write_prefix(out.data() + begin, true, smaller.size());
      return {};
    }
  }
  write_prefix(out.data() + begin, false, size);
  return {};
}

} // namespace mica::grpc
