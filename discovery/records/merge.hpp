// Services out of the values of a store with one key per node.

#pragma once

#include "records/ignored_input.hpp"

#include "mica/discovery/records.hpp"

#include <string>
#include <utility>
#include <vector>

namespace mica::discovery {

/// Keys with their values, which are Go Micro's JSON of a service with one node.
using stored_records = std::vector<std::pair<std::string, std::string>>;

/// A service as a snapshot; values of other services are skipped, what can't be read is
/// ignored, each node id is there once.
snapshot merge_service(const std::string& service, const stored_records& from,
                       ignored_input& ignored);

/// All services by name and version.
std::vector<service_record> merge_services(const stored_records& from,
                                           ignored_input& ignored);

} // namespace mica::discovery
