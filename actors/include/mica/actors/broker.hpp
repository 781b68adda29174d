// The actor interface of message brokers: every message and every reply. Needs CAF;
// mica/actors/service.hpp does not.

#pragma once

#include "mica/actors/event.hpp"
#include "mica/codecs/expected.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>
#include <caf/fwd.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace mica::broker {

using connect_atom = caf::atom_constant<caf::atom("connect")>;
using disconnect_atom = caf::atom_constant<caf::atom("disconnect")>;
using publish_atom = caf::atom_constant<caf::atom("publish")>;
using subscribe_atom = caf::atom_constant<caf::atom("subscribe")>;
using unsubscribe_atom = caf::atom_constant<caf::atom("unsubscr")>;
using traits_atom = caf::atom_constant<caf::atom("traits")>;
using address_atom = caf::atom_constant<caf::atom("address")>;

/// What became of a delivery.
enum class verdict : uint8_t {
  /// Done with: handled, or set aside on a dead-letter topic.
  ack,
  /// Not done with and not coming back to this subscriber: brokers that can
  /// (`traits::redelivers`) give it to another one, or to this topic's next one.
  give_back,
};

/// The broker's end of one subscription. Thread-safe; its calls never block.
class subscription {
public:
  virtual ~subscription();

  /// Settles the delivery of this number, once; others are ignored. Makes room for the
  /// next one.
  virtual void settle(uint64_t tag, verdict how) noexcept = 0;
};

using subscription_ptr = std::shared_ptr<subscription>;

/// One event on its way to one subscriber.
struct delivery {
  event_ptr what;
  /// Unique within its subscription.
  uint64_t tag = 0;
  /// Delivered before, as far as the broker knows.
  bool redelivered = false;
  subscription_ptr from;
};

/// The SINK actor interface: takes the events of a subscription.
using sink_actor = caf::typed_actor<caf::reacts_to<delivery>>;

/// What a sink asks for.
struct subscribe_request {
  std::string topic;
  /// One of the subscribers of a queue gets each event. Empty: every subscriber gets
  /// every event (broadcast).
  std::string queue;
  /// Deliveries that may be unsettled at once; more wait at the broker. Never 0.
  size_t prefetch = 256;
  sink_actor sink;
};

/// What a broker promises.
struct traits {
  /// `http`, `memory`, `nats`, `jetstream`, `kafka`.
  std::string name;
  /// An event whose publish was answered with success reaches each current subscriber
  /// or queue, also over a restart of the broker; duplicates are possible.
  bool at_least_once = false;
  /// `verdict::give_back`, and what an ended subscriber left unsettled, comes again.
  bool redelivers = false;
  /// Events that were published while nobody of a queue was there reach it later.
  bool keeps = false;
  /// Events of one publisher arrive in their order.
  bool ordered = true;
};

/// The BROKER actor interface: topics, publishers, subscribers.
///
/// Implementations: memory, http, nats, jetstream, kafka. All pass test/contract/
/// broker_contract.hpp, as far as their traits say. Errors are `mica::error` in a
/// `caf::error` (mica/net/caf_error.hpp).
using broker_actor = caf::typed_actor<
    // Makes ready to publish and subscribe; again: does nothing. Fails with
    // `errc::unavailable` (the broker is away; it goes on trying) or
    // `errc::invalid_argument` (an address that is none).
    caf::replies_to<connect_atom>::with<caf::ok_atom>,
    // Ends the subscriptions, sends what was published (up to the flush limit of its
    // options), closes. Fails with `errc::timeout` and how many events were not sent.
    caf::replies_to<disconnect_atom>::with<caf::ok_atom>,
    // Replies when the broker has the event (http: when each current subscriber has
    // answered, or its bounded retries are over). Fails with `errc::unavailable`
    // (away, or not connected), `errc::overloaded` (the bounded queue is full; the text
    // names the limit), `errc::limit_exceeded` (the event is too large),
    // `errc::invalid_argument` (no topic, or one that this broker can't have),
    // `errc::timeout`.
    caf::replies_to<publish_atom, event_ptr>::with<caf::ok_atom>,
    // Begins a subscription; replies when events published from now on reach it. It
    // ends by `unsubscribe` or with its sink, and survives an absence of the broker.
    caf::replies_to<subscribe_atom, subscribe_request>::with<subscription_ptr>,
    // No delivery is sent after the reply; unsettled ones may still be settled. Also
    // succeeds for one that has ended.
    caf::replies_to<unsubscribe_atom, subscription_ptr>::with<caf::ok_atom>,
    caf::replies_to<traits_atom>::with<traits>,
    // The address in use, for the log: `nats://127.0.0.1:4222`; of `http` the bound
    // `host:port`. Empty before `connect`.
    caf::replies_to<address_atom>::with<std::string>>;

/// The way to publish without a message to the broker's actor.
class outlet {
public:
  virtual ~outlet();

  /// As `publish_atom`, from any thread; never blocks. `done` is called exactly once,
  /// on any thread, perhaps at once; it must not block. Null: nobody wants to know
  /// (what goes wrong is counted and logged).
  virtual void publish(event_ptr what, std::function<void(expected<void>)> done) = 0;
};

/// A broker and its fast path.
struct broker_ref {
  /// Exit it with `user_shutdown`, after `disconnect`.
  broker_actor actor;
  /// Null: publish by messages.
  std::shared_ptr<outlet> direct;
};

} // namespace mica::broker

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::event_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::broker::subscription_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::broker::delivery)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::broker::subscribe_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::broker::traits)
