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

/// How often whoever has a context calls its `reload` while there is something to do: a
/// stat for each file.
inline constexpr std::chrono::seconds certificate_check_interval{5};

/// Certificates and settings of a listener, shared by its connections. Thread-safe.
class server_context {
public:
  /// Reads the files. Fails with `errc::invalid_argument`; the text names file and
  /// reason.
  static expected<std::shared_ptr<server_context>> make(const tls_server_options& from);

  virtual ~server_context();

  /// Looks whether the files have changed (a stat each) and reads them anew; what can't
  /// be used is refused with the reason, once, and the former ones stay. Connections
  /// that exist go on; sessions of before are not resumed.
  /// @returns true if new files are in use.
  virtual expected<bool> reload() = 0;

  virtual session accept() = 0;
};

/// Authorities, own certificate and resumable sessions of a pool. Thread-safe.
class client_context {
public:
  /// Fails with `errc::invalid_argument`, as `server_context::make`.
  static expected<std::shared_ptr<client_context>> make(const tls_client_options& from);

  virtual ~client_context();

  /// As `server_context::reload`.
  virtual expected<bool> reload() = 0;

  /// @param host of the dialled address, without port: a name, which is also sent as
  /// SNI,
  ///        or an IP address; verified unless the options name another.
  /// @param alpn offered protocols, best first: `h2`, `http/1.1`; may be empty.
  /// @param address what tells servers of one host apart (`host:port`): sessions are
  ///        resumed per address; empty: `host`.
  /// @returns a session that may have failed already, if there is no name to verify.
  virtual session connect(std::string_view host, std::span<const std::string_view> alpn,
                          std::string_view address = {}) = 0;
};

/// OpenSSL over memory of ours (`record_bio`). Pure: no socket; of clocks only the one
/// that OpenSSL itself looks at for certificates and tickets. Not thread-safe.
///
/// Client sessions have output from the beginning. Whatever call may have changed the
/// state or made output: look at `current` and `output_size` behind each.
class session {
public:
  /// Most plain bytes of a record (RFC 8446, 5.1).
  static constexpr size_t record_bytes = 16 * 1024;

  /// Bytes of records that wait to be written before `write` takes no more; exceeded by
  /// at most one record.
  static constexpr size_t output_limit = 128 * 1024;

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

  /// Takes bytes of the socket; drives the handshake. What is not read by the next call
  /// is copied: at most what was given, so whoever does not read should not receive.
  void receive(std::string_view records);

  /// `receive`, then `read` until there is nothing more, without that copy.
  /// @param sink called with each piece of plain bytes, which lies in `buffer`.
  template <class Sink>
  void receive(std::string_view records, std::span<char> buffer, Sink&& sink) {
    borrow(records);
    while (auto n = read(buffer))
      sink(std::string_view{buffer.data(), n});
    give_back();
  }

  /// The socket's peer sends no more: without close_notify a truncation, which fails
  /// the session once `read` has returned what came before.
  void receive_eof();

  /// Decrypts into `buffer`, at most one record; returns the bytes, 0 if there is
  /// nothing now. A buffer of `record_bytes` never makes OpenSSL keep plain bytes.
  size_t read(std::span<char> buffer);

  /// Encrypts; returns the bytes taken: 0 during the handshake and behind `close`,
  /// fewer than offered once `output_limit` bytes wait to be written.
  size_t write(std::string_view plain);

  /// As one `write` of all parts behind each other: they share records.
  size_t write(std::span<const std::string_view> parts);

  /// Sends close_notify behind what was written. Nothing during the handshake.
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

  void borrow(std::string_view records);
  void give_back();
  bool can_write() const noexcept;

  std::unique_ptr<impl> impl_;
};

} // namespace mica::net::tls
