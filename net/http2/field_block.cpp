#include "http2/field_block.hpp"

#include "http1/framing.hpp"
#include "http1/grammar.hpp"

#include <charconv>
#include <string>

namespace mica::net::http2 {

namespace {

uint8_t* octets(std::string_view text) noexcept {
  // nghttp2 takes pointers to what it only reads.
  return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));
}

bool sent_as_field(std::string_view name, std::string_view value) noexcept {
  auto kind = http1::kind_of(name);
  if (kind == http1::field_kind::ordinary)
    return true;
  // The one thing that TE may say (RFC 9113, 8.2.2).
  return name.size() == 2 && equal_names(name, "te") && equal_names(value, "trailers");
}

} // namespace

void field_block::clear() noexcept {
  fields_.clear();
  mended_.clear();
}

void field_block::add_raw(std::string_view name, std::string_view value) {
  fields_.push_back({octets(name), octets(value), name.size(), value.size(),
                     NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE});
}

void field_block::add_number(std::string_view name, size_t value) {
  char digits[20];
  auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  const auto& text = mended_.emplace_front(digits, end);
  fields_.push_back({octets(name), octets(text), name.size(), text.size(),
                     NGHTTP2_NV_FLAG_NO_COPY_NAME});
}

void field_block::add(const metadata& fields) {
  fields_.reserve(fields_.size() + fields.size());
  for (auto field : fields)
    add_field(field.name, http1::trimmed(field.value));
}

void field_block::add_field(std::string_view name, std::string_view value) {
  uint8_t flags = NGHTTP2_NV_FLAG_NONE;
  // nghttp2 makes the names lower case that it copies.
  if (!name.empty() && http1::all(http1::lower_token_chars, name))
    flags |= NGHTTP2_NV_FLAG_NO_COPY_NAME;
  else if (!http1::is_token(name))
    return;
  if (!sent_as_field(name, value))
    return;
  if (http1::all(http1::value_chars, value)) {
    flags |= NGHTTP2_NV_FLAG_NO_COPY_VALUE;
  } else {
    auto& text = mended_.emplace_front(value);
    for (auto& c : text)
      if (!http1::is(http1::value_chars, c))
        c = ' ';
    value = http1::trimmed(text);
  }
  fields_.push_back({octets(name), octets(value), name.size(), value.size(), flags});
}

bool is_grpc(const metadata& fields) noexcept {
  constexpr std::string_view type = "application/grpc";
  auto value = fields.get_or("content-type", {});
  if (value.size() < type.size() || !equal_names(value.substr(0, type.size()), type))
    return false;
  return value.size() == type.size() || value[type.size()] == '+'
         || value[type.size()] == ';';
}

} // namespace mica::net::http2
