// What every implementation of a kind must keep, in short: what `mica plugin check`
// tries. The suites of test/contract say more, and know what an implementation may
// leave out.

#pragma once

#include "plugin/extensions.hpp"

#include <functional>
#include <string>
#include <vector>

namespace mica::cli {

/// One sentence about a part.
struct claim {
  std::string text;
  /// Tries it, for some seconds at most. Returns why it does not hold, or nothing.
  std::function<std::string()> holds;
};

using claims = std::vector<claim>;

/// Limit of whatever a claim waits for.
inline constexpr auto claim_time = std::chrono::seconds{15};

claims claims_of(std::shared_ptr<const registry_source> what);
claims claims_of(std::shared_ptr<const selector_source> what);
claims claims_of(std::shared_ptr<const codec_source> what);
claims claims_of(std::shared_ptr<const transport_source> what);
claims claims_of(std::shared_ptr<const broker_source> what);
claims claims_of(std::shared_ptr<const client_source> what);
claims claims_of(std::shared_ptr<const server_source> what);

/// Of the parts in `what`, all of them.
claims claims_of(const detail::extensions& what);

} // namespace mica::cli
