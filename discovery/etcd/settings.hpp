// Where etcd is, and as whom we speak to it.

#pragma once

#include "http/agent_client.hpp"

#include "mica/codecs/expected.hpp"
#include "mica/discovery/etcd.hpp"

#include <string>

namespace mica::discovery::etcd {

struct credentials {
  /// Empty: etcd asks for none.
  std::string user;
  std::string password;
};

struct etcd_settings {
  agent_settings agent;
  credentials who;
};

/// Fills in what the options leave open from etcdctl's variables. Fails with
/// `errc::invalid_argument` for an address that is none or a user with a `:`.
///
/// @param environment looks a variable up; nullptr if it is not set.
expected<etcd_settings> settle(const etcd_options& options,
                               const char* (*environment)(const char*));

} // namespace mica::discovery::etcd
