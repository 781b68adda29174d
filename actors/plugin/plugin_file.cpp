#include "plugin/plugin_file.hpp"

#include "runtime/part_names.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <filesystem>
#include <memory>
#include <utility>

#include <dlfcn.h>
#include <unistd.h>

namespace mica::detail {

namespace {

static_assert(std::string_view{MICA_VERSION_TEXT} == MICA_VERSION,
              "mica/codecs/version.hpp and project() in CMakeLists.txt differ");

constexpr auto kinds = std::array<std::string_view, 7>{
    "registry", "selector", "codec", "transport", "broker", "client", "server"};

struct closer {
  void operator()(void* handle) const {
    dlclose(handle);
  }
};

std::string linker_text() {
  const auto* text = dlerror();
  return text == nullptr ? "unknown reason" : text;
}

error refused(errc why, const std::string& file, const std::string& what) {
  return {why, "plugin " + file + ": " + what};
}

template <class Source>
expected<std::string> add_row(const std::string& file, plugin_kind kind,
                              Source (*make)(), name_table<Source>& to) {
  std::shared_ptr<const Source> made;
  try {
    made = std::make_shared<const Source>(make());
  } catch (const std::exception& x) {
    return refused(errc::internal, file,
                   std::string{"its function throws: "} + x.what());
  } catch (...) {
    return refused(errc::internal, file,
                   "its function throws what is no std::exception");
  }
  auto what = std::string{to_string(kind)} + " " + made->name();
  if (made->name().empty())
    return refused(errc::invalid_argument, file, "its " + what + "has no name");
  const auto& taken = part_names(kind);
  if (std::find(taken.begin(), taken.end(), made->name()) != taken.end())
    return refused(errc::conflict, file,
                   "the " + what + " is part of mica; the plugin needs another name");
  if (!to.add(std::move(made)))
    return refused(errc::conflict, file, "there is a " + what + " already");
  return what;
}

} // namespace

std::string_view to_string(plugin_kind kind) {
  auto index = static_cast<size_t>(kind);
  return index >= 1 && index <= kinds.size() ? kinds[index - 1] : "unknown";
}

error check_handshake(const plugin_handshake& what, const std::string& file) {
  if (what.magic != plugin_handshake::right_magic)
    return refused(errc::invalid_argument, file,
                   "no plugin of mica: its symbol mica_plugin is something else");
  auto version = [&](const std::string& name, const std::string& its,
                     const std::string& ours) {
    return refused(errc::conflict, file,
                   "made for " + name + " " + its + ", this is " + ours
                       + "; build it again");
  };
  if (what.layout != plugin_handshake::right_layout)
    return version("plugin layout", std::to_string(what.layout),
                   std::to_string(plugin_handshake::right_layout));
  if (what.mica_version == nullptr || what.abi == nullptr)
    return refused(errc::invalid_argument, file, "its handshake is not filled in");
  if (what.mica_version != std::string_view{MICA_VERSION_TEXT})
    return version("mica", what.mica_version, MICA_VERSION_TEXT);
  if (what.caf_version != CAF_VERSION)
    return version("CAF", std::to_string(what.caf_version),
                   std::to_string(CAF_VERSION));
  if (what.abi != std::string_view{MICA_PLUGIN_ABI})
    return version("the ABI", what.abi, MICA_PLUGIN_ABI);
  if (to_string(what.kind) == "unknown")
    return refused(errc::conflict, file,
                   "its kind " + std::to_string(static_cast<uint32_t>(what.kind))
                       + " is unknown to this mica");
  return {};
}

expected<const plugin*> open_plugin(const std::string& file) {
  auto path = file.find('/') == std::string::npos ? "./" + file : file;
  if (::access(path.c_str(), R_OK) != 0)
    return refused(errc::not_found, file, std::strerror(errno));
  // Opening a pipe would wait for its writer.
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored))
    return refused(errc::invalid_argument, file, "not a file");
  dlerror();
  std::unique_ptr<void, closer> handle{dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)};
  if (!handle)
    return refused(errc::invalid_argument, file, "can't be loaded: " + linker_text());
  auto* symbol = dlsym(handle.get(), "mica_plugin");
  if (symbol == nullptr)
    return refused(errc::invalid_argument, file,
                   "no plugin of mica: it has no symbol mica_plugin");
  const auto* result = static_cast<const plugin*>(symbol);
  if (auto problem = check_handshake(result->handshake, file))
    return problem;
  static_cast<void>(handle.release());
  return result;
}

expected<std::string> load_plugin(const std::string& file, extensions& to) {
  auto opened = open_plugin(file);
  if (!opened)
    return std::move(opened.error());
  const auto& make = (*opened)->make;
  auto kind = (*opened)->handshake.kind;
  switch (kind) {
    case plugin_kind::registry:
      return add_row(file, kind, make.registry, to.registries);
    case plugin_kind::selector:
      return add_row(file, kind, make.selector, to.selectors);
    case plugin_kind::codec:
      return add_row(file, kind, make.codec, to.codecs);
    case plugin_kind::transport:
      return add_row(file, kind, make.transport, to.transports);
    case plugin_kind::broker:
      return add_row(file, kind, make.broker, to.brokers);
    case plugin_kind::client:
      return add_row(file, kind, make.client, to.clients);
    case plugin_kind::server:
      return add_row(file, kind, make.server, to.servers);
  }
  return refused(errc::conflict, file, "its kind is unknown to this mica");
}

} // namespace mica::detail
