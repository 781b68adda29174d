// TLS: what is verified, and by which certificates.

#pragma once

#include "mica/codecs/expected.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace mica::net {

/// TLS of a listener. Files are PEM; they are looked at again when they change, without
/// a dropped connection.
struct tls_server_options {
  /// The certificate chain, leaf first, and its key. Both empty: no TLS.
  std::string certificate_file;
  std::string key_file;
  /// Authorities whose clients are let in (mutual TLS); empty: clients show nothing.
  std::string client_ca_file;
  /// With `client_ca_file`: one of the client's subject alternative names must be one
  /// of these; empty lets in every client that the authority signed.
  std::vector<std::string> client_names;
  /// From accept to the end of the handshake. Beyond: closed.
  std::chrono::milliseconds handshake_time{10'000};

  explicit operator bool() const noexcept {
    return !certificate_file.empty();
  }
};

/// TLS of a pool's connections.
struct tls_client_options {
  /// Authorities to trust; empty: the system's.
  std::string ca_file;
  /// Our own certificate for mutual TLS; may be empty.
  std::string certificate_file;
  std::string key_file;
  /// The name that the server's certificate must hold, also sent as SNI; empty: the
  /// host of the dialled address.
  std::string server_name;
  /// False accepts every certificate: for tests by hand only; said in the log.
  bool verify = true;
  std::chrono::milliseconds handshake_time{10'000};
};

/// Reads the files once, so that what is wrong with them is known before the first
/// call. Fails with `errc::invalid_argument`; the text names file and reason.
expected<void> check(const tls_client_options& options);

} // namespace mica::net
