#include "sniff/sniff.hpp"

#include "http1/grammar.hpp"

namespace mica::net {

namespace {

constexpr std::string_view http2_preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// Content type handshake, then the major version of every SSL 3.0 and TLS record.
constexpr std::string_view tls_record = "\x16\x03";
constexpr size_t handshake_type_at = 5;
constexpr char client_hello = 1;
// Minor version of a record: 0 to 4; hellos of TLS 1.3 say 1 or 3.
constexpr unsigned char last_minor_version = 4;

wire sniff_tls(std::string_view bytes) noexcept {
  if (bytes.substr(0, 2) != tls_record.substr(0, bytes.size()))
    return wire::unknown;
  if (bytes.size() > 2 && static_cast<unsigned char>(bytes[2]) > last_minor_version)
    return wire::unknown;
  if (bytes.size() <= handshake_type_at)
    return wire::undecided;
  return bytes[handshake_type_at] == client_hello ? wire::tls : wire::unknown;
}

} // namespace

wire sniff(std::string_view first_bytes) noexcept {
  if (first_bytes.empty())
    return wire::undecided;
  auto preface = first_bytes.substr(0, http2_preface.size());
  if (http2_preface.substr(0, preface.size()) == preface)
    return preface.size() == http2_preface.size() ? wire::http2 : wire::undecided;
  auto first = first_bytes.front();
  if (first == tls_record.front())
    return sniff_tls(first_bytes);
  // A method, or the empty line that HTTP/1.1 tolerates in front of one.
  return http1::is(http1::token_chars, first) || first == '\r' ? wire::http1
                                                               : wire::unknown;
}

} // namespace mica::net
