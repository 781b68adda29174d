#include "cli/diagnosis.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace mica::cli {

namespace {

constexpr size_t names_looked_at = 10'000;
constexpr size_t names_shown = 3;
/// Longer names are not compared letter by letter.
constexpr size_t letters_compared = 64;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  });
  return text;
}

/// Insertions, deletions and replacements that make one of the other (Levenshtein).
size_t changes(const std::string& x, const std::string& y) {
  std::vector<size_t> row(y.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= x.size(); ++i) {
    auto diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= y.size(); ++j) {
      auto replaced = diagonal + (x[i - 1] == y[j - 1] ? 0 : 1);
      diagonal =
          std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replaced}));
    }
  }
  return row[y.size()];
}

/// `greeter` of `go.micro.srv.greeter`.
bool is_end_of(const std::string& part, const std::string& whole) {
  return whole.size() > part.size() && whole.ends_with(part)
         && whole[whole.size() - part.size() - 1] == '.';
}

/// How far apart two names are. No likeness: more than a quarter of the letters
/// changed, but for two (they are often swapped), or one of a short name.
size_t distance(const std::string& name, const std::string& other) {
  auto x = lower(name);
  auto y = lower(other);
  if (x == y)
    return 0;
  if (is_end_of(x, y) || is_end_of(y, x))
    return 1;
  if (std::max(x.size(), y.size()) > letters_compared)
    return std::string::npos;
  auto count = changes(x, y);
  auto few = x.size() < 5 ? size_t{1} : std::max(x.size() / 4, size_t{2});
  return count <= few ? count + 1 : std::string::npos;
}

} // namespace

std::string to_string(const finding& x) {
  const char* mark = "ok    ";
  if (x.what != verdict::ok)
    mark = x.what == verdict::fail ? "FAIL  " : "?     ";
  auto result = mark + x.step + ": " + x.text;
  // What others said may have several.
  std::replace(result.begin(), result.end(), '\n', ' ');
  return result;
}

std::vector<std::string> similar_names(const std::string& name,
                                       const std::vector<std::string>& known) {
  std::vector<std::pair<size_t, std::string>> close;
  for (size_t i = 0; i < std::min(known.size(), names_looked_at); ++i)
    if (auto far = distance(name, known[i]);
        known[i] != name && far != std::string::npos)
      close.emplace_back(far, known[i]);
  std::sort(close.begin(), close.end());
  std::vector<std::string> result;
  for (auto& [far, text] : close)
    if (result.size() < names_shown)
      result.push_back(std::move(text));
  return result;
}

finding judge_tls(const detail::route& calls, bool by_flag, const spoken& node) {
  if (calls.to.secure && node.tls)
    return {verdict::ok, "tls", "both sides speak TLS"};
  if (!calls.to.secure && !node.tls)
    return {verdict::ok, "tls", "neither side speaks TLS"};
  if (node.tls)
    return {verdict::fail, "tls",
            "the node speaks TLS, calls from here would not: add --client_tls, and "
            "--client_tls_ca_file for an authority that this system does not trust"};
  if (by_flag)
    return {verdict::fail, "tls",
            "the node speaks no TLS, calls from here would (--client_tls): leave the "
            "flag out, or give the service --tls_cert_file and --tls_key_file"};
  return {verdict::fail, "tls",
          "the node speaks no TLS but announces it (secure=true): give the service its "
          "certificate, or correct its metadata"};
}

std::string protocol_name(const detail::route& calls) {
  return calls.over_http2() ? "gRPC over HTTP/2" : "mucp over HTTP/1.1";
}

finding judge_protocol(const detail::route& calls, const spoken& node) {
  auto served = calls.over_http2() ? node.http2 : node.http1;
  auto other = calls.over_http2() ? node.http1 : node.http2;
  if (served)
    return {verdict::ok, "protocol", "calls are " + protocol_name(calls)};
  auto text =
      "calls would be " + protocol_name(calls) + ", which the node does not answer";
  if (!other)
    return {verdict::fail, "protocol",
            text + ", nor any other HTTP: something else listens there, or it hangs"};
  if (calls.over_http2())
    return {verdict::fail, "protocol",
            text
                + "; it speaks HTTP/1.1: call it by --client=mucp, or let the service "
                  "announce that (--server=mucp)"};
  return {verdict::fail, "protocol",
          text
              + "; it speaks HTTP/2: call it by --client=grpc, or let the service "
                "announce that (--server=grpc)"};
}

} // namespace mica::cli
