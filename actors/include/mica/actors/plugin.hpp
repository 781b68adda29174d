// What a shared object exports to be loaded by `--plugin=FILE.so`
// (docs/guide/plugin.md).

#pragma once

#include "mica/actors/broker_source.hpp"
#include "mica/actors/registry_source.hpp"
#include "mica/actors/sources.hpp"
#include "mica/codecs/version.hpp"

#include <caf/config.hpp>

#include <cstdint>
#include <type_traits>

#define MICA_PLUGIN_TEXT_OF(x) #x
#define MICA_PLUGIN_TEXT(x) MICA_PLUGIN_TEXT_OF(x)

#ifdef __SANITIZE_ADDRESS__
#define MICA_PLUGIN_ASAN " asan"
#else
#define MICA_PLUGIN_ASAN ""
#endif

/// What objects of the standard library look like: a plugin must see them as its host.
#define MICA_PLUGIN_ABI                                                                \
  "libstdc++ " MICA_PLUGIN_TEXT(_GLIBCXX_RELEASE) " cxx11 " MICA_PLUGIN_TEXT(          \
      _GLIBCXX_USE_CXX11_ABI) " pointer " MICA_PLUGIN_TEXT(__SIZEOF_POINTER__)         \
      MICA_PLUGIN_ASAN

namespace mica {

enum class plugin_kind : uint32_t {
  registry = 1,
  selector,
  codec,
  transport,
  broker,
  client,
  server,
};

/// The part of a plugin that is plain C, so that a host can read it before it trusts
/// anything else. Never changes but for what comes behind.
struct plugin_handshake {
  static constexpr uint64_t right_magic = 0x31676c706163696d; // micaplg1
  static constexpr uint32_t right_layout = 1;

  uint64_t magic;
  /// Of `plugin`.
  uint32_t layout;
  uint32_t caf_version;
  const char* mica_version;
  const char* abi;
  plugin_kind kind;
};

static_assert(
    std::is_trivial_v<plugin_handshake> && std::is_standard_layout_v<plugin_handshake>);

/// One part of a service: its kind follows from what `make` returns. `make` is called
/// once by each service that loads the file.
class plugin {
public:
  constexpr explicit plugin(registry_source (*function)())
    : handshake(shake(plugin_kind::registry)),
      make{.registry = function} {
    // nop
  }
  constexpr explicit plugin(selector_source (*function)())
    : handshake(shake(plugin_kind::selector)),
      make{.selector = function} {
    // nop
  }
  constexpr explicit plugin(codec_source (*function)())
    : handshake(shake(plugin_kind::codec)),
      make{.codec = function} {
    // nop
  }
  constexpr explicit plugin(transport_source (*function)())
    : handshake(shake(plugin_kind::transport)),
      make{.transport = function} {
    // nop
  }
  constexpr explicit plugin(broker_source (*function)())
    : handshake(shake(plugin_kind::broker)),
      make{.broker = function} {
    // nop
  }
  constexpr explicit plugin(client_source (*function)())
    : handshake(shake(plugin_kind::client)),
      make{.client = function} {
    // nop
  }
  constexpr explicit plugin(server_source (*function)())
    : handshake(shake(plugin_kind::server)),
      make{.server = function} {
    // nop
  }

  plugin_handshake handshake;

  union {
    registry_source (*registry)();
    selector_source (*selector)();
    codec_source (*codec)();
    transport_source (*transport)();
    broker_source (*broker)();
    client_source (*client)();
    server_source (*server)();
  } make;

private:
  static constexpr plugin_handshake shake(plugin_kind kind) {
    return {plugin_handshake::right_magic,
            plugin_handshake::right_layout,
            CAF_VERSION,
            MICA_VERSION_TEXT,
            MICA_PLUGIN_ABI,
            kind};
  }
};

} // namespace mica

// The one symbol. A plugin defines it: `constinit const mica::plugin
// mica_plugin{make};`
extern "C" {
extern const mica::plugin mica_plugin __attribute__((visibility("default")));
}
