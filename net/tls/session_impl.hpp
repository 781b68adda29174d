// The state behind a session, for the contexts that make sessions.

#pragma once

#include "tls/record_bio.hpp"
#include "tls/session.hpp"

#include <span>
#include <string>

namespace mica::net::tls {

enum class role : uint8_t { client, server };

struct session::impl {
  /// @param context also keeps alive what its callbacks use. @param peer how the peer
  ///        is called in failures.
  impl(role which, SSL* ssl, std::shared_ptr<const void> context, std::string peer);

  ~impl();

  /// The session that `ssl` belongs to.
  static impl& of(const SSL* ssl);

  /// Goes on with the handshake if there is one.
  void drive();

  /// Judges the outcome of an OpenSSL call; false if the session has failed.
  bool judge(int code);

  /// Ends the session with what OpenSSL says.
  void fail_by_openssl();

  void fail(errc reason, std::string text);

  role side;
  state now = state::handshaking;
  bool eof = false;
  bool closed = false;
  bool verified = false;
  bool resumed = false;
  /// A byte of the peer's application was read.
  bool heard = false;
  /// Outlives `ssl`, which writes to it until it is freed.
  record_bio records;
  std::shared_ptr<const void> context;
  ssl_ptr ssl;
  /// `localhost`, or `the client`.
  std::string peer;
  /// The name that a server's certificate must hold.
  std::string wanted;
  /// Names of which a client's certificate must hold one; empty: any name. Lies in
  /// `context`.
  std::span<const std::string> admitted;
  /// Why the peer's certificate was refused, if it was.
  std::string certificate_problem;
  /// What a client offered by ALPN, if none of it is served.
  std::string refused_protocols;
  /// Where a client keeps the session for the next connection; empty: nowhere.
  std::string resumption_key;
  error failure;
};

/// Makes sessions.
class session_access {
public:
  static session make(std::unique_ptr<session::impl> from) {
    return session{std::move(from)};
  }

  /// A session that has failed before its first byte.
  static session failed(role which, std::string peer, std::string text);

  using impl = session::impl;
};

} // namespace mica::net::tls
