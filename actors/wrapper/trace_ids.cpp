#include "wrapper/trace_ids.hpp"

#include <algorithm>
#include <cstring>
#include <random>

namespace mica {

namespace detail {

namespace {

constexpr size_t max_state_bytes = 512;
// Go Micro's ids are UUIDs; whoever sends more than this sends something else.
constexpr size_t max_micro_id = 128;

int digit(char x) noexcept {
  if (x >= '0' && x <= '9')
    return x - '0';
  if (x >= 'a' && x <= 'f')
    return x - 'a' + 10;
  return -1;
}

bool read_hex(std::string_view text, uint8_t* bytes, size_t count) {
  if (text.size() != 2 * count)
    return false;
  for (size_t i = 0; i < count; ++i) {
    auto high = digit(text[2 * i]);
    auto low = digit(text[2 * i + 1]);
    if (high < 0 || low < 0)
      return false;
    bytes[i] = static_cast<uint8_t>(high << 4 | low);
  }
  return true;
}

std::string hex(const uint8_t* bytes, size_t count) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string result;
  result.reserve(2 * count);
  for (size_t i = 0; i < count; ++i) {
    result += digits[bytes[i] >> 4];
    result += digits[bytes[i] & 0x0f];
  }
  return result;
}

template <size_t N>
bool is_zero(const std::array<uint8_t, N>& id) {
  return std::all_of(id.begin(), id.end(), [](uint8_t x) { return x == 0; });
}

// FNV-1a.
uint64_t hash(std::string_view text, uint64_t basis) {
  for (auto x : text) {
    basis ^= static_cast<uint8_t>(x);
    basis *= 0x100000001b3u;
  }
  return basis;
}

void put(uint64_t x, uint8_t* to) {
  for (size_t i = 0; i < 8; ++i)
    to[i] = static_cast<uint8_t>(x >> (56 - 8 * i));
}

// The hexadecimal digits of a UUID or of an id without dashes, in lower case.
std::string digits_of(std::string_view text) {
  std::string result;
  for (auto x : text)
    if (x != '-')
      result += x >= 'A' && x <= 'F' ? static_cast<char>(x - 'A' + 'a') : x;
  return result;
}

} // namespace

std::optional<trace_context> parse_traceparent(std::string_view text) {
  constexpr size_t size = 55;
  if (text.size() < size || text[2] != '-' || text[35] != '-' || text[52] != '-')
    return std::nullopt;
  uint8_t version = 0;
  trace_context result;
  if (!read_hex(text.substr(0, 2), &version, 1) || version == 0xff
      || !read_hex(text.substr(3, 32), result.trace_id.data(), 16)
      || !read_hex(text.substr(36, 16), result.span_id.data(), 8)
      || !read_hex(text.substr(53, 2), &result.flags, 1))
    return std::nullopt;
  if (text.size() > size && (version == 0 || text[size] != '-'))
    return std::nullopt;
  if (is_zero(result.trace_id) || is_zero(result.span_id))
    return std::nullopt;
  result.flags &= 1;
  return result;
}

std::string to_traceparent(const trace_context& x) {
  return "00-" + to_hex(x.trace_id) + "-" + to_hex(x.span_id) + "-" + hex(&x.flags, 1);
}

std::optional<trace_context> parse_micro_trace(std::string_view trace,
                                               std::string_view span) {
  if (trace.empty() || trace.size() > max_micro_id || span.size() > max_micro_id)
    return std::nullopt;
  trace_context result;
  result.micro_trace = trace;
  // Whoever sends one wants it to be seen: Go Micro knows no sampling.
  result.flags = 1;
  if (!read_hex(digits_of(trace), result.trace_id.data(), 16)
      || is_zero(result.trace_id)) {
    put(hash(trace, 0xcbf29ce484222325u), result.trace_id.data());
    put(hash(trace, 0x84222325cbf29ce4u), result.trace_id.data() + 8);
  }
  auto digits = digits_of(span);
  if (digits.size() == 32)
    digits.resize(16);
  if (!read_hex(digits, result.span_id.data(), 8) || is_zero(result.span_id))
    put(hash(span, 0xcbf29ce484222325u), result.span_id.data());
  return result;
}

std::string to_uuid(const std::array<uint8_t, 16>& id) {
  auto result = to_hex(id);
  for (size_t at : {20, 16, 12, 8})
    result.insert(at, 1, '-');
  return result;
}

std::string join_tracestate(const metadata& from) {
  std::string result;
  for (auto field : from) {
    if (!equal_names(field.name, "tracestate") || field.value.empty())
      continue;
    if (!result.empty())
      result += ',';
    result += field.value;
    if (result.size() > max_state_bytes)
      return {};
  }
  return result;
}

void fill_random(uint8_t* bytes, size_t count) {
  // Ids have to be unique, not secret.
  thread_local std::mt19937_64 source = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device()};
    return std::mt19937_64{seed};
  }();
  for (size_t i = 0; i < count; i += 8) {
    auto x = source();
    std::memcpy(bytes + i, &x, std::min<size_t>(8, count - i));
  }
  bytes[count - 1] |= 1;
}

bool sampled_by_ratio(const std::array<uint8_t, 16>& trace_id, double ratio) {
  if (ratio >= 1)
    return true;
  uint64_t x = 0;
  for (size_t i = 8; i < 16; ++i)
    x = x << 8 | trace_id[i];
  // 2^63: half of the bits, which is where doubles are exact enough.
  return static_cast<double>(x >> 1) < ratio * 9223372036854775808.0;
}

} // namespace detail

std::string to_hex(const std::array<uint8_t, 16>& id) {
  return detail::hex(id.data(), id.size());
}

std::string to_hex(const std::array<uint8_t, 8>& id) {
  return detail::hex(id.data(), id.size());
}

std::optional<trace_context> read_trace(const metadata& from) {
  auto result = detail::parse_traceparent(from.get_or("traceparent", ""));
  if (result)
    result->state = detail::join_tracestate(from);
  auto micro = from.get_or("Micro-Trace-Id", "");
  if (!result)
    return detail::parse_micro_trace(micro, from.get_or("Micro-Span-Id", ""));
  // Both: the name that Go Micro's programs know the trace by goes on with it.
  if (auto named = detail::parse_micro_trace(micro, {});
      named && named->trace_id != result->trace_id)
    result->micro_trace = micro;
  return result;
}

void write_trace(const trace_context& what, const std::array<uint8_t, 8>& parent,
                 metadata& to) {
  to.set("traceparent", detail::to_traceparent(what));
  to.erase("tracestate");
  if (!what.state.empty())
    to.set("tracestate", what.state);
  to.set("Micro-Trace-Id",
         what.micro_trace.empty() ? detail::to_uuid(what.trace_id) : what.micro_trace);
  to.set("Micro-Span-Id", to_hex(what.span_id));
  to.erase("Micro-Parent-Id");
  if (!detail::is_zero(parent))
    to.set("Micro-Parent-Id", to_hex(parent));
}

} // namespace mica
