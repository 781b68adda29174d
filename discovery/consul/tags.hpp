// Go Micro's records inside Consul's tags.

#pragma once

#include "records/ignored_input.hpp"

#include "mica/discovery/records.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace mica::discovery::consul {

/// Returns the tags of a node: one `t-` tag per label of the node, one `e-` tag per
/// endpoint, one `v-` tag; each is hex of zlib of JSON (the version: of its text).
///
/// They come before any other tag, since Go's reader takes the form in use from the
/// first tag that begins with `t` or `e`, whatever follows.
std::vector<std::string> encode_tags(const service_record& service, const node& x);

/// What the tags of a node say.
struct tag_contents {
  labels metadata;
  std::vector<endpoint> endpoints;
  std::string version;
  /// Tags with one of our prefixes that could not be read.
  ignored_input ignored;
};

/// Reads `t-`, `e-`, `v-` and the older plain forms `t={..}`, `e={..}`, `v=1.0`. Of
/// each kind only the form counts that is seen (and readable) first, since old
/// programs wrote both. Any other tag is a stranger's and left alone. A tag that can't
/// be read loses itself and nothing else.
tag_contents decode_tags(std::span<const std::string> tags);

} // namespace mica::discovery::consul
