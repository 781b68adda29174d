// Which nodes a call may go to. Light: no record is defined here.

#pragma once

#include <functional>
#include <string>

namespace mica::discovery {

struct candidate;

/// Keeps or drops a node. Called on the I/O lane for nodes that a strategy looks at, so
/// it must be quick and answer alike for the same node.
using filter = std::function<bool(const candidate&)>;

/// Keeps nodes that run this version.
filter filter_version(std::string version);

/// Keeps nodes with this metadata; a missing label counts as an empty one, as in Go.
filter filter_label(std::string key, std::string value);

/// Keeps nodes whose version lists this endpoint, e.g. `Greeter.Hello`.
filter filter_endpoint(std::string endpoint);

/// Keeps nodes whose version of the service has this metadata.
filter filter_metadata(std::string key, std::string value);

} // namespace mica::discovery
