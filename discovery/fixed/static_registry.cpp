#include "mica/discovery/static_nodes.hpp"

#include "fixed/list.hpp"
#include "fixed/list_file.hpp"
#include "memory/memory_registry.hpp"
#include "mica/net/caf_error.hpp"
#include "mica/net/init_actor.hpp"

#include <caf/actor_system.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace mica::discovery {

namespace {

using tick_atom = caf::atom_constant<caf::atom("tick")>;

using keeper_actor = caf::typed_actor<caf::reacts_to<tick_atom>>;

/// What the registry was filled with, and from what.
struct filling {
  static_options options;
  /// Of `options.nodes`.
  fixed::records listed;
  fixed::records current;
  fixed::file_mark mark;
};

struct keeper_state {
  // CAF 0.17 value-initializes an aggregate state wrongly under C++20.
  keeper_state() = default;

  registry_actor registry;
  std::shared_ptr<filling> from;

  static inline const char* name = "static-list";
};

using keeper_pointer = keeper_actor::stateful_pointer<keeper_state>;

/// New ones first: a service whose nodes are all replaced never has none.
void replace(const registry_actor& registry, filling& from, fixed::records next) {
  for (const auto& record : next)
    if (std::find(from.current.begin(), from.current.end(), record)
        == from.current.end())
      caf::anon_send(registry, register_atom::value, record, caf::timespan{0});
  for (const auto& record : fixed::without(from.current, next))
    caf::anon_send(registry, deregister_atom::value, record);
  from.current = std::move(next);
}

void look_again(keeper_state& state) {
  auto& from = *state.from;
  auto mark = fixed::mark_of(from.options.file);
  if (mark == from.mark)
    return;
  // Also if it can't be used: said once, until it changes again.
  from.mark = mark;
  auto read = fixed::read_list(from.options.file);
  if (read)
    return replace(state.registry, from, fixed::merge(from.listed, std::move(*read)));
  if (from.options.report)
    from.options.report("static: " + read.error().detail + "; the former nodes stay");
}

/// Detached, since files block. Ends with its registry.
keeper_actor::behavior_type keeper(keeper_pointer self, const registry_actor& registry,
                                   const std::shared_ptr<filling>& from) {
  net::init_actor(self);
  self->state.registry = registry;
  self->state.from = from;
  self->set_down_handler([self](const caf::down_msg&) { self->quit(); });
  self->monitor(registry);
  auto poll = from->options.poll;
  self->delayed_send(self, poll, tick_atom::value);
  return {
      [self, poll](tick_atom) {
        look_again(self->state);
        self->delayed_send(self, poll, tick_atom::value);
      },
  };
}

expected<std::shared_ptr<filling>> prepare(static_options&& options) {
  auto result = std::make_shared<filling>();
  result->options = std::move(options);
  const auto& how = result->options;
  if (how.nodes.empty() && how.file.empty())
    return error{errc::invalid_argument,
                 "no node is listed: name some by --registry_address "
                 "(service=host:port, comma-separated) or by --static_file"};
  auto listed = fixed::read_pairs(how.nodes);
  if (!listed)
    return std::move(listed.error());
  result->listed = std::move(*listed);
  auto whole = result->listed;
  if (!how.file.empty()) {
    // Before reading: what is written meanwhile is another file.
    result->mark = fixed::mark_of(how.file);
    auto read = fixed::read_list(how.file);
    if (!read)
      return std::move(read.error());
    whole = fixed::merge(std::move(whole), std::move(*read));
  }
  result->current = std::move(whole);
  return result;
}

} // namespace

caf::expected<registry_actor> spawn_static_registry(caf::actor_system& system,
                                                    static_options options) {
  auto ready = prepare(std::move(options));
  if (!ready) {
    ready.error().detail = "static: " + ready.error().detail;
    return to_caf(ready.error());
  }
  auto from = std::move(*ready);
  auto registry = memory::spawn_registry(system, "static");
  replace(registry, *from, std::exchange(from->current, {}));
  if (!from->options.file.empty())
    system.spawn<caf::detached>(keeper, registry, from);
  return registry;
}

} // namespace mica::discovery
