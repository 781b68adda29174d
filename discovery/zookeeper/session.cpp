#include "zookeeper/session.hpp"

#include <zookeeper/zookeeper.h>

#include <algorithm>
#include <utility>

namespace mica::discovery::zookeeper {

namespace {

/// Bytes of one node: ZooKeeper's own limit (jute.maxbuffer).
constexpr size_t node_bytes = 1'048'576;

mica::error failed(int code, const std::string& path) {
  auto reason = errc::unavailable;
  if (code == ZBADARGUMENTS || code == ZINVALIDACL)
    reason = errc::invalid_argument;
  else if (code == ZNOAUTH || code == ZAUTHFAILED)
    reason = errc::permission_denied;
  return {reason, "ZooKeeper: " + path + ": " + zerror(code)};
}

/// Children, given back to the client.
struct children {
  children() {
    list.count = 0;
    list.data = nullptr;
  }

  ~children() {
    deallocate_String_vector(&list);
  }

  children(const children&) = delete;
  children& operator=(const children&) = delete;

  String_vector list;
};

// It would write on stderr; what matters comes as an event or a code.
void discard(const char*) {
  // nop
}

} // namespace

class session::client {
public:
  explicit client(std::function<void(event)> to) : sink(std::move(to)) {
    // nop
  }

  ~client() {
    if (handle)
      zookeeper_close(handle);
  }

  static void on_event(zhandle_t*, int type, int state, const char* path, void* self) {
    const auto& to = static_cast<client*>(self)->sink;
    if (type != ZOO_SESSION_EVENT) {
      to({event::kind::changed, path ? path : ""});
      return;
    }
    if (state == ZOO_CONNECTED_STATE)
      to({event::kind::connected, {}});
    else if (state == ZOO_EXPIRED_SESSION_STATE || state == ZOO_AUTH_FAILED_STATE)
      to({event::kind::expired, {}});
    else
      to({event::kind::away, {}});
  }

  int create(const std::string& path, const std::string& value) const {
    return zoo_create(handle, path.c_str(), value.data(),
                      static_cast<int>(value.size()), &ZOO_OPEN_ACL_UNSAFE,
                      ZOO_PERSISTENT, nullptr, 0);
  }

  /// Names of children, sorted; none if the node is not there.
  expected<std::vector<std::string>> list(const std::string& path, bool watch) const {
    children found;
    auto code = zoo_get_children(handle, path.c_str(), watch ? 1 : 0, &found.list);
    if (code == ZNONODE && watch) {
      // It is watched for, so that its first child is told.
      code = zoo_exists(handle, path.c_str(), 1, nullptr);
      if (code == ZOK)
        code = zoo_get_children(handle, path.c_str(), 1, &found.list);
    }
    if (code == ZNONODE)
      return std::vector<std::string>{};
    if (code != ZOK)
      return failed(code, path);
    std::vector<std::string> result(found.list.data,
                                    found.list.data + found.list.count);
    std::sort(result.begin(), result.end());
    return result;
  }

  zhandle_t* handle = nullptr;
  std::function<void(event)> sink;
  std::string buffer = std::string(node_bytes, '\0');
};

session::session(std::unique_ptr<client> made) : client_(std::move(made)) {
  // nop
}

session::~session() {
  // nop
}

expected<std::unique_ptr<session>> session::open(const std::string& servers,
                                                 std::chrono::milliseconds timeout,
                                                 std::function<void(event)> sink) {
  auto made = std::make_unique<client>(std::move(sink));
  made->handle = zookeeper_init2(servers.c_str(), &client::on_event,
                                 static_cast<int>(timeout.count()), nullptr, made.get(),
                                 0, discard);
  if (!made->handle)
    return mica::error{errc::unavailable,
                       "ZooKeeper at " + servers
                           + ": no session, its client has no memory, "
                             "no thread, or no address for the name"};
  return std::unique_ptr<session>{new session(std::move(made))};
}

expected<void> session::write(const std::string& path, const std::string& value) {
  if (value.size() > node_bytes)
    return mica::error{errc::invalid_argument, "ZooKeeper: " + path + ": more than "
                                                   + std::to_string(node_bytes)
                                                   + " bytes"};
  auto code = zoo_set(client_->handle, path.c_str(), value.data(),
                      static_cast<int>(value.size()), -1);
  if (code == ZNONODE)
    code = client_->create(path, value);
  if (code == ZNONODE) {
    for (auto slash = path.find('/', 1);
         slash != std::string::npos && (code == ZNONODE || code == ZOK);
         slash = path.find('/', slash + 1)) {
      code = client_->create(path.substr(0, slash), {});
      if (code == ZNODEEXISTS)
        code = ZOK;
    }
    if (code == ZOK)
      code = client_->create(path, value);
  }
  // Another one was quicker.
  if (code == ZNODEEXISTS)
    code = zoo_set(client_->handle, path.c_str(), value.data(),
                   static_cast<int>(value.size()), -1);
  if (code != ZOK)
    return failed(code, path);
  return {};
}

expected<void> session::remove(const std::string& path) {
  auto code = zoo_delete(client_->handle, path.c_str(), -1);
  if (code != ZOK && code != ZNONODE)
    return failed(code, path);
  return {};
}

expected<std::string> session::get(const std::string& path) {
  auto size = static_cast<int>(client_->buffer.size());
  auto code =
      zoo_get(client_->handle, path.c_str(), 0, client_->buffer.data(), &size, nullptr);
  if (code != ZOK)
    return failed(code, path);
  return client_->buffer.substr(0, static_cast<size_t>(std::max(size, 0)));
}

expected<stored_records> session::read(const std::string& service_path, bool watch) {
  auto names = client_->list(service_path, watch);
  if (!names)
    return std::move(names.error());
  stored_records result;
  for (const auto& name : *names) {
    auto path = service_path + '/' + name;
    auto size = static_cast<int>(client_->buffer.size());
    auto code = zoo_get(client_->handle, path.c_str(), watch ? 1 : 0,
                        client_->buffer.data(), &size, nullptr);
    // Gone meanwhile: with a watch its parent's change is told.
    if (code == ZNONODE)
      continue;
    if (code != ZOK)
      return failed(code, path);
    // Without data it has a size of -1, and is a folder.
    if (size > 0)
      result.emplace_back(path, client_->buffer.substr(0, static_cast<size_t>(size)));
  }
  return result;
}

expected<stored_records> session::read_all() {
  auto services = client_->list(std::string{prefix}, false);
  if (!services)
    return std::move(services.error());
  stored_records result;
  for (const auto& service : *services) {
    auto nodes = read(std::string{prefix} + '/' + service, false);
    if (!nodes)
      return std::move(nodes.error());
    for (auto& x : *nodes)
      result.push_back(std::move(x));
  }
  return result;
}

} // namespace mica::discovery::zookeeper
