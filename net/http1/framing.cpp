#include "http1/framing.hpp"

#include "http1/grammar.hpp"

#include "mica/codecs/metadata.hpp"

#include <limits>

namespace mica::net::http1 {

namespace {

struct named_kind {
  std::string_view name;
  field_kind kind;
};

constexpr named_kind special_fields[] = {
    {"te", field_kind::hop_by_hop},
    {"host", field_kind::host},
    {"expect", field_kind::expect},
    {"trailer", field_kind::hop_by_hop},
    {"upgrade", field_kind::upgrade},
    {"connection", field_kind::connection},
    {"keep-alive", field_kind::hop_by_hop},
    {"content-length", field_kind::content_length},
    {"proxy-connection", field_kind::hop_by_hop},
    {"transfer-encoding", field_kind::transfer_encoding},
};

// Bit n: some special field's name has n octets.
constexpr uint32_t special_sizes = [] {
  uint32_t sizes = 0;
  for (const auto& x : special_fields)
    sizes |= 1u << x.name.size();
  return sizes;
}();

} // namespace

field_kind kind_of(std::string_view name) noexcept {
  // Nearly every field of a call leaves here or at the comparison of one letter.
  if (name.empty() || name.size() > 17 || !(special_sizes >> name.size() & 1))
    return field_kind::ordinary;
  for (const auto& x : special_fields)
    if (x.name.size() == name.size() && x.name.front() == (name.front() | 0x20)
        && equal_names(x.name, name))
      return x.kind;
  return field_kind::ordinary;
}

bool framing::add(field_kind kind, std::string_view value, fault& why) {
  // Go Micro's servers echo the fields of requests; these two mean nothing there.
  if (side_ == side::response
      && (kind == field_kind::host || kind == field_kind::expect))
    return true;
  switch (kind) {
    case field_kind::content_length:
      return add_length(value, why);
    case field_kind::transfer_encoding:
      return add_codings(value, why);
    case field_kind::host:
      return add_host(value, why);
    case field_kind::connection:
      add_options(value);
      return true;
    case field_kind::upgrade:
      add_protocols(value);
      return true;
    case field_kind::expect:
      return add_expectations(value, why);
    case field_kind::ordinary:
    case field_kind::hop_by_hop:
      break;
  }
  return true;
}

bool framing::add_length(std::string_view value, fault& why) {
  // RFC 9112, 6.3 lets a recipient merge equal lengths; lists and repetitions come
  // from broken senders or from attackers, never from a client of ours.
  if (has_length_)
    return refuse(why, 400, "Content-Length is repeated: send it once");
  if (value.empty())
    return refuse(why, 400, "Content-Length is empty: send a decimal number");
  constexpr auto max = std::numeric_limits<uint64_t>::max();
  uint64_t sum = 0;
  for (char c : value) {
    if (c < '0' || c > '9')
      return refuse(why, 400,
                    "Content-Length is " + quoted(value) + ": send one decimal number");
    auto digit = static_cast<uint64_t>(c - '0');
    sum = sum > (max - digit) / 10 ? max : sum * 10 + digit;
  }
  has_length_ = true;
  length_ = sum;
  return true;
}

bool framing::add_codings(std::string_view list, fault& why) {
  do {
    auto coding = next_element(list);
    if (coding.empty())
      return refuse(why, 400, "Transfer-Encoding has an empty element");
    if (!equal_names(coding, "chunked"))
      return refuse(why, 501,
                    "Transfer-Encoding names " + quoted(coding)
                        + ": only chunked is understood");
    if (chunked_)
      return refuse(why, 400, "Transfer-Encoding names chunked twice");
    chunked_ = true;
  } while (list.data());
  return true;
}

bool framing::add_host(std::string_view value, fault& why) {
  if (has_host_)
    return refuse(why, 400, "Host is repeated: send it once");
  if (!all(host_chars, value))
    return refuse(why, 400, "Host is " + quoted(value) + ": send host or host:port");
  has_host_ = true;
  return true;
}

void framing::add_options(std::string_view list) {
  do {
    auto option = next_element(list);
    if (equal_names(option, "close"))
      close_ = true;
    else if (equal_names(option, "keep-alive"))
      keep_alive_ = true;
    else if (equal_names(option, "upgrade"))
      upgrade_ = true;
    else if (equal_names(option, "http2-settings"))
      settings_ = true;
  } while (list.data());
}

void framing::add_protocols(std::string_view list) {
  do {
    if (next_element(list) == "h2c")
      h2c_ = true;
  } while (list.data());
}

bool framing::add_expectations(std::string_view list, fault& why) {
  do {
    auto expectation = next_element(list);
    if (!equal_names(expectation, "100-continue"))
      return refuse(why, 417,
                    "Expect is " + quoted(expectation)
                        + ": only 100-continue can be met");
    expects_continue_ = true;
  } while (list.data());
  return true;
}

bool framing::finish(int minor_version, fault& why) const {
  if (side_ == side::request && !has_host_ && minor_version >= 1)
    return refuse(why, 400, "Host is missing: HTTP/1.1 requires it");
  if (!chunked_)
    return true;
  if (has_length_)
    return refuse(why, 400,
                  "both Transfer-Encoding and Content-Length are given: send one");
  if (minor_version < 1)
    return refuse(why, 400, "HTTP/1.0 has no Transfer-Encoding: send Content-Length");
  return true;
}

} // namespace mica::net::http1
