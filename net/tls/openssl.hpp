// OpenSSL's objects as owners, and its error queue as text.

#pragma once

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace mica::net::tls {

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* x) const noexcept {
    Free(x);
  }
};

using ssl_ctx_ptr = std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>>;
using ssl_ptr = std::unique_ptr<SSL, freed_by<SSL_free>>;
using ssl_session_ptr = std::unique_ptr<SSL_SESSION, freed_by<SSL_SESSION_free>>;
using bio_ptr = std::unique_ptr<BIO, freed_by<BIO_free>>;
using x509_ptr = std::unique_ptr<X509, freed_by<X509_free>>;
using key_ptr = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;

/// OpenSSL's words for an error of its queue, e.g. `no start line`. Never empty.
inline std::string openssl_words(unsigned long code) {
  const char* words = ERR_reason_error_string(code);
  return words != nullptr ? words : "OpenSSL error " + std::to_string(code);
}

/// The words for the oldest error of this thread; empties the queue.
inline std::string take_openssl_error() {
  auto code = ERR_peek_error();
  ERR_clear_error();
  return code == 0 ? "OpenSSL gives no reason" : openssl_words(code);
}

} // namespace mica::net::tls
