// Events inside NATS messages: Go Micro's JSON.

#pragma once

#include "mica/actors/event.hpp"
#include "mica/codecs/expected.hpp"

#include <nats/nats.h>

#include <cstddef>
#include <memory>

namespace mica::broker::nats {

struct message_deleter {
  void operator()(natsMsg* x) const {
    natsMsg_Destroy(x);
  }
};

using message_ptr = std::unique_ptr<natsMsg, message_deleter>;

/// Fails as `read_event_json`. The topic is the subject.
expected<event_ptr> read_event(const natsMsg& message, size_t body_bytes);

} // namespace mica::broker::nats
