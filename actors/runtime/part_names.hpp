// The names of the parts of this build that can be chosen by flag.

#pragma once

#include "mica/actors/plugin.hpp"

#include <string_view>
#include <vector>

namespace mica::detail {

/// The first of brokers and transports is the default. Empty for codecs: those are
/// replaced by content type.
const std::vector<std::string_view>& part_names(plugin_kind kind);

} // namespace mica::detail
