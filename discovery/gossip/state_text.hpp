// The user state of a state exchange: all services, as JSON.

#pragma once

#include "mica/codecs/expected.hpp"
#include "mica/discovery/records.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace mica::discovery::gossip {

/// Nodes of one service and version that came together.
struct shared_record {
  service_record record;
  /// See `update::expires`; 0 if nobody told.
  uint64_t stamp = 0;
  /// What is left of the lease; 0 if nobody told.
  std::chrono::milliseconds left{0};
  /// Whose they are; empty if nobody told.
  std::string member;

  bool operator==(const shared_record&) const = default;
};

/// Builds Go Micro's object `{"name":[service,..],..}`; each service has one member
/// more, `"mica":{"expires":n,"ttl":ms,"member":s}`, that Go Micro ignores.
class state_writer {
public:
  /// Records come sorted by name. False if `limit` bytes would be exceeded: then the
  /// record is left out.
  bool add(const shared_record& x, size_t limit);

  /// The text; empty if there was no record.
  std::string finish();

private:
  std::string text_;
  std::string name_;
};

/// Reads such an object; calls `take` for each service. A service that is none is
/// passed over and counted. Fails with `errc::protocol_error` if the text is no object
/// of lists of objects; what was taken until then stands.
expected<size_t> read_state(std::string_view text,
                            const std::function<void(shared_record)>& take);

} // namespace mica::discovery::gossip
