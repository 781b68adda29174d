// Go Micro's records inside Consul's tags.

#pragma once

#include "mica/discovery/records.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace mica::discovery::consul {

/// What was ignored while reading, in a bounded form: the first few with their
/// reasons, the others counted.
class ignored_input {
public:
  /// Reasons kept; a hostile peer decides how many there are.
  static constexpr size_t kept = 3;

  /// @param what a sentence; cut to 200 bytes.
  void add(std::string what);

  void add(const ignored_input& other);

  size_t count() const noexcept {
    return count_;
  }

  bool empty() const noexcept {
    return count_ == 0;
  }

  /// E.g. `"tag e-zz: broken hex; and 4 more"`; empty if nothing was ignored.
  std::string text() const;

private:
  size_t count_ = 0;
  std::vector<std::string> first_;
};

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
