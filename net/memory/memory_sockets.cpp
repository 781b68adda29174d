#include "memory/memory_sockets.hpp"

#include "mica/net/addresses.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include <unistd.h>

namespace mica::net {

namespace {

using caf::io::accept_handle;
using caf::io::broker;
using caf::io::connection_handle;

// Short: the path of a Unix socket has 107 bytes.
std::string folder_prefix() {
  return "/tmp/mica-memory-" + std::to_string(::getpid()) + "-";
}

class layer : public socket_layer {
public:
  explicit layer(std::shared_ptr<socket_folder> folder)
    : folder_(std::move(folder)),
      inner_(native_sockets()) {
    // nop
  }

  expected<std::pair<accept_handle, std::string>> listen(broker& owner,
                                                         std::string_view) override {
    auto address = folder_->next_address();
    if (!address)
      return std::move(address.error());
    return inner_->listen(owner, *address);
  }

  void unlisten(std::string_view bound) override {
    inner_->unlisten(bound);
  }

  expected<connection_handle> connect(broker& owner,
                                      std::string_view address) override {
    if (!socket_folder::is_ours(address))
      return error{errc::connection_failed,
                   "the transport memory does not leave this process: "
                       + std::string{address} + " is elsewhere"};
    return inner_->connect(owner, address);
  }

  expected<bool> connected(broker& owner, connection_handle which) override {
    return inner_->connected(owner, which);
  }

  bool room() override {
    return inner_->room();
  }

  std::ptrdiff_t write(broker& owner, connection_handle to,
                       std::span<const std::string_view> parts) override {
    return inner_->write(owner, to, parts);
  }

  bool notify_writable(broker& owner, connection_handle which) override {
    return inner_->notify_writable(owner, which);
  }

  void abort(broker& owner, connection_handle which) override {
    inner_->abort(owner, which);
  }

  void half_close(broker& owner, connection_handle which) override {
    inner_->half_close(owner, which);
  }

  std::optional<connection_handle> keep_writing(broker& owner,
                                                connection_handle which) override {
    return inner_->keep_writing(owner, which);
  }

  bool quiet(broker& owner, connection_handle which) override {
    return inner_->quiet(owner, which);
  }

  std::pair<std::string, std::string> addresses(broker& owner,
                                                connection_handle which) override {
    return inner_->addresses(owner, which);
  }

  bool peer_left(broker& owner, connection_handle which) override {
    return inner_->peer_left(owner, which);
  }

private:
  std::shared_ptr<socket_folder> folder_;
  std::shared_ptr<socket_layer> inner_;
};

} // namespace

socket_folder::~socket_folder() {
  std::error_code ignored;
  if (!path_.empty())
    std::filesystem::remove_all(path_, ignored);
}

expected<std::string> socket_folder::next_address() {
  std::lock_guard guard{mtx_};
  if (path_.empty()) {
    auto name = folder_prefix() + "XXXXXX";
    // Its mode is 0700.
    if (::mkdtemp(name.data()) == nullptr)
      return error{errc::unavailable, "the transport memory can't make a folder like "
                                          + name + ": " + std::strerror(errno)};
    path_ = std::move(name);
  }
  return std::string{unix_prefix} + path_ + "/" + std::to_string(++last_);
}

bool socket_folder::is_ours(std::string_view address) {
  auto prefix = std::string{unix_prefix} + folder_prefix();
  return address.substr(0, prefix.size()) == prefix;
}

std::shared_ptr<socket_layer> memory_sockets(std::shared_ptr<socket_folder> folder) {
  return std::make_shared<layer>(std::move(folder));
}

} // namespace mica::net
