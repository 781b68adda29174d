// Sessions that a client may resume.

#pragma once

#include "tls/openssl.hpp"

#include <list>
#include <mutex>
#include <string>
#include <unordered_map>

namespace mica::net::tls {

/// The latest session of each server, least recently used ones forgotten first.
/// Thread-safe.
class resumption_cache {
public:
  /// Servers whose session is kept. Beyond: the least recently used one is forgotten,
  /// and its next handshake is a whole one.
  static constexpr size_t most_servers = 256;

  /// Bytes of a ticket. Larger ones are not kept.
  static constexpr size_t ticket_bytes = 8 * 1024;

  void put(const std::string& server, ssl_session_ptr session);

  /// The session, which stays in the cache; null if there is none that may be used.
  /// OpenSSL lets one of TLS 1.3 be used once (RFC 8446, C.4).
  ssl_session_ptr find(const std::string& server);

  size_t size() const;

private:
  struct entry {
    std::string server;
    ssl_session_ptr session;
  };

  mutable std::mutex mtx_;
  /// The most recently used one first.
  std::list<entry> entries_;
  std::unordered_map<std::string, std::list<entry>::iterator> index_;
};

} // namespace mica::net::tls
