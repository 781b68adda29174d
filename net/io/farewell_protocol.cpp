#include "io/farewell_protocol.hpp"

#include <utility>

namespace mica::net {

namespace {

using namespace std::string_view_literals;

constexpr std::string_view speaks_tls = "this port speaks TLS\n";

} // namespace

farewell_protocol::farewell_protocol(std::string text) : text_(std::move(text)) {
  // nop
}

void farewell_protocol::receive(std::string_view) {
  // nop
}

void farewell_protocol::receive_eof() {
  // nop
}

bool farewell_protocol::wants_input() const noexcept {
  return true;
}

bool farewell_protocol::wants_large_reads(size_t, size_t) const noexcept {
  return false;
}

void farewell_protocol::serve() {
  // nop
}

void farewell_protocol::apply(uint64_t, stream_command&&) {
  // nop
}

void farewell_protocol::lose() noexcept {
  // nop
}

size_t farewell_protocol::output(std::span<std::string_view> parts) {
  if (!wants_output() || parts.empty())
    return 0;
  parts[0] = std::string_view{text_}.substr(sent_);
  return 1;
}

void farewell_protocol::sent(size_t bytes) {
  sent_ += bytes;
}

bool farewell_protocol::wants_output() const noexcept {
  return sent_ < text_.size();
}

time_point farewell_protocol::due() noexcept {
  return listener_core::never;
}

void farewell_protocol::expire() {
  // nop
}

void farewell_protocol::drain() {
  // nop
}

bool farewell_protocol::owes() const noexcept {
  return wants_output();
}

bool farewell_protocol::finished() const noexcept {
  return !wants_output();
}

std::string_view tls_alert() noexcept {
  // Alert 70, protocol_version.
  return "\x15\x03\x01\x00\x02\x02\x46"sv;
}

std::string_view tls_required_http1() noexcept {
  return "HTTP/1.1 400 Bad Request\r\n"
         "Content-Length: 21\r\n"
         "Content-Type: text/plain\r\n"
         "Connection: close\r\n"
         "\r\n"
         "this port speaks TLS\n";
}

std::string tls_required_http2() {
  // Last stream 0, error INADEQUATE_SECURITY, and the reason in words.
  std::string result{"\0\0\0\x04\0\0\0\0\0"sv};
  result += "\0\0"sv;
  result += static_cast<char>(8 + speaks_tls.size());
  result += "\x07\0\0\0\0\0\0\0\0\0\0\0\0\x0c"sv;
  result += speaks_tls;
  return result;
}

} // namespace mica::net
