#include "broker/event_headers.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <random>
#include <sys/random.h>

namespace mica::detail {

namespace {

constexpr auto reserved = std::array<std::string_view, 4>{
    {"Content-Type", "Micro-Topic", "Micro-Id", "Micro-From-Service"}};

constexpr auto trace_fields =
    std::array<std::string_view, 5>{{"traceparent", "tracestate", "Micro-Trace-Id",
                                     "Micro-Span-Id", "Micro-Parent-Id"}};

constexpr size_t id_bytes = 36;

bool is_reserved(std::string_view name) {
  return std::any_of(reserved.begin(), reserved.end(),
                     [name](std::string_view x) { return equal_names(x, name); });
}

// xoshiro256** (Blackman and Vigna, 2018).
class generator {
public:
  generator() {
    if (getrandom(state_.data(), sizeof(state_), 0) != ssize_t{sizeof(state_)}) {
      std::random_device device;
      for (auto& x : state_)
        x = (uint64_t{device()} << 32) | device();
    }
  }

  uint64_t next() {
    auto result = std::rotl(state_[1] * 5, 7) * 9;
    auto shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

private:
  std::array<uint64_t, 4> state_;
};

using id_text = std::array<char, id_bytes>;

id_text random_id() {
  static thread_local generator random;
  static constexpr char digits[] = "0123456789abcdef";
  auto high = (random.next() & ~uint64_t{0xf000}) | 0x4000;
  auto low = (random.next() >> 2) | (uint64_t{1} << 63);
  id_text result;
  size_t at = 0;
  for (auto half : {high, low})
    for (auto shift = 60; shift >= 0; shift -= 4) {
      if (at == 8 || at == 13 || at == 18 || at == 23)
        result[at++] = '-';
      result[at++] = digits[(half >> shift) & 0xf];
    }
  return result;
}

std::string_view view(const id_text& x) {
  return {x.data(), x.size()};
}

} // namespace

std::string make_micro_id() {
  return std::string{view(random_id())};
}

void write_headers(metadata& to, const metadata& own, std::string_view content_type,
                   std::string_view topic, std::string_view from_service) {
  // Names and values of ours; most events have no others.
  to.reserve(own.size() + reserved.size(),
             64 + id_bytes + content_type.size() + topic.size() + from_service.size());
  for (auto [name, value] : own)
    if (!is_reserved(name))
      to.add(name, value);
  to.add("Content-Type", content_type);
  to.add("Micro-Topic", topic);
  to.add("Micro-Id", view(random_id()));
  if (!from_service.empty())
    to.add("Micro-From-Service", from_service);
}

void copy_trace(const metadata& from, metadata& to) {
  for (auto name : trace_fields)
    if (auto value = from.get(name); value && !to.contains(name))
      to.add(name, *value);
}

event_ptr make_dead_letter(const event& what, std::string topic, uint32_t attempts,
                           const error& why) {
  auto result = std::make_shared<event>();
  result->headers = what.headers;
  auto& fields = result->headers;
  fields.set("Mica-Original-Topic", what.topic);
  if (auto id = what.headers.get("Micro-Id"))
    fields.set("Mica-Original-Id", *id);
  fields.set("Mica-Attempts", std::to_string(attempts));
  auto text = to_string(why).substr(0, max_reason_bytes);
  // A field has one line.
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  fields.set("Mica-Error", text);
  fields.set("Micro-Topic", topic);
  // Its own: receivers that know the old one would drop it as a duplicate.
  fields.set("Micro-Id", view(random_id()));
  result->topic = std::move(topic);
  result->body = what.body;
  result->key = what.key;
  return result;
}

} // namespace mica::detail
