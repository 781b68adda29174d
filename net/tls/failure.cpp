#include "tls/failure.hpp"

#include "sniff/sniff.hpp"
#include "tls/names.hpp"

#include <algorithm>
#include <array>

namespace mica::net::tls {

namespace {

using impl = session_access::impl;

// Enough to recognise a certificate by.
constexpr size_t listed_names = 8;

std::string listed(const std::vector<std::string>& names) {
  std::string result;
  for (size_t i = 0; i < std::min(names.size(), listed_names); ++i)
    result += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > listed_names)
    result += ", and " + std::to_string(names.size() - listed_names) + " more";
  return result;
}

std::string quoted(std::string_view bytes) {
  constexpr auto digits = "0123456789abcdef";
  std::string result = "\"";
  for (char c : bytes) {
    auto octet = static_cast<unsigned char>(c);
    if (octet >= ' ' && octet < 0x7f && c != '"' && c != '\\')
      result += c;
    else
      result += {'\\', 'x', digits[octet >> 4], digits[octet & 15]};
  }
  return result + '"';
}

struct alert_advice {
  int alert;
  // Behind "peer refused ... with the alert X".
  const char* meaning;
};

// RFC 8446, 6.2, and what it means when it comes from the other side.
constexpr auto to_client = std::array<alert_advice, 7>{{
    {SSL_AD_HANDSHAKE_FAILURE,
     "it accepts none of our ciphers, or wants a client certificate"},
    {SSL_AD_BAD_CERTIFICATE,
     "our client certificate is refused; its names may not be among those let in"},
    {SSL_AD_CERTIFICATE_EXPIRED, "our client certificate has expired; renew it"},
    {SSL_AD_UNKNOWN_CA, "our client certificate is of an authority it does not trust"},
    {SSL_AD_PROTOCOL_VERSION,
     "it speaks neither TLS 1.2 nor TLS 1.3, or no TLS at all on this port"},
    {SSL_AD_NO_APPLICATION_PROTOCOL, "it speaks none of the protocols offered by ALPN"},
    {TLS13_AD_CERTIFICATE_REQUIRED,
     "it wants a client certificate; set certificate_file and key_file"},
}};

constexpr auto to_server = std::array<alert_advice, 5>{{
    {SSL_AD_BAD_CERTIFICATE,
     "it refuses our certificate, perhaps because of the name it dialled"},
    {SSL_AD_CERTIFICATE_EXPIRED, "our certificate has expired; renew it"},
    {SSL_AD_CERTIFICATE_UNKNOWN, "it refuses our certificate"},
    {SSL_AD_UNKNOWN_CA, "it does not trust the authority of our certificate"},
    {SSL_AD_PROTOCOL_VERSION, "it speaks neither TLS 1.2 nor TLS 1.3"},
}};

// The peer says that it does not believe who we are.
bool blames_certificate(int alert) noexcept {
  switch (alert) {
    case SSL_AD_NO_CERTIFICATE:
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_UNKNOWN_CA:
    case SSL_AD_ACCESS_DENIED:
    case TLS13_AD_CERTIFICATE_REQUIRED:
      return true;
    default:
      return false;
  }
}

std::string describe_alert(const impl& where, int alert) {
  auto text = where.peer + " ended the TLS connection with the alert "
              + SSL_alert_desc_string_long(alert);
  auto look = [&](const auto& table) {
    auto found = std::find_if(table.begin(), table.end(),
                              [alert](const auto& x) { return x.alert == alert; });
    if (found != table.end())
      text += std::string{": "} + found->meaning;
  };
  if (where.side == role::client)
    look(to_client);
  else
    look(to_server);
  return text;
}

// What may still become a request or an answer is taken for one: how many bytes had
// come when OpenSSL refused them is chance.
bool looks_like_http(std::string_view first) {
  auto spoken = sniff(first);
  return spoken != wire::unknown && spoken != wire::tls && !first.starts_with('\x16');
}

std::string describe_plaintext(const impl& where) {
  auto first = where.records.first_bytes();
  if (where.side == role::client) {
    if (first.starts_with("HTTP/"))
      return where.peer + " answers in plaintext HTTP (" + quoted(first)
             + "): this port has no TLS; call it without";
    return where.peer + " answers no TLS; its first bytes were " + quoted(first);
  }
  if (looks_like_http(first))
    return "the client sent a plaintext HTTP request to a TLS port (" + quoted(first)
           + "); it must use https";
  return "the client speaks no TLS; its first bytes were " + quoted(first);
}

std::string describe_reason(const impl& where, int reason) {
  switch (reason) {
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_RECORD_TOO_SMALL:
    case SSL_R_UNKNOWN_PROTOCOL:
      if (where.now == session::state::handshaking)
        return describe_plaintext(where);
      break;
    case SSL_R_UNSUPPORTED_PROTOCOL:
      return where.peer
             + " speaks only versions before TLS 1.2; 1.2 and 1.3 are served";
    case SSL_R_NO_SHARED_CIPHER:
      return where.peer
             + " offers no cipher that is accepted here: with TLS 1.2, ECDHE with "
               "AES-GCM"
               " or ChaCha20";
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return where.peer + " shows no certificate, and client_ca_file demands one";
    case SSL_R_NO_APPLICATION_PROTOCOL:
      return where.peer + " offers by ALPN " + where.refused_protocols
             + "; served are h2 and http/1.1";
    default:
      break;
  }
  return where.peer + " broke the TLS protocol: "
         + openssl_words(ERR_PACK(ERR_LIB_SSL, 0, reason));
}

} // namespace

