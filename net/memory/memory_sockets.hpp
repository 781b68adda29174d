// Sockets inside one process.

#pragma once

#include "mica/net/socket_layer.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

namespace mica::net {

/// A folder that only this user may enter, for the sockets of this process. Made when
/// the first name is asked for, removed with the object. Thread-safe.
class socket_folder {
public:
  ~socket_folder();

  /// `unix:/tmp/mica-memory-PID-XXXXXX/N`, another one each time. Fails with
  /// `errc::unavailable`.
  expected<std::string> next_address();

  /// True if `address` is a socket in a folder of this process.
  static bool is_ours(std::string_view address);

private:
  std::mutex mtx_;
  std::string path_;
  uint64_t last_ = 0;
};

/// Unix sockets that listen in `folder` whatever the address (`:0`), and that connect
/// within this process alone.
std::shared_ptr<socket_layer> memory_sockets(std::shared_ptr<socket_folder> folder);

} // namespace mica::net
