// Where the agents are, and what they want to see before they answer.

#pragma once

#include "http/agent_client.hpp"

#include "mica/codecs/expected.hpp"
#include "mica/discovery/registries.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mica::discovery::consul {

/// Returns the start of an agent's URLs for an address as people write it: `host`,
/// `host:port`, `[IPv6]:port`, a bare IPv6 address, each with `http://` or `https://`
/// before it or not; port 8500 if missing. E.g. `http://127.0.0.1:8500`.
///
/// Fails with `errc::invalid_argument` for anything else; a text with user and
/// password in it is not repeated.
expected<std::string> agent_url(std::string_view address);

/// Fills in what the options leave open from `CONSUL_HTTP_ADDR` and
/// `CONSUL_HTTP_TOKEN`, as Consul's own clients do.
///
/// @param environment looks a variable up; nullptr if it is not set.
expected<agent_settings> settle(const consul_options& options,
                                const char* (*environment)(const char*));

/// Reads the environment of the process.
const char* process_environment(const char* name);

} // namespace mica::discovery::consul
