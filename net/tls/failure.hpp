// Why a TLS connection failed, in sentences.

#pragma once

#include "tls/session_impl.hpp"

#include <string>

namespace mica::net::tls {

/// A client's call never left: another node may be tried. A server's peer broke the
/// protocol.
errc handshake_errc(role side) noexcept;

/// What happened and what to do about it.
/// @param code of OpenSSL's error queue
error describe_failure(const session_access::impl& where, unsigned long code);

/// The peer closed the connection during the handshake.
std::string unfinished_handshake(const session_access::impl& where);

/// The peer ended the connection without close_notify.
std::string truncated(const session_access::impl& where);

/// Why `store` refuses its current certificate; for OpenSSL's verify callback.
std::string describe_refusal(X509_STORE_CTX* store, const session_access::impl& where);

} // namespace mica::net::tls
