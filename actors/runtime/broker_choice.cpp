#include "runtime/broker_choice.hpp"

#include "mica/actors/brokers.hpp"
#include "plugin/extensions.hpp"

#include <array>

namespace mica::detail {

namespace {

struct known_broker {
  std::string_view name;
  broker_source (*make)();
};

// The first is the default.
constexpr auto table = std::array{
    known_broker{"http", [] { return http_broker(); }},
    known_broker{"memory", [] { return memory_broker(); }},
#ifdef MICA_WITH_NATS
    known_broker{"nats", [] { return nats_broker(); }},
    known_broker{"jetstream", [] { return jetstream_broker(); }},
#endif
#ifdef MICA_WITH_KAFKA
    known_broker{"kafka", [] { return kafka_broker(); }},
#endif
};

// What a build without this broker lacks; empty for names that no build knows.
std::string_view switch_of(std::string_view name) {
  if (name == "kafka")
    return "MICA_WITH_KAFKA";
  return name == "nats" || name == "jetstream" ? "MICA_WITH_NATS" : "";
}

} // namespace

const std::vector<std::string_view>& known_brokers() {
  static const auto result = [] {
    std::vector<std::string_view> names;
    for (const auto& x : table)
      names.push_back(x.name);
    return names;
  }();
  return result;
}

expected<std::shared_ptr<const broker_source>> choose_broker(std::string_view name,
                                                             const extensions* more) {
  if (more != nullptr)
    if (auto found = more->brokers.find(name))
      return found;
  std::string known;
  for (const auto& x : table) {
    if (name.empty() || name == x.name)
      return std::make_shared<const broker_source>(x.make());
    known += (known.empty() ? "" : ", ") + std::string{x.name};
  }
  auto why = "Broker " + std::string{name} + " not found (known: " + known + ")";
  if (auto missing = switch_of(name); !missing.empty())
    why += ": this mica was built without " + std::string{missing};
  return error{errc::not_found, std::move(why)};
}

std::string broker_line(const std::string& name, const std::string& address) {
  if (name == "http")
    return "Broker Listening on " + address;
  return "Broker [" + name + "] Connected to " + address;
}

} // namespace mica::detail
