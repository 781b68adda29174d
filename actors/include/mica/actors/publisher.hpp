// Publishing.

#pragma once

#include "mica/actors/call.hpp"
#include "mica/codecs/expected.hpp"
#include "mica/codecs/metadata.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace mica {

/// Options of one event.
struct publish_options {
  /// Sent along; trace fields of the handler on whose behalf it is published are added.
  metadata headers = {};
  /// Default: `application/protobuf`.
  std::string content_type = {};
  /// Default: 5 s (client_request_timeout).
  std::optional<std::chrono::nanoseconds> deadline = {};
  /// Events of one key keep their order where the broker has such (kafka).
  std::string key = {};
};

/// Publishes on one topic. Thread-safe; cheap to make.
class publisher {
public:
  publisher(service& via, std::string topic);

  /// Blocks until the broker has the event (`http`: until each current subscriber has
  /// answered, or its bounded retries are over); an error says who did not get it and
  /// why. On an actor's thread it fails at once with `errc::would_block`.
  expected<void> publish(const google::protobuf::Message& event,
                         const publish_options& options = {}) const;

  /// Returns at once; `then` gets the outcome exactly once, where `from` says.
  void publish(caller from, const google::protobuf::Message& event,
               std::function<void(expected<void>)> then,
               const publish_options& options = {}) const;

  /// Fire and forget: returns at once, never blocks; what goes wrong is counted and
  /// logged.
  void post(const google::protobuf::Message& event,
            const publish_options& options = {}) const;

  /// The three for bytes that are encoded already, as `options.content_type` says
  /// (default here: `application/octet-stream`).
  expected<void> publish_bytes(std::string body,
                               const publish_options& options = {}) const;
  void publish_bytes(caller from, std::string body,
                     std::function<void(expected<void>)> then,
                     const publish_options& options = {}) const;
  void post_bytes(std::string body, const publish_options& options = {}) const;

  const std::string& topic() const noexcept {
    return topic_;
  }

private:
  service* via_;
  std::string topic_;
};

} // namespace mica
