// A plugin of another time.

#include "mica/actors/plugin.hpp"

extern "C" {
extern const mica::plugin_handshake old_plugin __asm__("mica_plugin");
const mica::plugin_handshake old_plugin = {mica::plugin_handshake::right_magic,
                                           mica::plugin_handshake::right_layout,
                                           CAF_VERSION,
                                           "0.0.7",
                                           MICA_PLUGIN_ABI,
                                           mica::plugin_kind::registry};
}
