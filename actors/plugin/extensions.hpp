// The parts that a service can choose by name besides those of this build.

#pragma once

#include "mica/actors/broker_source.hpp"
#include "mica/actors/registry_source.hpp"
#include "mica/actors/sources.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mica::detail {

/// Rows of one kind.
template <class Source>
class name_table {
public:
  using source_ptr = std::shared_ptr<const Source>;

  /// False if the name is taken.
  bool add(source_ptr what) {
    if (find(what->name()))
      return false;
    rows_.push_back(std::move(what));
    return true;
  }

  /// Null if there is none.
  source_ptr find(std::string_view name) const {
    for (const auto& x : rows_)
      if (x->name() == name)
        return x;
    return nullptr;
  }

  const std::vector<source_ptr>& rows() const noexcept {
    return rows_;
  }

private:
  std::vector<source_ptr> rows_;
};

/// Filled while flags are read, then only read.
struct extensions {
  name_table<registry_source> registries;
  name_table<selector_source> selectors;
  name_table<codec_source> codecs;
  name_table<transport_source> transports;
  name_table<broker_source> brokers;
  name_table<client_source> clients;
  name_table<server_source> servers;
};

/// `built_in` and the names of `more`, for messages and checks.
template <class Source>
std::vector<std::string_view> all_names(std::vector<std::string_view> built_in,
                                        const name_table<Source>& more) {
  for (const auto& x : more.rows())
    built_in.push_back(x->name());
  return built_in;
}

} // namespace mica::detail
