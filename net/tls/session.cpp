#include "tls/session.hpp"

#include "tls/failure.hpp"
#include "tls/names.hpp"
#include "tls/session_impl.hpp"

#include <algorithm>
#include <array>

namespace mica::net::tls {

session::impl::impl(role which, SSL* from, std::shared_ptr<const void> kept,
                    std::string name)
  : side(which),
    context(std::move(kept)),
    ssl(from),
    peer(std::move(name)) {
  auto bio = ssl ? record_bio::make(records) : nullptr;
  if (!bio) {
    fail(errc::internal, "TLS can't start: " + take_openssl_error());
    return;
  }
  auto* raw = bio.release();
  // One for both directions; OpenSSL takes the reference.
  SSL_set_bio(ssl.get(), raw, raw);
  SSL_set_app_data(ssl.get(), this);
  if (side == role::client)
    SSL_set_connect_state(ssl.get());
  else
    SSL_set_accept_state(ssl.get());
}

session::impl::~impl() {
  // Else OpenSSL would forbid to resume what ended without close_notify: it follows
  // TLS 1.0 there.
  if (ssl)
    SSL_set_shutdown(ssl.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

session::impl& session::impl::of(const SSL* ssl) {
  return *static_cast<impl*>(SSL_get_app_data(ssl));
}

void session::impl::drive() {
  if (now != state::handshaking)
    return;
  ERR_clear_error();
  auto code = SSL_do_handshake(ssl.get());
  if (code != 1) {
    judge(code);
    return;
  }
  now = state::open;
  resumed = SSL_session_reused(ssl.get()) == 1;
}

bool session::impl::judge(int code) {
  switch (SSL_get_error(ssl.get(), code)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return true;
    case SSL_ERROR_ZERO_RETURN:
      if (now == state::open)
        now = state::peer_closed;
      else if (now == state::handshaking)
        fail(handshake_errc(side), peer + " ended the TLS handshake");
      return true;
    default:
      fail_by_openssl();
      return false;
  }
}

void session::impl::fail_by_openssl() {
  auto problem = describe_failure(*this, ERR_peek_error());
  ERR_clear_error();
  if (now == state::failed)
    return;
  now = state::failed;
  failure = std::move(problem);
}

void session::impl::fail(errc reason, std::string text) {
  if (now == state::failed)
    return;
  now = state::failed;
  failure = error{reason, std::move(text)};
}

session session_access::failed(role which, std::string peer, std::string text) {
  auto result = std::make_unique<impl>(which, nullptr, nullptr, std::move(peer));
  result->failure = error{handshake_errc(which), std::move(text)};
  return make(std::move(result));
}

session::session(std::unique_ptr<impl> from) : impl_(std::move(from)) {
  // nop
}

session::session(session&&) noexcept = default;

session& session::operator=(session&&) noexcept = default;

session::~session() = default;

void session::receive(std::string_view records) {
  borrow(records);
  give_back();
}

void session::borrow(std::string_view records) {
  impl_->records.lend(records);
  impl_->drive();
}

void session::give_back() {
  // Nobody will want it.
  if (impl_->now == state::failed || impl_->now == state::peer_closed)
    impl_->records.lend({});
  impl_->records.give_back();
}

void session::receive_eof() {
  impl_->eof = true;
  if (impl_->now == state::handshaking) {
    impl_->fail(handshake_errc(impl_->side), unfinished_handshake(*impl_));
  } else if (impl_->now == state::open) {
    // What waits may be application data, a close_notify, or nothing of meaning.
    char byte = 0;
    size_t n = 0;
    ERR_clear_error();
    auto code = SSL_peek_ex(impl_->ssl.get(), &byte, 1, &n);
    if (code != 1 && impl_->judge(code) && impl_->now == state::open)
      impl_->fail(errc::connection_lost, truncated(*impl_));
  }
}

size_t session::read(std::span<char> buffer) {
  auto& self = *impl_;
  if (self.now != state::open || buffer.empty())
    return 0;
  size_t n = 0;
  ERR_clear_error();
  auto code = SSL_read_ex(self.ssl.get(), buffer.data(), buffer.size(), &n);
  if (code == 1) {
    self.heard = true;
    return n;
  }
  if (self.judge(code) && self.now == state::open && self.eof)
    self.fail(errc::connection_lost, truncated(self));
  return 0;
}

size_t session::write(std::string_view plain) {
  auto& self = *impl_;
  size_t taken = 0;
  while (taken < plain.size() && can_write()) {
    size_t n = 0;
    ERR_clear_error();
    auto code = SSL_write_ex(self.ssl.get(), plain.data() + taken,
                             std::min(plain.size() - taken, record_bytes), &n);
    if (code != 1) {
      self.judge(code);
      break;
    }
    taken += n;
  }
  return taken;
}

size_t session::write(std::span<const std::string_view> parts) {
  std::array<char, record_bytes> record;
  size_t taken = 0;
  size_t next = 0;
  std::string_view rest;
  auto more = [&] {
    while (rest.empty() && next < parts.size())
      rest = parts[next++];
    return !rest.empty();
  };
  while (more()) {
    auto plain = rest.substr(0, record.size());
    if (plain.size() == record.size()) {
      // Encrypted where it lies.
      rest.remove_prefix(plain.size());
    } else {
      // A copy costs less than another record: a frame of HTTP/2 with its head is
      // slightly larger than one.
      size_t filled = 0;
      while (filled < record.size() && more()) {
        auto n = rest.copy(record.data() + filled, record.size() - filled);
        rest.remove_prefix(n);
        filled += n;
      }
      plain = {record.data(), filled};
    }
    auto n = write(plain);
    taken += n;
    if (n < plain.size())
      break;
  }
  return taken;
}

bool session::can_write() const noexcept {
  return (impl_->now == state::open || impl_->now == state::peer_closed)
         && !impl_->closed && output_size() < output_limit;
}

void session::close() {
  auto& self = *impl_;
  if (self.closed || self.now == state::handshaking || self.now == state::failed)
    return;
  self.closed = true;
  ERR_clear_error();
  SSL_shutdown(self.ssl.get());
  ERR_clear_error();
}

size_t session::output(std::span<std::string_view> parts) const {
  return impl_->records.out().pieces(parts);
}

void session::sent(size_t bytes) {
  impl_->records.out().consume(bytes);
}

size_t session::output_size() const noexcept {
  return impl_->records.out().size();
}

session::state session::current() const noexcept {
  return impl_->now;
}

std::string_view session::protocol() const noexcept {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  if (impl_->ssl)
    SSL_get0_alpn_selected(impl_->ssl.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

std::vector<std::string> session::peer_names() const {
  if (!impl_->verified || !impl_->ssl || impl_->now == state::handshaking)
    return {};
  auto* certificate = SSL_get0_peer_certificate(impl_->ssl.get());
  return certificate == nullptr ? std::vector<std::string>{} : names_of(*certificate);
}

bool session::resumed() const noexcept {
  return impl_->resumed;
}

const error& session::failure() const noexcept {
  return impl_->failure;
}

} // namespace mica::net::tls
