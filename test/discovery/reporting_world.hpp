// A registry with a server of its own that fails: what lookups and watchers see, in
// short.

#pragma once

#include "contract/registry_worlds.hpp"
#include "support/line_list.hpp"

#include <caf/test/unit_test.hpp>

#include <functional>
#include <string>
#include <utility>

namespace mica::test {

/// Ids of all nodes, each with a blank after it, and a `?` if they are stale.
inline std::string shape(const discovery::snapshot& x) {
  std::string out;
  for (const auto& version : x.versions)
    for (const auto& n : version.nodes)
      out += n.id + " ";
  return x.stale_for ? out + "?" : out;
}

/// The same service on another node.
inline discovery::service_record other_node(discovery::service_record record) {
  record.nodes[0].id += "-other";
  return record;
}

class reporting_world : public real_registry_world {
public:
  using real_registry_world::real_registry_world;

  ~reporting_world() override {
    end_registries();
    for (const auto& line : reports.get())
      CAF_MESSAGE("reported: " << line);
  }

  /// For the `report` of a registry's options.
  std::function<void(const std::string&)> reporter() {
    return [this](const std::string& line) { reports.add(line); };
  }

  /// What a lookup finds: a shape, or the name of the error.
  std::string found(const std::string& service) {
    auto result = look_up(service);
    return result ? shape(*result) : std::string{to_string(result.error().reason)};
  }

  /// Waits until `read` returns `wanted`; returns what it returned last.
  template <class Read>
  std::string settled(Read read, const std::string& wanted) {
    std::string last;
    eventually(
        [&] {
          last = read();
          return last == wanted;
        },
        caf::timespan{0});
    return last;
  }

  std::string seen(const recorder& watcher, const std::string& wanted) {
    return settled([&] { return shape(watcher.last()); }, wanted);
  }

  bool reported(const std::string& text) const {
    return reports.has(text);
  }

  line_list reports;
};

} // namespace mica::test
