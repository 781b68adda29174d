// Which broker a service uses.

#pragma once

#include "mica/actors/broker_source.hpp"
#include "mica/codecs/expected.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mica::detail {

struct extensions;

/// Names of the brokers of this build; the first is the default.
const std::vector<std::string_view>& known_brokers();

/// The broker of this name, of plugins or with its default options; empty: the default
/// one. Fails with `errc::not_found`.
expected<std::shared_ptr<const broker_source>>
choose_broker(std::string_view name, const extensions* more = nullptr);

/// The line that a start writes about a connected broker, in Go Micro's words.
std::string broker_line(const std::string& name, const std::string& address);

} // namespace mica::detail
