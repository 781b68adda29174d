#include "consul/requests.hpp"

#include "consul/tags.hpp"
#include "records/json_text.hpp"

#include <utility>

namespace mica::discovery::consul {

namespace {

using namespace std::chrono_literals;

/// Appends `value / unit` without trailing zeros, e.g. 1500 / 1000 as `1.5`.
void append_fraction(std::string& out, uint64_t value, uint64_t unit) {
  out += std::to_string(value / unit);
  auto rest = value % unit;
  if (rest == 0)
    return;
  out += '.';
  for (unit /= 10; rest != 0; unit /= 10) {
    out += static_cast<char>('0' + rest / unit);
    rest %= unit;
  }
}

// What Go's net/url leaves in a path segment, so that our targets look like Go's. A
// slash is escaped: the agent unescapes it, and a name must not become a path.
bool plain_in_segment(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
         || std::string_view{"-_.~$&+,:;=@"}.find(static_cast<char>(c))
                != std::string_view::npos;
}

void append_segment(std::string& out, std::string_view text) {
  static constexpr char digits[] = "0123456789ABCDEF";
  for (unsigned char c : text) {
    if (plain_in_segment(c)) {
      out += static_cast<char>(c);
    } else {
      out += '%';
      out += digits[c >> 4];
      out += digits[c & 15];
    }
  }
}

/// What has a meaning in queries is escaped too.
void append_query_value(std::string& out, std::string_view text) {
  for (char c : text) {
    if (c == '&' || c == '+' || c == '=')
      out += c == '&' ? "%26" : c == '+' ? "%2B" : "%3D";
    else
      append_segment(out, {&c, 1});
  }
}

api_request make(std::string_view method, std::string_view path,
                 std::string_view segment) {
  api_request result{std::string{method}, std::string{path}, {}};
  append_segment(result.target, segment);
  return result;
}

} // namespace

std::string go_duration(std::chrono::nanoseconds x) {
  if (x == 0ns)
    return "0s";
  std::string out;
  // In uint64_t, since the most negative duration has no positive counterpart.
  auto count = static_cast<uint64_t>(x.count());
  if (x < 0ns) {
    out += '-';
    count = 0 - count;
  }
  if (count < 1'000) {
    out += std::to_string(count) + "ns";
  } else if (count < 1'000'000) {
    append_fraction(out, count, 1'000);
    out += "µs";
  } else if (count < 1'000'000'000) {
    append_fraction(out, count, 1'000'000);
    out += "ms";
  } else {
    constexpr uint64_t minute = 60'000'000'000;
    auto minutes = count / minute;
    if (minutes >= 60)
      out += std::to_string(minutes / 60) + "h";
    if (minutes > 0)
      out += std::to_string(minutes % 60) + "m";
    append_fraction(out, count % minute, 1'000'000'000);
    out += 's';
  }
  return out;
}

expected<api_request> register_request(const service_record& service, const node& x,
                                       std::chrono::nanoseconds ttl) {
  auto where = split_address(x.address);
  if (!where)
    return mica::error{errc::invalid_argument,
                       "node " + x.id + ": " + where.error().detail};
  std::string body = "{\"ID\":";
  append_string(body, x.id);
  body += ",\"Name\":";
  append_string(body, service.name);
  body += ",\"Tags\":[";
  for (const auto& tag : encode_tags(service, x)) {
    // Letters, digits and a dash: nothing to escape.
    body += '"';
    body += tag;
    body += "\",";
  }
  body.back() = ']';
  if (where->port != 0)
    body += ",\"Port\":" + std::to_string(where->port);
  body += ",\"Address\":";
  append_string(body, where->host);
  body += ",\"Check\":";
  if (ttl > 0ns) {
    auto gone_after = ttl < 1min ? 1min + 5s : ttl + 5s;
    body += "{\"TTL\":\"" + go_duration(ttl)
            + "\",\"DeregisterCriticalServiceAfter\":\"" + go_duration(gone_after)
            + "\"}";
  } else {
    body += "null";
  }
  body += ",\"Checks\":null}\n"; // the newline is that of Go's encoder
  return api_request{"PUT", "/v1/agent/service/register", std::move(body)};
}

api_request pass_request(std::string_view node_id) {
  auto result = make("PUT", "/v1/agent/check/pass/service:", node_id);
  result.target += "?note=";
  return result;
}

api_request deregister_request(std::string_view node_id) {
  return make("PUT", "/v1/agent/service/deregister/", node_id);
}

api_request lookup_request(std::string_view service) {
  auto result = make("GET", "/v1/health/service/", service);
  result.target += "?stale=";
  return result;
}

api_request watch_request(std::string_view service, uint64_t index,
                          std::chrono::milliseconds wait) {
  auto result = make("GET", "/v1/health/service/", service);
  if (index > 0)
    result.target += "?index=" + std::to_string(index) + "&wait=" + go_duration(wait);
  return result;
}

api_request list_request() {
  return {"GET", "/v1/catalog/services", {}};
}

api_request in_datacenter(api_request x, std::string_view datacenter) {
  if (datacenter.empty())
    return x;
  x.target += x.target.find('?') == std::string::npos ? "?dc=" : "&dc=";
  append_query_value(x.target, datacenter);
  return x;
}

} // namespace mica::discovery::consul
