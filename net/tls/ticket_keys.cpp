#include "tls/ticket_keys.hpp"

#include "tls/openssl.hpp"

#include <openssl/rand.h>

#include <algorithm>

namespace mica::net::tls {

namespace {

std::optional<ticket_keys::key> make_key(ticket_keys::time_point now) {
  ticket_keys::key result;
  result.since = now;
  if (RAND_bytes(result.name.data(), static_cast<int>(result.name.size())) != 1
      || RAND_priv_bytes(result.cipher.data(), static_cast<int>(result.cipher.size()))
             != 1
      || RAND_priv_bytes(result.mac.data(), static_cast<int>(result.mac.size())) != 1)
    return {};
  return result;
}

bool has_name(const std::optional<ticket_keys::key>& key,
              std::span<const unsigned char, 16> name) {
  return key && std::equal(name.begin(), name.end(), key->name.begin());
}

} // namespace

bool ticket_keys::rotate(time_point now) {
  if (!current_ || now - current_->since >= rotation) {
    auto made = make_key(now);
    if (!made)
      return false;
    former_ = current_;
    current_ = made;
  }
  if (former_ && now - former_->since >= 2 * rotation)
    former_.reset();
  return true;
}

std::optional<ticket_keys::key> ticket_keys::current(time_point now) {
  std::lock_guard guard{mtx_};
  if (!rotate(now))
    return {};
  return current_;
}

std::optional<ticket_keys::found>
ticket_keys::find(std::span<const unsigned char, 16> name, time_point now) {
  std::lock_guard guard{mtx_};
  if (!rotate(now))
    return {};
  if (has_name(current_, name))
    return found{*current_, false};
  if (has_name(former_, name))
    return found{*former_, true};
  return {};
}

} // namespace mica::net::tls
