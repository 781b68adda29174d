// Questions to actors from a plain thread.

#pragma once

#include "mica/codecs/expected.hpp"
#include "mica/net/caf_error.hpp"

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/timespan.hpp>

#include <chrono>
#include <optional>
#include <utility>

namespace mica::detail {

/// How long a start or stop waits for an actor that should answer at once.
inline constexpr auto ask_time = std::chrono::seconds{15};

/// Asks and waits. Not for threads that must not block.
template <class Result, class Handle, class... Ts>
expected<Result> ask(caf::actor_system& system, const Handle& whom, caf::timespan limit,
                     Ts&&... xs) {
  std::optional<expected<Result>> result;
  caf::scoped_actor self{system};
  self->request(whom, limit, std::forward<Ts>(xs)...)
      .receive([&](Result& x) { result.emplace(std::move(x)); },
               [&](caf::error& problem) { result.emplace(from_caf(problem)); });
  return std::move(*result);
}

} // namespace mica::detail
