#include "http/transfer.hpp"

#include <algorithm>
#include <cctype>
#include <exception>
#include <sys/socket.h>
#include <system_error>
#include <utility>

namespace mica::discovery {

namespace {

std::string_view trimmed(std::string_view text) {
  auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && blank(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && blank(text.back()))
    text.remove_suffix(1);
  return text;
}

bool same_name(std::string_view x, std::string_view y) {
  return std::equal(x.begin(), x.end(), y.begin(), y.end(), [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a))
           == std::tolower(static_cast<unsigned char>(b));
  });
}

/// A host that vanished is noticed after some ten probes, a stream being silent else.
constexpr long stream_probe_seconds = 5;

errc meaning_of(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_CONNECT:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
      return errc::connection_failed;
    case CURLE_OPERATION_TIMEDOUT:
      return errc::timeout;
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
      return errc::connection_lost;
    case CURLE_OUT_OF_MEMORY:
      return errc::internal;
    default:
      return errc::protocol_error;
  }
}

// A program that starts others must not hand its connections down to them.
curl_socket_t open_socket(void*, curlsocktype, curl_sockaddr* where) {
  return ::socket(where->family, where->socktype | SOCK_CLOEXEC, where->protocol);
}

} // namespace

http_transfer::http_transfer(http_request request, size_t header_bytes,
                             std::function<bool(std::string_view)> part)
  : request_(std::move(request)),
    header_bytes_(header_bytes),
    part_(std::move(part)) {
  // nop
}

expected<void> http_transfer::prepare(std::chrono::milliseconds left) {
  handle_.reset(curl_easy_init());
  auto h = handle_.get();
  bool ok = h != nullptr;
  auto set = [&](CURLoption option, auto value) {
    ok = ok && curl_easy_setopt(h, option, value) == CURLE_OK;
  };
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_URL, request_.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  // Dots in a service's name stay what they are.
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_PROXY, "");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  if (!request_.stream)
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(left.count()));
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(left.count()));
  set(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  // Blocking queries are silent for a minute; a host that vanished never says so.
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  if (request_.stream) {
    set(CURLOPT_TCP_KEEPIDLE, stream_probe_seconds);
    set(CURLOPT_TCP_KEEPINTVL, stream_probe_seconds);
  }
  if (auto tls = request_.tls.get()) {
    if (!tls->ca_file.empty())
      set(CURLOPT_CAINFO, tls->ca_file.c_str());
    if (!tls->cert_file.empty())
      set(CURLOPT_SSLCERT, tls->cert_file.c_str());
    if (!tls->key_file.empty())
      set(CURLOPT_SSLKEY, tls->key_file.c_str());
    set(CURLOPT_SSL_VERIFYPEER, tls->verify ? 1L : 0L);
    set(CURLOPT_SSL_VERIFYHOST, tls->verify ? 2L : 0L);
  }
  // A name that is still being looked up must not delay the end of the thread.
  set(CURLOPT_QUICK_EXIT, 1L);
  set(CURLOPT_ERRORBUFFER, reason_);
  set(CURLOPT_WRITEFUNCTION, &on_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(this));
  set(CURLOPT_HEADERFUNCTION, &on_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(CURLOPT_PRIVATE, static_cast<void*>(this));
  if (request_.method != "GET") {
    set(CURLOPT_POSTFIELDS, request_.body.c_str());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    set(CURLOPT_CUSTOMREQUEST, request_.method.c_str());
    // What curl adds to a form's POST, and its wait for 100-continue.
    ok = ok && add_header("Content-Type:") && add_header("Expect:");
  }
  for (const auto& line : request_.headers)
    ok = ok && add_header(line.c_str());
  set(CURLOPT_HTTPHEADER, headers_.get());
  if (!ok)
    return mica::error{errc::internal, "libcurl refused to set a request up"};
  return {};
}

expected<http_answer> http_transfer::finish(CURLcode result) {
  if (refused_)
    return refused_;
  if (result != CURLE_OK) {
    std::string reason = reason_[0] != '\0' ? reason_ : curl_easy_strerror(result);
    // "Couldn't connect" alone does not say why.
    long number = 0;
    if (result == CURLE_COULDNT_CONNECT
        && curl_easy_getinfo(handle(), CURLINFO_OS_ERRNO, &number) == CURLE_OK
        && number != 0)
      reason += " (" + std::system_category().message(static_cast<int>(number)) + ")";
    return mica::error{meaning_of(result), std::move(reason)};
  }
  long status = 0;
  curl_easy_getinfo(handle(), CURLINFO_RESPONSE_CODE, &status);
  answer_.status = static_cast<int>(status);
  return std::move(answer_);
}

bool http_transfer::add_header(const char* line) {
  auto longer = curl_slist_append(headers_.get(), line);
  if (!longer)
    return false;
  // The same list, or its first node.
  static_cast<void>(headers_.release());
  headers_.reset(longer);
  return true;
}

bool http_transfer::begins_stream() const {
  // What refuses a stream is an answer like any other.
  long status = 0;
  curl_easy_getinfo(handle(), CURLINFO_RESPONSE_CODE, &status);
  return request_.stream && part_ && status == 200;
}

bool http_transfer::take_body(std::string_view part) {
  if (begins_stream()) {
    if (part_(part))
      return true;
    refused_ = {errc::limit_exceeded, "the stream is faster than it is read"};
    return false;
  }
  if (part.size() > request_.answer_bytes - answer_.body.size()) {
    refused_ = {errc::limit_exceeded, "the answer is longer than "
                                          + std::to_string(request_.answer_bytes)
                                          + " bytes"};
    return false;
  }
  answer_.body += part;
  return true;
}

bool http_transfer::take_header(std::string_view line) {
  header_seen_ += line.size();
  if (header_seen_ > header_bytes_) {
    refused_ = {errc::limit_exceeded, "the answer's header is longer than "
                                          + std::to_string(header_bytes_) + " bytes"};
    return false;
  }
  // A 1xx answer came before this one.
  if (line.starts_with("HTTP/"))
    answer_.index.reset();
  auto colon = line.find(':');
  if (colon != std::string_view::npos
      && same_name(line.substr(0, colon), "X-Consul-Index"))
    answer_.index = std::string{trimmed(line.substr(colon + 1))};
  return true;
}

size_t http_transfer::on_body(char* data, size_t, size_t size, void* self) noexcept {
  try {
    return static_cast<http_transfer*>(self)->take_body({data, size}) ? size : 0;
  } catch (const std::exception&) {
    // No memory: curl reports a failed write.
    return 0;
  }
}

size_t http_transfer::on_header(char* data, size_t, size_t size, void* self) noexcept {
  try {
    return static_cast<http_transfer*>(self)->take_header({data, size}) ? size : 0;
  } catch (const std::exception&) {
    return 0;
  }
}

} // namespace mica::discovery
