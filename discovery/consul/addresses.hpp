// Where the agents are, and what they want to see before they answer.

#pragma once

#include "http/addresses.hpp"
#include "http/agent_client.hpp"

#include "mica/codecs/expected.hpp"
#include "mica/discovery/registries.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mica::discovery::consul {

/// Returns the start of an agent's URLs (`server_url`); port 8500 if missing.
expected<std::string> agent_url(std::string_view address,
                                std::string_view scheme = "http");

/// Fills in what the options leave open from `CONSUL_HTTP_ADDR`, `CONSUL_HTTP_TOKEN`
/// and the variables for TLS, as Consul's own clients do.
///
/// @param environment looks a variable up; nullptr if it is not set.
expected<agent_settings> settle(const consul_options& options,
                                const char* (*environment)(const char*));

} // namespace mica::discovery::consul
