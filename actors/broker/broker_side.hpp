// What a service needs to publish: its broker, made and connected when it is needed.

#pragma once

#include "broker/publish_desk.hpp"
#include "mica/actors/call.hpp"
#include "mica/actors/publisher.hpp"
#include "mica/codecs/codec.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace mica::detail {

/// Thread-safe. Nothing here blocks but what says so.
class broker_side : public std::enable_shared_from_this<broker_side> {
public:
  struct parts {
    caf::actor_system* system = nullptr;
    /// Makes the broker, once; may ask the registry.
    std::function<expected<broker::broker_ref>()> make;
    std::function<std::chrono::steady_clock::time_point()> now;
    /// Outlives this.
    const content_types* types = nullptr;
  };

  /// Publishes that may wait for the first connect to come about. Beyond:
  /// `errc::overloaded`.
  static constexpr size_t max_waiting = 1'000;

  explicit broker_side(parts from);
  ~broker_side();

  /// Who publishes, and the time that has; before the first publish.
  void introduce(std::string service, std::chrono::nanoseconds timeout);

  /// Makes and connects the broker; blocks. Fails as `connect_atom` does.
  expected<broker::broker_ref> open();

  /// The broker, if it is connected; `errc::unavailable` else.
  expected<broker::broker_ref> current();

  /// Encodes; `from` may be null.
  expected<event_ptr> make_event(const std::string& topic,
                                 const google::protobuf::Message& message,
                                 const publish_options& options,
                                 const metadata* from) const;
  event_ptr make_event(const std::string& topic, std::string body,
                       const publish_options& options, const metadata* from) const;

  /// Publishes; `done` may be null and runs anywhere.
  void publish(event_ptr what, publish_done done);

  /// Blocks for the outcome.
  expected<void> publish_and_wait(event_ptr what, const publish_options& options);

  /// `then` runs where `from` says.
  void publish(const caller& from, event_ptr what,
               std::function<void(expected<void>)> then,
               const publish_options& options);

  /// The fields of the handler on whose behalf `from` publishes; null for none.
  static const metadata* headers_of(const caller& from);

  /// Begins something whose end runs where `from` says. `begin` may be called twice and
  /// has to see to it that the second time does nothing.
  void run_for(const caller& from, caller::start begin);

  /// Runs `then` where `from` says: for what fails before it begins.
  void answer(const caller& from, std::function<void()> then);

  /// Disconnects the broker and ends it, if there is one; blocks.
  expected<void> close();

private:
  enum class state : uint8_t { idle, connecting, ready, closed };

  struct pending {
    event_ptr what;
    publish_done done;
  };

  /// Makes the broker and asks it to connect, unless that is under way. The lock is
  /// held.
  expected<void> begin();
  /// Writes topic, key and headers.
  event_ptr address(std::shared_ptr<event>&& what, const std::string& topic,
                    std::string_view content_type, const publish_options& options,
                    const metadata* from) const;
  void connected(expected<void> outcome);
  void send(event_ptr what, publish_done done);
  caf::actor desk();
  std::chrono::steady_clock::time_point deadline_of(const publish_options& x) const;

  const parts parts_;
  std::string service_;
  std::chrono::nanoseconds timeout_ = std::chrono::seconds{5};
  std::mutex mtx_;
  std::atomic<state> state_{state::idle};
  broker::broker_ref broker_;
  caf::actor desk_;
  std::vector<pending> waiting_;
  std::vector<publish_done> openers_;
};

} // namespace mica::detail
