// Whether a peer's certificate will do.

#pragma once

#include "tls/openssl.hpp"

#include <span>
#include <string>
#include <string_view>

namespace mica::net::tls {

/// Makes `ssl` accept only a server certificate for `name`, a DNS name or an IP address
/// (RFC 9525: subject alternative names only, a wildcard only as the whole first
/// label). False if OpenSSL refuses the name.
bool demand_name(SSL* ssl, std::string_view name);

/// OpenSSL's verify callback for both sides: checks a client's names and notes why a
/// certificate is refused.
int on_verify(int ok, X509_STORE_CTX* store);

/// True if a session whose peer showed `certificate` may be resumed: resumption looks
/// at no certificate again.
bool may_resume(const X509* certificate, std::span<const std::string> admitted);

} // namespace mica::net::tls
