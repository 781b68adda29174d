// What OpenSSL reads from and writes to.

#pragma once

#include "http1/output_queue.hpp"
#include "tls/openssl.hpp"

#include <array>
#include <string>
#include <string_view>

namespace mica::net::tls {

/// Records in and out of one connection.
///
/// OpenSSL's own memory BIO keeps the memory of its largest use for ever and copies
/// what comes in. This one reads where the bytes lie; they are copied only if nobody
/// wants their content yet.
class record_bio {
public:
  /// Lends `bytes` until `give_back`.
  void lend(std::string_view bytes);

  /// Keeps a copy of what OpenSSL has not taken of the bytes that were lent.
  void give_back();

  /// Bytes that OpenSSL has not taken yet.
  size_t waiting() const noexcept {
    return lent_.size() + kept_.size() - kept_at_;
  }

  http1::output_queue& out() noexcept {
    return out_;
  }

  const http1::output_queue& out() const noexcept {
    return out_;
  }

  /// The first bytes that ever came, at most 24: they tell what a peer speaks that
  /// speaks no TLS.
  std::string_view first_bytes() const noexcept {
    return {first_.data(), first_size_};
  }

  /// A BIO over `from`, which must outlive it. Null if memory is short.
  static bio_ptr make(record_bio& from);

private:
  static int on_read(BIO* bio, char* to, size_t room, size_t* taken);
  static int on_write(BIO* bio, const char* bytes, size_t size, size_t* taken);
  static long on_control(BIO* bio, int what, long number, void* pointer);
  static int on_create(BIO* bio);
  static const BIO_METHOD* method();

  size_t take(char* to, size_t room);

  std::string_view lent_;
  /// Older than `lent_`.
  std::string kept_;
  size_t kept_at_ = 0;
  http1::output_queue out_;
  std::array<char, 24> first_{};
  size_t first_size_ = 0;
};

} // namespace mica::net::tls
