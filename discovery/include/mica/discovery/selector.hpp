// Whom to call: pure strategies over a snapshot.

#pragma once

#include "mica/codecs/expected.hpp"
#include "mica/discovery/records.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mica::discovery {

/// A node with the version it runs, as strategies see it.
struct candidate {
  const service_record* version;
  const node* where;
};

/// Chooses among candidates. Not thread-safe; one object per client and service.
class strategy {
public:
  virtual ~strategy();

  /// @param candidates at least one, in the order of `candidates()`.
  /// @returns an index into `candidates`.
  virtual size_t pick(std::span<const candidate> candidates) = 0;
};

/// Uniform and independent (Go Micro's default).
std::unique_ptr<strategy> random_strategy(uint64_t seed);

/// One after the other across calls, in the order of the candidates, from a random
/// start. A list that changes between calls goes on after the node picked last, even if
/// that one has left.
std::unique_ptr<strategy> round_robin_strategy(uint64_t seed);

/// Makes a strategy by Go Micro's name: `random`, `roundrobin`; nullptr for unknown.
std::unique_ptr<strategy> make_strategy(std::string_view name, uint64_t seed);

/// Keeps or drops a candidate.
using filter = std::function<bool(const candidate&)>;

/// Keeps nodes that run this version.
filter filter_version(std::string version);

/// Keeps nodes with this metadata; a missing label counts as an empty one, as in Go.
filter filter_label(std::string key, std::string value);

/// Keeps nodes whose version lists this endpoint, e.g. `Greeter.Hello`.
filter filter_endpoint(std::string endpoint);

/// All candidates of a snapshot that pass every filter and are not in `tried`
/// (addresses); if that leaves none, the tried ones count again. Ordered by
/// version, then node id. Points into `from`. Allocates the result and nothing else.
std::vector<candidate> candidates(const snapshot& from, std::span<const filter> filters,
                                  std::span<const std::string> tried);

} // namespace mica::discovery
