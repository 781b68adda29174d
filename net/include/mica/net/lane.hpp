// Where actors run: on the I/O lane (CAF's multiplexer thread), or at home.

#pragma once

#include <caf/execution_unit.hpp>
#include <caf/io/broker.hpp>
#include <caf/io/middleman.hpp>
#include <caf/io/network/multiplexer.hpp>
#include <caf/resumable.hpp>

#include <utility>

namespace mica::net {

/// Base of every broker of mica. Lives on the I/O lane.
///
/// CAF 0.17's own broker never closes its mailbox: requests to a dead one stay
/// unanswered and whatever is sent later leaks (fixed upstream by 0.19).
class net_broker : public caf::io::broker {
public:
  using caf::io::broker::broker;

  bool cleanup(caf::error&& reason, caf::execution_unit* host) override {
    close_all();
    // Past abstract_broker, whose own is what is wrong.
    // NOLINTNEXTLINE(bugprone-parent-virtual-call)
    return caf::scheduled_actor::cleanup(std::move(reason), host);
  }
};

/// Makes an ordinary actor run on the I/O lane although it owns no socket: CAF's
/// multiplexer runs whatever says that it is an I/O actor. Must never block.
///
/// @tparam Base `event_based_actor`, a typed actor's base, `stateful_actor<S>`.
template <class Base>
class in_io_thread : public Base {
public:
  using Base::Base;

  caf::resumable::subtype_t subtype() const override {
    return caf::resumable::io_actor;
  }

  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit*) override {
    Base::enqueue(std::move(what), &lane());
  }

  void enqueue(caf::strong_actor_ptr from, caf::message_id id, caf::message content,
               caf::execution_unit*) override {
    Base::enqueue(std::move(from), id, std::move(content), &lane());
  }

  void launch(caf::execution_unit*, bool lazy, bool hide) override {
    Base::launch(&lane(), lazy, hide);
  }

private:
  caf::io::network::multiplexer& lane() {
    return this->home_system().middleman().backend();
  }
};

/// Makes an actor always run on the workers of its own system. By itself CAF lets the
/// sender's system run the receiver, and with several systems in one process (one per
/// service) the sender's may end first and take the receiver with it.
///
/// @tparam Base as for `in_io_thread`.
template <class Base>
class at_home : public Base {
public:
  using Base::Base;

  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit*) override {
    Base::enqueue(std::move(what), nullptr);
  }

  void enqueue(caf::strong_actor_ptr from, caf::message_id id, caf::message content,
               caf::execution_unit*) override {
    Base::enqueue(std::move(from), id, std::move(content), nullptr);
  }
};

} // namespace mica::net
