#include "contract/registry_world.hpp"

#include <caf/exit_reason.hpp>

#include <random>

namespace mica::test {

using namespace mica::discovery;

recorder::recorder(caf::actor_system& system) : list_(std::make_shared<shared_list>()) {
  handle_ = system.spawn(
      [](watcher_actor::pointer,
         std::shared_ptr<shared_list> list) -> watcher_actor::behavior_type {
        return {[list](const snapshot& x) {
          std::lock_guard guard{list->mtx};
          list->items.push_back(x);
        }};
      },
      list_);
}

std::vector<snapshot> recorder::taken() const {
  std::lock_guard guard{list_->mtx};
  return list_->items;
}

snapshot recorder::last() const {
  std::lock_guard guard{list_->mtx};
  return list_->items.empty() ? snapshot{} : list_->items.back();
}

registry_world::registry_world(registry_traits traits)
  : traits_(std::move(traits)),
    suffix_(std::to_string(std::random_device{}() % 1'000'000)) {
  // nop
}

registry_world::~registry_world() {
  // nop
}

void registry_world::use(registry_actor registry, registry_actor other) {
  registry_ = std::move(registry);
  other_ = std::move(other);
}

void registry_world::also_end(registry_actor behind) {
  behind_.push_back(std::move(behind));
}

std::string registry_world::unique(const std::string& name) const {
  return name + '-' + suffix_;
}

expected<caf::ok_atom> registry_world::put(const service_record& record,
                                           caf::timespan ttl) {
  return ask<caf::ok_atom>(registry_, register_atom::value, record, ttl);
}

expected<caf::ok_atom> registry_world::drop(const service_record& record) {
  return ask<caf::ok_atom>(registry_, deregister_atom::value, record);
}

expected<snapshot> registry_world::look_up(const std::string& service) {
  return look_up(registry_, service);
}

expected<snapshot> registry_world::look_up(const registry_actor& at,
                                           const std::string& service) {
  return ask<snapshot>(at, lookup_atom::value, service);
}

expected<std::vector<service_record>> registry_world::list() {
  return ask<std::vector<service_record>>(registry_, list_atom::value);
}

expected<std::string> registry_world::name() {
  return ask<std::string>(registry_, name_atom::value);
}

recorder registry_world::watch(const std::string& service) {
  return watch(registry_, service);
}

recorder registry_world::watch(const registry_actor& at, const std::string& service) {
  recorder result{system()};
  self()->send(at, watch_atom::value, service, result.handle());
  deliver();
  return result;
}

void registry_world::end_registries() {
  auto all = std::exchange(behind_, {});
  for (auto* x : {&other_, &registry_})
    if (*x)
      all.insert(all.begin(), std::exchange(*x, nullptr));
  for (const auto& x : all) {
    self()->monitor(x);
    caf::anon_send_exit(x, caf::exit_reason::user_shutdown);
    deliver();
    self()->receive([](const caf::down_msg&) {});
  }
}

} // namespace mica::test
