// Why is a service not found, or not reached?

#pragma once

#include <string>

namespace mica::detail {
class service_impl;
}

namespace mica::cli {

/// Goes the way of a call step by step and prints one line for each: does the registry
/// answer, does it know the service, is each node's lease kept, its address reachable,
/// its protocol the one that calls would speak, and what does it say of its health.
/// `done` if every line begins with `ok`.
int doctor(detail::service_impl& via, const std::string& name);

} // namespace mica::cli
