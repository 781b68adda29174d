#include "mica/actors/subscriber_actor.hpp"

#include "runtime/service_impl.hpp"

namespace mica::detail {

event_ptr raw_of(event_context& from) {
  return event_of(from)->what.what;
}

void subscribe_actor(service& via, std::string topic, subscribe_options options,
                     std::function<std::unique_ptr<event_handler>()> make,
                     caf::actor user, const caller& from,
                     std::function<void(expected<void>)> then) {
  via.impl().subscribe_actor({std::move(topic), std::move(options), std::move(make)},
                             std::move(user), from, std::move(then));
}

} // namespace mica::detail