errc handshake_errc(role side) noexcept {
  return side == role::client ? errc::connection_failed : errc::protocol_error;
}

error describe_failure(const impl& where, unsigned long code) {
  auto reason = ERR_GET_REASON(code);
  bool handshaking = where.now == session::state::handshaking;
  auto kind = handshaking ? handshake_errc(where.side) : errc::protocol_error;
  if (code == 0)
    return {errc::internal, "OpenSSL failed without a reason"};
  if (ERR_GET_LIB(code) != ERR_LIB_SSL)
    return {kind, where.peer + ": TLS failed: " + openssl_words(code)};
  if (reason >= SSL_AD_REASON_OFFSET) {
    // A client of TLS 1.3 is through with its handshake when the server looks at its
    // certificate. As long as nothing else came, nothing was handled.
    auto alert = reason - SSL_AD_REASON_OFFSET;
    if (where.side == role::client && !where.heard && blames_certificate(alert))
      return {errc::unauthenticated, describe_alert(where, alert)};
    if (!handshaking)
      kind = where.side == role::client && !where.heard ? errc::connection_failed
                                                        : errc::connection_lost;
    return {kind, describe_alert(where, alert)};
  }
  if (!where.certificate_problem.empty()) {
    // Of a client too: no other node and no repetition mends that.
    return {errc::unauthenticated, where.certificate_problem};
  }
  if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE)
    kind = errc::unauthenticated;
  return {kind, describe_reason(where, reason)};
}

std::string unfinished_handshake(const impl& where) {
  auto first = where.records.first_bytes();
  if (!first.empty() && looks_like_http(first))
    return describe_plaintext(where);
  return where.peer + " closed the connection during the TLS handshake"
         + (first.empty() ? ", before it sent a byte" : "");
}

std::string truncated(const impl& where) {
  return where.peer
         + " ended the connection without TLS's close_notify: what it sent may be cut "
           "short";
}

std::string describe_refusal(X509_STORE_CTX* store, const impl& where) {
  auto why = X509_STORE_CTX_get_error(store);
  auto* shown = X509_STORE_CTX_get_current_cert(store);
  if (shown == nullptr)
    return where.peer + " shows a certificate that can't be verified: "
           + X509_verify_cert_error_string(why);
  auto which = X509_STORE_CTX_get_error_depth(store) == 0
                   ? "the certificate of " + where.peer
                   : "the authority \"" + text_of(X509_get_subject_name(shown))
                         + "\" behind the certificate of " + where.peer;
  auto issuer = '"' + text_of(X509_get_issuer_name(shown)) + '"';
  auto option = where.side == role::client ? "ca_file" : "client_ca_file";
  switch (why) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return which + " expired on " + text_of(X509_get0_notAfter(shown)) + "; renew it";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return which + " is not valid before " + text_of(X509_get0_notBefore(shown))
             + "; look at the clocks of both machines";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: {
      auto names = names_of(*shown);
      return which
             + (names.empty() ? " has no subject alternative name"
                              : " is for " + listed(names))
             + (where.side == role::client
                    ? ", not for " + where.wanted
                          + "; dial a name it is for, or set server_name"
                    : "; client_names lets in only "
                          + listed({where.admitted.begin(), where.admitted.end()}));
    }
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return which + " is self-signed, \"" + text_of(X509_get_subject_name(shown))
             + "\"; to trust it, name it by " + option;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return which + " is signed by " + issuer
             + ", an authority that is not trusted here; to trust it, name its file by "
             + option;
    case X509_V_ERR_INVALID_PURPOSE:
      return which + " is not made for "
             + (where.side == role::client ? "servers" : "clients")
             + " (extended key usage)";
    default:
      return which + ", signed by " + issuer
             + ", is refused: " + X509_verify_cert_error_string(why);
  }
}

} // namespace mica::net::tls
