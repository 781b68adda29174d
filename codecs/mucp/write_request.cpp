#include "mica/codecs/mucp.hpp"
#include "mucp/envelope.hpp"
#include "mucp/fields.hpp"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

namespace mica::mucp {

namespace {

constexpr std::string_view user_agent = "Go-http-client/1.1";

// Decimal text without an allocation.
class decimal {
public:
  template <class Number>
  explicit decimal(Number value)
    : size_(static_cast<size_t>(
        std::to_chars(buffer_, buffer_ + sizeof(buffer_), value).ptr - buffer_)) {
    // nop
  }

  std::string_view text() const noexcept {
    return {buffer_, size_};
  }

private:
  char buffer_[24];
  size_t size_;
};

// What Go Micro's client turns its content types into for a node that announces no
// protocol (setupProtocol in client/rpc_codec.go).
std::string_view legacy_type(std::string_view type) {
  if (type == "application/json")
    return "application/json-rpc";
  if (type == "application/protobuf")
    return "application/proto-rpc";
  return type;
}

bool belongs_to_user(std::string_view name) {
  for (auto x : {"Host", "User-Agent", "Accept", "Content-Type", "Timeout"})
    if (equal_names(name, x))
      return false;
  return is_token(name) && !is_micro_field(name) && !is_framing_field(name);
}

using sorted_fields = std::vector<std::pair<std::string, std::string_view>>;

// The caller's metadata by canonical name. Go has a map here: one value per name.
sorted_fields user_fields(const metadata& headers, bool has_from) {
  sorted_fields result;
  result.reserve(headers.size());
  for (auto [name, value] : headers)
    if (belongs_to_user(name) && !(has_from && equal_names(name, "Micro-From-Service")))
      result.emplace_back(canonical_name(name), value);
  auto by_name = [](const auto& x, const auto& y) { return x.first < y.first; };
  auto same_name = [](const auto& x, const auto& y) { return x.first == y.first; };
  std::stable_sort(result.begin(), result.end(), by_name);
  result.erase(std::unique(result.begin(), result.end(), same_name), result.end());
  return result;
}

http_request write(outgoing_call&& call, std::string_view host, dialect peer,
                   const content_types& types, bool of_stream) {
  auto content_type = std::string_view{call.content_type};
  auto sent_type = peer == dialect::legacy ? legacy_type(content_type) : content_type;
  decimal id{call.id};
  decimal timeout{std::max<int64_t>(call.timeout.count(), 0)};
  auto has_from = !call.from.empty();
  sorted_fields users;
  if (!call.headers.empty())
    users = user_fields(call.headers, has_from);

  http_request request;
  request.method = "POST";
  request.target = "/";
  auto& fields = request.fields;
  fields.reserve(12 + users.size(), 320 + host.size() + call.service.size()
                                        + call.from.size() + 2 * call.endpoint.size());
  add_field(fields, "Host", host);
  add_field(fields, "User-Agent", call.headers.get_or("User-Agent", user_agent));
  // From here on Go sorts by canonical name.
  auto user = users.begin();
  auto add = [&](std::string_view name, std::string_view value) {
    for (; user != users.end() && user->first < name; ++user)
      add_field(fields, user->first, user->second);
    add_field(fields, name, value);
  };
  add("Accept", content_type);
  add("Content-Type", sent_type);
  add("Micro-Endpoint", call.endpoint);
  if (has_from)
    add("Micro-From-Service", call.from);
  add("Micro-Id", id.text());
  add("Micro-Method", call.endpoint);
  if (!call.service.empty())
    add("Micro-Service", call.service);
  if (of_stream)
    add("Micro-Stream", id.text());
  if (call.timeout.count() != 0)
    add("Timeout", timeout.text());
  for (; user != users.end(); ++user)
    add_field(fields, user->first, user->second);

  call.body.erase(0, call.body_offset);
  const auto* type = types.find(sent_type);
  if (type && type->envelope != framing::none)
    request.body = wrap_request(type->envelope, call.endpoint, id.text(), call.body);
  else
    request.body = std::move(call.body);
  return request;
}

} // namespace

http_request write_request(outgoing_call&& call, std::string_view host, dialect peer,
                           const content_types& types) {
  return write(std::move(call), host, peer, types, false);
}

http_request write_stream_request(outgoing_call&& call, std::string_view host,
                                  const content_types& types) {
  return write(std::move(call), host, dialect::current, types, true);
}

metadata write_stream_close() {
  return {{"Micro-Error", end_of_stream}};
}

} // namespace mica::mucp
