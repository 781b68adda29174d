// What the commands have in common: questions to the registry and to nodes.

#pragma once

#include "mica/net/caf_error.hpp"
#include "runtime/service_impl.hpp"

#include <caf/scoped_actor.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace mica::cli {

/// Prints one line on stderr; returns `failed`.
int complain(const std::string& what);

/// Prints why `text` is no request; returns `usage`.
int complain_of_json(const std::string& text);

/// A registry that is away answers by an error before.
inline constexpr auto ask_time = std::chrono::seconds{15};

template <class Result, class... Ts>
expected<Result> ask_registry(detail::service_impl& via, Ts&&... xs) {
  auto registry = via.registry();
  if (!registry)
    return std::move(registry.error());
  std::optional<expected<Result>> result;
  caf::scoped_actor self{via.actors().system()};
  self->request(*registry, ask_time, std::forward<Ts>(xs)...)
      .receive([&](Result& x) { result.emplace(std::move(x)); },
               [&](caf::error& problem) { result.emplace(from_caf(problem)); });
  return std::move(*result);
}

/// Calls with JSON and waits.
expected<incoming_reply> call_and_wait(detail::service_impl& via,
                                       outgoing_call&& request,
                                       const call_options& options);

} // namespace mica::cli
