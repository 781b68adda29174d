// One plugin for each kind: PART names it. Each counts how often it was used.

#include "mica/actors/brokers.hpp"
#include "mica/actors/plugin.hpp"
#include "mica/actors/registries.hpp"

#include <atomic>

extern "C" {
std::atomic<int> part_uses{0};
}

namespace {

using namespace mica;

[[maybe_unused]] registry_source make_registry() {
  return {"counted", [](caf::actor_system& system, const registry_environment& env) {
            ++part_uses;
            return memory_registry().make(system, env);
          }};
}

class counted_strategy : public discovery::strategy {
  size_t pick(const discovery::choice& from) override {
    ++part_uses;
    for (size_t i = 0; i < from.size(); ++i)
      if (from.usable(i))
        return i;
    return from.none;
  }
};

[[maybe_unused]] selector_source make_selector() {
  return {"counted", [](uint64_t) { return std::make_unique<counted_strategy>(); }};
}

class counted_codec : public codec {
  std::string_view name() const noexcept override {
    return "counted";
  }
  expected<void> encode(const google::protobuf::Message& message,
                        std::string& out) const override {
    ++part_uses;
    return json_codec()->encode(message, out);
  }
  expected<void> decode(std::string_view body,
                        google::protobuf::Message& message) const override {
    ++part_uses;
    return json_codec()->decode(body, message);
  }
};

[[maybe_unused]] codec_source make_codec() {
  return {"application/counted", std::make_shared<counted_codec>()};
}

[[maybe_unused]] transport_source make_transport() {
  auto inner = net::http_transport();
  return {"counted",
          [inner](auto& system, auto options, const auto& env) {
            ++part_uses;
            return inner.listen()(system, std::move(options), env);
          },
          [inner](auto& system, auto options, const auto& env) {
            ++part_uses;
            return inner.pool()(system, std::move(options), env);
          }};
}

[[maybe_unused]] broker_source make_broker() {
  return {"counted", [inner = memory_broker()](auto& system, const auto& env) {
            ++part_uses;
            return inner.make(system, env);
          }};
}

[[maybe_unused]] client_source make_client() {
  return {"counted",
          [inner = net::http_transport()](auto& system, auto options, const auto& env) {
            ++part_uses;
            return inner.pool()(system, std::move(options), env);
          }};
}

[[maybe_unused]] server_source make_server() {
  return {"counted",
          [inner = net::http_transport()](auto& system, auto options, const auto& env) {
            ++part_uses;
            return inner.listen()(system, std::move(options), env);
          }};
}

class wild_strategy : public discovery::strategy {
  size_t pick(const discovery::choice& from) override {
    return from.size();
  }
};

// Breaks what every selector must keep.
[[maybe_unused]] selector_source make_wild() {
  return {"wild", [](uint64_t) { return std::make_unique<wild_strategy>(); }};
}

[[maybe_unused]] registry_source make_taken() {
  return memory_registry();
}

[[maybe_unused]] registry_source make_throwing() {
  throw std::runtime_error{"out of luck"};
}

[[maybe_unused]] registry_source make_throwing_int() {
  throw 7;
}

} // namespace

constinit const mica::plugin mica_plugin{PART};
