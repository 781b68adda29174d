#include "mucp/fields.hpp"

#include "mica/codecs/mucp.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>

namespace mica::mucp {

namespace {

bool is_break(char c) noexcept {
  return c == '\r' || c == '\n' || c == '\0';
}

using member = std::string_view micro_fields::*;

// Names nearly always come in the spelling of Go; with a length known to the compiler
// that comparison is one or two instructions.
template <size_t Size>
bool is(std::string_view name, const char (&expected)[Size]) noexcept {
  return name.size() == Size - 1
         && (std::memcmp(name.data(), expected, Size - 1) == 0
             || equal_names(name, {expected, Size - 1}));
}

char lower(char c) noexcept {
  return static_cast<char>(c | 0x20);
}

// Which of the fields behind `Micro-` this is; nullptr if none. One letter tells apart
// what has the same length, so that a field costs one comparison.
member find_member(std::string_view tail) noexcept {
  using f = micro_fields;
  switch (tail.size()) {
    case 2:
      return is(tail, "Id") ? &f::id : nullptr;
    case 5:
      if (lower(tail[0]) == 'e')
        return is(tail, "Error") ? &f::error : nullptr;
      return is(tail, "Topic") ? &f::topic : nullptr;
    case 6:
      if (lower(tail[0]) == 'm')
        return is(tail, "Method") ? &f::method : nullptr;
      if (lower(tail[0]) == 's')
        return is(tail, "Stream") ? &f::stream : nullptr;
      return is(tail, "Target") ? &f::target : nullptr;
    case 7:
      return is(tail, "Service") ? &f::service : nullptr;
    case 8:
      if (lower(tail[0]) == 'e')
        return is(tail, "Endpoint") ? &f::endpoint : nullptr;
      return is(tail, "Protocol") ? &f::protocol : nullptr;
    default:
      return nullptr;
  }
}

// Length of `Micro-` or `X-Micro-` in front of `name`; 0 if there is neither.
size_t micro_prefix(std::string_view name) noexcept {
  if (name.size() > 6 && lower(name[0]) == 'm')
    return is(name.substr(0, 6), "Micro-") ? 6 : 0;
  if (name.size() > 8 && lower(name[0]) == 'x')
    return is(name.substr(0, 8), "X-Micro-") ? 8 : 0;
  return 0;
}

void take_first(std::string_view& to, std::string_view value) noexcept {
  if (to.empty())
    to = value;
}

void merge(micro_fields& to, const micro_fields& from) noexcept {
  for (auto x : {&micro_fields::service, &micro_fields::endpoint, &micro_fields::method,
                 &micro_fields::id, &micro_fields::stream, &micro_fields::error,
                 &micro_fields::topic, &micro_fields::target, &micro_fields::protocol})
    take_first(to.*x, from.*x);
}

} // namespace

micro_fields scan(const metadata& fields) {
  micro_fields result;
  micro_fields prefixed;
  for (auto [name, value] : fields) {
    if (auto prefix = micro_prefix(name)) {
      result.any = true;
      // A reference of its own: GCC 12 makes a copy of the conditional in front of .*
      auto& group = prefix == 6 ? result : prefixed;
      if (auto x = find_member(name.substr(prefix)))
        take_first(group.*x, value);
    } else if (is(name, "Timeout")) {
      take_first(result.timeout, value);
    } else if (is(name, "Content-Type")) {
      take_first(result.content_type, value);
    } else if (is(name, "Content-Encoding")) {
      take_first(result.content_encoding, value);
    }
  }
  if (result.any)
    merge(result, prefixed);
  return result;
}

stream_fields read_stream_fields(const metadata& fields) {
  auto all = scan(fields);
  return {all.stream, all.error, all.service,
          all.endpoint.empty() ? all.method : all.endpoint};
}

std::string_view stream_of(const metadata& fields) noexcept {
  for (auto [name, value] : fields)
    if (is(name, "Micro-Stream"))
      return value;
  return {};
}

bool is_micro_field(std::string_view name) noexcept {
  auto prefix = micro_prefix(name);
  return prefix > 0 && find_member(name.substr(prefix)) != nullptr;
}

bool is_framing_field(std::string_view name) noexcept {
  for (auto x :
       {"Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Upgrade",
        "Trailer", "Te", "Expect", "Proxy-Connection", "Content-Encoding"})
    if (equal_names(name, x))
      return true;
  return false;
}

std::optional<std::chrono::nanoseconds> parse_timeout(std::string_view text) noexcept {
  using nanoseconds = std::chrono::nanoseconds;
  int64_t count = 0;
  auto end = text.data() + text.size();
  auto [used, problem] = std::from_chars(text.data(), end, count);
  if (used != end || problem == std::errc::invalid_argument)
    return std::nullopt;
  if (problem == std::errc::result_out_of_range)
    return text.front() == '-' ? nanoseconds::min() : nanoseconds::max();
  return nanoseconds{count};
}

void add_field(metadata& to, std::string_view name, std::string_view value) {
  bool safe = true;
  for (auto c : value)
    safe &= !is_break(c);
  if (safe) {
    to.add(name, value);
    return;
  }
  std::string blank{value};
  std::replace_if(blank.begin(), blank.end(), is_break, ' ');
  to.add(name, blank);
}

void add_foreign_field(metadata& to, std::string_view name, std::string_view value) {
  if (is_token(name))
    add_field(to, name, value);
}

} // namespace mica::mucp
