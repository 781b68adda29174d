// Records to register.

#pragma once

#include "mica/discovery/records.hpp"

namespace mica::test::registry_samples {

/// A plain service with one endpoint and one node.
discovery::service_record greeter(const std::string& name);

/// One node at an address that follows from `id`, nothing else.
discovery::service_record with_node(const std::string& name, const std::string& version,
                                    const std::string& id);

/// Many nodes, many endpoints with large trees.
discovery::service_record large(const std::string& name, size_t nodes,
                                size_t endpoints);

/// Quotes, line breaks, markup, other scripts, long and empty values.
discovery::labels odd_labels();

/// Three levels of values, metadata, no request, a stream.
std::vector<endpoint> odd_endpoints();

} // namespace mica::test::registry_samples
