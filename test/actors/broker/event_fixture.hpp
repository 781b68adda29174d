// Services in one process that share topics in memory.

#pragma once

#include "events.pb.h"

#include "mica/actors/brokers.hpp"
#include "mica/actors/registry_source.hpp"
#include "mica/actors/service.hpp"
#include "mica/discovery/registries.hpp"
#include "runtime/ask.hpp"
#include "runtime/runtime.hpp"

#include <caf/send.hpp>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace mica::test {

inline Event make_test_event(std::string message) {
  Event result;
  result.set_id("1");
  result.set_message(std::move(message));
  return result;
}

/// What subscribers saw, for a test that waits. Thread-safe.
class event_log {
public:
  void add(std::string what) {
    std::lock_guard guard{mtx_};
    items_.push_back(std::move(what));
    changed_.notify_all();
  }

  std::vector<std::string> items() const {
    std::lock_guard guard{mtx_};
    return items_;
  }

  /// True as soon as there are so many; false if there are not within 20 s.
  bool wait_for(size_t count) {
    std::unique_lock guard{mtx_};
    return changed_.wait_for(guard, std::chrono::seconds{20},
                             [&] { return items_.size() >= count; });
  }

private:
  mutable std::mutex mtx_;
  std::condition_variable changed_;
  std::vector<std::string> items_;
};

class event_fixture {
public:
  event_fixture()
    : registry_(discovery::spawn_memory_registry(registry_home_.system())),
      log(std::make_shared<event_log>()) {
    // nop
  }

  ~event_fixture() {
    caf::anon_send_exit(registry_, caf::exit_reason::user_shutdown);
  }

  service_options options() {
    service_options result;
    result.address = "127.0.0.1:0";
    result.broker = broker;
    result.registry = std::make_shared<registry_source>(
        "memory", [this](caf::actor_system&) { return registry_; }, false);
    return result;
  }

  /// Whether the registry knows a node of this service; blocks.
  bool registered(const std::string& name) {
    auto found = detail::ask<discovery::snapshot>(registry_home_.system(), registry_,
                                                  std::chrono::seconds{20},
                                                  discovery::lookup_atom::value, name);
    return found && !found->versions.empty();
  }

private:
  detail::runtime registry_home_{1};
  discovery::registry_actor registry_;

public:
  std::shared_ptr<const broker_source> broker =
      std::make_shared<const broker_source>(memory_broker());
  std::shared_ptr<event_log> log;
};

} // namespace mica::test
