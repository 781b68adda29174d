// Who a certificate is for.

#pragma once

#include "tls/openssl.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mica::net::tls {

/// Subject alternative names in the certificate's order: DNS names, IP addresses
/// (`127.0.0.1`, `::1`), URIs and mail addresses; at most 100 of them. Names with a
/// zero octet, which only an attacker writes, are left out.
std::vector<std::string> names_of(const X509& certificate);

/// True if one of the certificate's names is one of `wanted`; DNS names without regard
/// to case, no wildcards.
bool has_name(const X509& certificate, std::span<const std::string> wanted);

/// The subject or issuer for people, e.g. `CN = dev, O = mica`; unprintable characters
/// are escaped.
std::string text_of(const X509_NAME* name);

/// `2025-01-02 03:04:05 UTC`.
std::string text_of(const ASN1_TIME* time);

/// True if `host` is an IP address, v6 without brackets.
bool is_ip_address(std::string_view host);

} // namespace mica::net::tls
