// One TLS connection: records in, plain bytes out, and the reverse.

#pragma once

#include "mica/codecs/error.hpp"
#include "mica/codecs/expected.hpp"
#include "mica/net/tls.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mica::net::tls {

class session;

/// Certificates and settings of a listener, shared by its connections.
class server_context {
public:
  /// Reads the files. Fails with `errc::invalid_argument`; the text names file and
  /// reason.
  static expected<std::shared_ptr<server_context>> make(const tls_server_options& from);

  virtual ~server_context();

  /// Looks whether the files have changed (a stat each) and reads them anew; what can't
  /// be used is refused with the reason, and the former ones stay. Connections that
  /// exist go on.
  virtual expected<bool> reload() = 0;

  virtual session accept() = 0;
};

/// Authorities, own certificate and resumable sessions of a pool.
class client_context {
public:
  static expected<std::shared_ptr<client_context>> make(const tls_client_options& from);

  virtual ~client_context();

  /// @param host of the dialled address: verified and sent as SNI unless the options
  ///        name another. @param alpn offered protocols, best first: `h2`, `http/1.1`.
  virtual session connect(std::string_view host,
                          std::span<const std::string_view> alpn) = 0;
};

/// On OpenSSL's memory BIOs (or an equivalent of ours). Pure: no socket, no clock. Not
/// thread-safe.
class session {
public:
  enum class state : uint8_t {
    handshaking,
    open,
    /// The peer sent close_notify; we may still write.
    peer_closed,
    /// Broken; `failure` says why. An alert may still have to be written.
    failed,
  };

  session(session&&) noexcept;
  session& operator=(session&&) noexcept;
  ~session();

  /// Takes bytes of the socket; drives the handshake.
  void receive(std::string_view records);

  /// The socket's peer sends no more: without close_notify a truncation.
  void receive_eof();

  /// Decrypts into `buffer`; returns the bytes, 0 if there is nothing now.
  size_t read(std::span<char> buffer);

  /// Encrypts; returns the bytes taken: 0 during the handshake, fewer than offered
  /// while more than `output_limit` bytes wait to be written.
  size_t write(std::string_view plain);

  /// Sends close_notify behind what was written.
  void close();

  /// Records to write; as `http1::server_session`.
  size_t output(std::span<std::string_view> parts) const;
  void sent(size_t bytes);
  size_t output_size() const noexcept;

  state current() const noexcept;

  /// `h2`, `http/1.1` or empty. @pre the handshake is over
  std::string_view protocol() const noexcept;

  /// The peer's subject alternative names, if it was verified.
  std::vector<std::string> peer_names() const;

  /// True if the handshake was shortened by an earlier session.
  bool resumed() const noexcept;

  /// A sentence with OpenSSL's reason, the verified name and what to do.
  const error& failure() const noexcept;

private:
  friend class session_access;
  struct impl;
  explicit session(std::unique_ptr<impl> from);
  std::unique_ptr<impl> impl_;
};

} // namespace mica::net::tls
