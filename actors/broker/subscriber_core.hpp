// What a subscriber's shell does with an event, without the actor around it.

#pragma once

#include "broker/pending_event.hpp"
#include "mica/codecs/codec.hpp"

#include <google/protobuf/empty.pb.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mica::detail {

/// Makes a subscriber's object.
using subscriber_factory = std::function<std::unique_ptr<event_handler>()>;

/// What came of one delivery.
struct handled {
  enum class outcome : uint8_t {
    ack,
    nack,
    /// Not now: by a settlement.
    deferred,
    /// A nack that no other delivery can better.
    hopeless,
    /// `admit` did not want it; nothing has run.
    refused,
  };
  outcome what = outcome::ack;
  error why = {};
};

/// Decodes, runs the wrappers and the user's object, catches what it throws and
/// replaces it then. One event at a time; not thread-safe.
class subscriber_core {
public:
  /// Makes the first object: what its constructor throws comes out here.
  subscriber_core(subscriber_factory make, std::vector<subscriber_wrapper> wrappers,
                  std::shared_ptr<server_environment> env);
  subscriber_core(const subscriber_core&) = delete;
  subscriber_core& operator=(const subscriber_core&) = delete;

  handled serve(const pending_event_ptr& what);

  /// Asked of each event that could be decoded, before anything of the user's runs.
  /// Null: all are wanted. Before the first event.
  std::function<bool()> admit = nullptr;

  /// Destroys the user's object; a later event would make a new one.
  void release() noexcept;

  const std::shared_ptr<server_environment>& env() const noexcept {
    return env_;
  }

private:
  bool replace_object(std::string& why);
  expected<void> decode(const event& what);
  const mica::codec* codec_of(std::string_view content_type);

  subscriber_factory make_;
  std::unique_ptr<event_handler> object_;
  std::shared_ptr<server_environment> env_;
  /// Empty without wrappers: then the object is called straight.
  subscriber_function chain_;
  /// Kept between events; null for subscribers of raw bytes.
  std::unique_ptr<google::protobuf::Message> message_;
  bool large_ = false;
  google::protobuf::Empty nothing_;
  /// The last content type and its codec: nearly always the next one's too.
  std::string content_type_;
  const mica::codec* codec_ = nullptr;
};

} // namespace mica::detail
