// Has the symbol, and something else behind it.

extern "C" {
extern const char mica_plugin[64];
const char mica_plugin[64] = "no plugin at all";
}
