// Claims about registries: the actor itself is asked, without the cache of a service.

#include "cli/plugin_claims.hpp"
#include "mica/net/caf_error.hpp"
#include "runtime/ask.hpp"
#include "runtime/runtime.hpp"
#include "runtime/uuid.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace mica::cli {

namespace {

using namespace discovery;

// A change may take its way over the network: after so long it counts as lost.
constexpr auto poll_time = std::chrono::milliseconds{20};

class checked_registry {
public:
  explicit checked_registry(const registry_source& what) : owned_(what.owned()) {
    auto made = what.make(home_.system(), {});
    if (!made)
      problem_ = "it can't be made: " + to_string(made.error());
    else if (!*made)
      problem_ = "its function made nothing";
    else
      registry_ = std::move(*made);
  }

  ~checked_registry() {
    if (registry_ && owned_)
      caf::anon_send_exit(registry_, caf::exit_reason::user_shutdown);
  }

  const std::string& problem() const {
    return problem_;
  }

  caf::actor_system& system() {
    return home_.system();
  }

  template <class Result, class... Ts>
  expected<Result> ask(Ts&&... xs) {
    return detail::ask<Result>(home_.system(), registry_, claim_time,
                               std::forward<Ts>(xs)...);
  }

  expected<caf::ok_atom> put(const service_record& what) {
    return ask<caf::ok_atom>(register_atom::value, what,
                             caf::timespan{std::chrono::minutes{1}});
  }

  expected<caf::ok_atom> drop(const service_record& what) {
    return ask<caf::ok_atom>(deregister_atom::value, what);
  }

  void watch(const std::string& service, watcher_actor who) {
    caf::anon_send(registry_, watch_atom::value, service, std::move(who));
  }

private:
  detail::runtime home_{1};
  bool owned_;
  registry_actor registry_;
  std::string problem_;
};

service_record sample() {
  service_record result;
  result.name = "mica-plugin-check-" + detail::make_uuid();
  result.version = "1.2.3";
  result.nodes.push_back({result.name + "-a", "127.0.0.1:1001", {{"region", "north"}}});
  result.nodes.push_back({result.name + "-b", "127.0.0.1:1002", {}});
  return result;
}

// Asks until the answer is right or the time is over.
template <class F>
bool eventually(F holds) {
  std::mutex mtx;
  std::condition_variable never;
  std::unique_lock guard{mtx};
  auto end = std::chrono::steady_clock::now() + claim_time;
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= end)
      return false;
    never.wait_for(guard, poll_time);
  }
  return true;
}

bool has(const snapshot& from, const node& what) {
  for (const auto& version : from.versions)
    for (const auto& x : version.nodes)
      if (x.id == what.id && x.address == what.address) {
        // A registry may add labels of its own.
        auto label = what.metadata.find("region");
        return label == what.metadata.end()
               || (x.metadata.count("region") > 0
                   && x.metadata.at("region") == label->second);
      }
  return false;
}

std::string is_found(checked_registry& at) {
  auto record = sample();
  if (auto ok = at.put(record); !ok)
    return "a registration fails: " + to_string(ok.error());
  auto found = eventually([&] {
    auto x = at.ask<snapshot>(lookup_atom::value, record.name);
    return x && has(*x, record.nodes[0]) && has(*x, record.nodes[1]);
  });
  auto listed = eventually([&] {
    auto all = at.ask<std::vector<service_record>>(list_atom::value);
    return all && std::any_of(all->begin(), all->end(), [&](const auto& x) {
             return x.name == record.name;
           });
  });
  static_cast<void>(at.drop(record));
  if (!found)
    return "a registered node is not found with its address and metadata";
  return listed ? std::string{} : "a registered service is not in the list";
}

std::string is_gone(checked_registry& at) {
  auto record = sample();
  if (auto ok = at.put(record); !ok)
    return "a registration fails: " + to_string(ok.error());
  if (auto ok = at.drop(record); !ok)
    return "a deregistration fails: " + to_string(ok.error());
  auto gone = eventually([&] {
    auto x = at.ask<snapshot>(lookup_atom::value, record.name);
    return !x && x.error().reason == errc::service_not_found;
  });
  return gone ? std::string{} : "it is still there, or its absence another error";
}

std::string is_unknown(checked_registry& at) {
  auto x = at.ask<snapshot>(lookup_atom::value, sample().name);
  if (x)
    return "something is found";
  return x.error().reason == errc::service_not_found ? std::string{}
                                                     : to_string(x.error());
}

std::string refuses(checked_registry& at) {
  service_record nothing;
  auto x = at.put(nothing);
  if (x)
    return "it is taken";
  return x.error().reason == errc::invalid_argument ? std::string{}
                                                    : to_string(x.error());
}

std::string is_watched(checked_registry& at) {
  auto record = sample();
  auto latest = std::make_shared<std::pair<std::mutex, snapshot>>();
  auto watcher = at.system().spawn([latest]() -> watcher_actor::behavior_type {
    return {[latest](const snapshot& x) {
      std::lock_guard guard{latest->first};
      latest->second = x;
    }};
  });
  at.watch(record.name, watcher);
  auto sees = [&](size_t nodes) {
    return eventually([&] {
      std::lock_guard guard{latest->first};
      size_t count = 0;
      for (const auto& x : latest->second.versions)
        count += x.nodes.size();
      return latest->second.service == record.name && count == nodes;
    });
  };
  std::string why;
  if (!sees(0))
    why = "it is not told that there is nothing";
  else if (!at.put(record) || !sees(2))
    why = "it is not told of a registration";
  else if (!at.drop(record) || !sees(0))
    why = "it is not told of a deregistration";
  caf::anon_send_exit(watcher, caf::exit_reason::user_shutdown);
  return why;
}

std::string has_a_name(checked_registry& at) {
  auto name = at.ask<std::string>(name_atom::value);
  if (!name)
    return to_string(name.error());
  return name->empty() ? "it is empty" : std::string{};
}

} // namespace

claims claims_of(std::shared_ptr<const registry_source> what) {
  auto with = [what](std::string (*check)(checked_registry&)) {
    return [what, check]() -> std::string {
      checked_registry at{*what};
      return at.problem().empty() ? check(at) : at.problem();
    };
  };
  return {
      {"it tells its name", with(has_a_name)},
      {"a registered service is found and listed", with(is_found)},
      {"a deregistered service is not found", with(is_gone)},
      {"an unknown service is not found", with(is_unknown)},
      {"a registration without name and nodes is refused", with(refuses)},
      {"a watcher hears of all changes", with(is_watched)},
  };
}

} // namespace mica::cli
