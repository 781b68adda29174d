// Claims that need no service: about selectors and codecs.

#include "cli/plugin_claims.hpp"

#include <google/protobuf/struct.pb.h>

#include <chrono>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace mica::cli {

namespace {

using discovery::call_result;
using discovery::candidate;
using discovery::candidate_list;
using discovery::choice;
using discovery::service_record;
using discovery::time_point;

// As many as a large service has nodes.
constexpr size_t most_candidates = 200;

// Objects of one strategy in one process.
constexpr uint64_t seeds = 5;

std::string stays_within(const selector_source& what, size_t count) {
  service_record version;
  version.name = "checked";
  version.version = "1";
  for (size_t i = 0; i < count; ++i)
    version.nodes.push_back(
        {"node-" + std::to_string(1000 + i), "127.0.0.1:" + std::to_string(1 + i), {}});
  candidate_list all;
  for (const auto& x : version.nodes) {
    all.push_back(std::make_shared<candidate>());
    all.back()->version = &version;
    all.back()->where = &x;
    all.back()->number = all.size();
  }
  const time_point now{};
  for (uint64_t seed = 0; seed < seeds; ++seed) {
    auto strategy = what.make(seed);
    if (!strategy)
      return "its function made nothing";
    // The list grows and shrinks between calls, as nodes come and go; the calls have
    // tried a node in vain before.
    for (size_t call = 0; call < 3 * count; ++call) {
      std::span nodes{all.data(), 1 + call % count};
      std::vector<std::string> tried;
      if (nodes.size() > 1)
        tried.push_back(nodes[call % nodes.size()]->where->address);
      strategy->update(nodes, now);
      choice from{.nodes = nodes, .now = now, .tried = tried};
      auto picked = strategy->pick(from);
      if (picked >= nodes.size())
        return "of " + std::to_string(nodes.size()) + " nodes it picked number "
               + std::to_string(picked);
      if (!from.usable(picked))
        return "it picked a node that is not usable: the call has tried it";
      strategy->begun(*nodes[picked], now);
      strategy->ended(*nodes[picked], std::chrono::milliseconds{1},
                      call_result::success, now);
    }
  }
  return {};
}

google::protobuf::Struct sample(int size) {
  google::protobuf::Struct result;
  for (int i = 0; i < size; ++i) {
    auto& value = (*result.mutable_fields())["key " + std::to_string(i)];
    if (i % 2 == 0)
      value.set_string_value("value \"" + std::to_string(i) + "\" \u00e4");
    else
      value.set_number_value(i + 0.5);
  }
  return result;
}

std::string comes_back(const codec& with, int size) {
  auto before = sample(size);
  std::string body = "kept";
  if (auto ok = with.encode(before, body); !ok)
    return "it can't encode: " + to_string(ok.error());
  if (body.substr(0, 4) != "kept")
    return "encode replaces what stood in the text instead of appending to it";
  google::protobuf::Struct after = sample(1);
  if (auto ok = with.decode(std::string_view{body}.substr(4), after); !ok)
    return "it can't decode what it has encoded: " + to_string(ok.error());
  // Maps have no order on the wire.
  if (after.ShortDebugString() != before.ShortDebugString())
    return "another message comes back";
  return {};
}

// Whatever it says of them, it must come back, and with the right kind of error.
std::string survives(const codec& with) {
  for (auto text : {std::string{}, std::string(1, '\0'), std::string(1'000, '\xff'),
                    std::string{"{\"a\":"}, std::string(100'000, '[')}) {
    google::protobuf::Struct to;
    auto ok = with.decode(text, to);
    if (!ok && ok.error().reason != errc::invalid_argument)
      return "its error is not invalid_argument, but " + to_string(ok.error());
  }
  return {};
}

} // namespace

claims claims_of(std::shared_ptr<const selector_source> what) {
  return {
      {"the only node is picked", [what] { return stays_within(*what, 1); }},
      {"a pick is always one of the usable nodes",
       [what] { return stays_within(*what, most_candidates); }},
  };
}

claims claims_of(std::shared_ptr<const codec_source> what) {
  if (!what->get())
    return {{"there is a codec", [] { return std::string{"it is null"}; }}};
  return {
      {"its name is a content type",
       [what]() -> std::string {
         auto slash = what->name().find('/');
         return slash == 0 || slash == std::string::npos
                    ? "no type/subtype: " + what->name()
                    : std::string{};
       }},
      {"what it encodes it decodes",
       [what] {
         for (auto size : {0, 1, 100})
           if (auto why = comes_back(*what->get(), size); !why.empty())
             return why;
         return std::string{};
       }},
      {"broken bodies do no harm", [what] { return survives(*what->get()); }},
  };
}

claims claims_of(const detail::extensions& what) {
  claims result;
  auto add = [&](const auto& table) {
    for (const auto& row : table.rows())
      for (auto& x : claims_of(row))
        result.push_back(std::move(x));
  };
  add(what.registries);
  add(what.selectors);
  add(what.codecs);
  add(what.transports);
  add(what.brokers);
  add(what.clients);
  add(what.servers);
  return result;
}

} // namespace mica::cli
