// What the tool concludes from what it found: pure functions.

#pragma once

#include "cli/wire_probe.hpp"

#include "client/route.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace mica::cli {

enum class verdict : uint8_t {
  ok,
  fail,
  /// It can't be found out.
  open,
};

/// One line of the diagnosis.
struct finding {
  verdict what = verdict::ok;
  /// `registry`, `registered`, `lease`, `address`, `tls`, `protocol` or `health`.
  std::string step;
  /// What was found and, unless that is well, what to do.
  std::string text;
};

/// `ok    step: text`, `FAIL  ...` or `?     ...`.
std::string to_string(const finding& x);

/// Names that were perhaps meant: equal but for case, one the end of the other behind a
/// dot, or with few letters changed. The likeliest first, three at most; of `known` the
/// first 10'000 are looked at.
std::vector<std::string> similar_names(const std::string& name,
                                       const std::vector<std::string>& known);

/// Does what calls would begin with suit what the node speaks? `by_flag`: TLS because
/// of
/// `--client_tls`, not because the node announces it.
finding judge_tls(const detail::route& calls, bool by_flag, const spoken& node);

/// The same for HTTP's version; of a node without TLS.
finding judge_protocol(const detail::route& calls, const spoken& node);

/// What calls speak, for people.
std::string protocol_name(const detail::route& calls);

} // namespace mica::cli
