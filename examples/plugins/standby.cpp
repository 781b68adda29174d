// A plugin: a selector that calls the first node alone, and the next one only when that
// is gone. `--plugin=plugins-standby.so --selector=standby` brings it into any program.

// [plugin]
#include "mica/actors/plugin.hpp"

// Nodes come in the order of their version and id; usable are those that pass the
// call's filters and have not failed it.
class standby : public mica::discovery::strategy {
  size_t pick(const mica::discovery::choice& from) override {
    for (size_t i = 0; i < from.size(); ++i)
      if (from.usable(i))
        return i;
    return from.none;
  }
};

mica::selector_source make_standby() {
  return {"standby", [](uint64_t) { return std::make_unique<standby>(); }};
}

constinit const mica::plugin mica_plugin{make_standby};
// [plugin]
