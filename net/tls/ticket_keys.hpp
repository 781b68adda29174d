// The keys under which a server hands its clients their sessions.

#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>

namespace mica::net::tls {

/// Keys of session tickets (RFC 5077, RFC 8446, 4.6.1): a new one each `rotation`, the
/// former one is still understood for as long. So whoever steals the memory of a server
/// can't read what was said two rotations ago. Thread-safe.
class ticket_keys {
public:
  using time_point = std::chrono::system_clock::time_point;

  static constexpr std::chrono::seconds rotation{3600};

  struct key {
    std::array<unsigned char, 16> name;
    std::array<unsigned char, 32> cipher;
    std::array<unsigned char, 32> mac;
    time_point since;
  };

  /// A ticket's key, and whether there is a newer one.
  struct found {
    key which;
    bool renew;
  };

  /// The key for new tickets; nothing if there is no randomness.
  std::optional<key> current(time_point now);

  /// The key of that name, unless it is too old.
  std::optional<found> find(std::span<const unsigned char, 16> name, time_point now);

private:
  bool rotate(time_point now);

  std::mutex mtx_;
  std::optional<key> current_;
  std::optional<key> former_;
};

} // namespace mica::net::tls
