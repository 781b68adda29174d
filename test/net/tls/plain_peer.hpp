// A TLS peer written with OpenSSL alone, for what our own sessions never do.

#pragma once

#include "tls/openssl.hpp"
#include "tls_fixture.hpp"

namespace mica::test {

/// One side of a connection over OpenSSL's memory BIOs; change `ctx` before `start`.
class plain_peer {
public:
  explicit plain_peer(const SSL_METHOD* method) : ctx(SSL_CTX_new(method)) {
    CAF_REQUIRE(ctx != nullptr);
  }

  /// @param former a session for a client to resume; may be null
  void start(bool server, SSL_SESSION* former = nullptr) {
    ssl.reset(SSL_new(ctx.get()));
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl.get(), in_, out_);
    if (server)
      SSL_set_accept_state(ssl.get());
    else
      SSL_set_connect_state(ssl.get());
    if (former != nullptr)
      SSL_set_session(ssl.get(), former);
    SSL_do_handshake(ssl.get());
  }

  /// Talks with `other` until both are silent; both may read then.
  void join(session& other) {
    for (bool more = true; more;) {
      more = false;
      if (char* data = nullptr; auto size = BIO_get_mem_data(out_, &data)) {
        std::string bytes{data, static_cast<size_t>(size)};
        (void)BIO_reset(out_);
        other.receive(bytes);
        more = true;
      }
      std::string_view part[1];
      while (other.output(part) > 0) {
        BIO_write(in_, part[0].data(), static_cast<int>(part[0].size()));
        other.sent(part[0].size());
        more = true;
      }
      SSL_do_handshake(ssl.get());
    }
  }

  std::string read() {
    char buffer[4096];
    auto n = SSL_read(ssl.get(), buffer, sizeof(buffer));
    return n > 0 ? std::string{buffer, static_cast<size_t>(n)} : "";
  }

  /// The alert that ended the connection, e.g. `protocol version`; empty if none did.
  std::string alert() {
    SSL_do_handshake(ssl.get());
    read();
    std::string result;
    while (auto code = ERR_get_error())
      if (ERR_GET_REASON(code) >= SSL_AD_REASON_OFFSET && result.empty())
        result =
            SSL_alert_desc_string_long(ERR_GET_REASON(code) - SSL_AD_REASON_OFFSET);
    return result;
  }

  net::tls::ssl_ctx_ptr ctx;
  net::tls::ssl_ptr ssl;

private:
  BIO* in_ = nullptr;
  BIO* out_ = nullptr;
};

} // namespace mica::test
