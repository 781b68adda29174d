// An event: what is published on a topic.

#pragma once

#include "mica/codecs/metadata.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace mica {

/// One message on a topic. Made once and shared by all its subscribers.
struct event {
  std::string topic;
  /// `Content-Type`, `Micro-Topic`, `Micro-Id`, trace fields and the publisher's own;
  /// Go Micro's `Header`.
  metadata headers;
  /// Encoded as `Content-Type` says.
  std::string body;
  /// Events of one key keep their order where the broker has such (kafka); else
  /// without meaning.
  std::string key = {};

  /// Empty if the publisher did not say: then it is `application/protobuf`, as in Go
  /// Micro.
  std::string_view content_type() const {
    return headers.get_or("Content-Type", {});
  }
};

using event_ptr = std::shared_ptr<const event>;

/// A subscriber of this type gets bodies as they are, of every content type:
/// `event_context::body`.
struct raw_event {};

} // namespace mica
