#include "mica/actors/publisher.hpp"

#include "broker/broker_side.hpp"
#include "mica/actors/service.hpp"
#include "runtime/runtime.hpp"
#include "runtime/service_impl.hpp"

#include <google/protobuf/message.h>

#include <utility>

namespace mica {

namespace {

error would_block(const std::string& topic) {
  return {errc::would_block,
          "a blocking publish on " + topic
              + " on an actor's thread; pass the context or the actor and a "
                "continuation, or post()",
          "mica.publisher"};
}

} // namespace

publisher::publisher(service& via, std::string topic)
  : via_(&via),
    topic_(std::move(topic)) {
  // nop
}

expected<void> publisher::publish(const google::protobuf::Message& event,
                                  const publish_options& options) const {
  if (!detail::may_block())
    return would_block(topic_);
  auto& side = via_->impl().publishing();
  auto what = side.make_event(topic_, event, options, nullptr);
  if (!what)
    return std::move(what.error());
  return side.publish_and_wait(std::move(*what), options);
}

void publisher::publish(caller from, const google::protobuf::Message& event,
                        std::function<void(expected<void>)> then,
                        const publish_options& options) const {
  auto& side = via_->impl().publishing();
  auto what =
      side.make_event(topic_, event, options, detail::broker_side::headers_of(from));
  if (what)
    side.publish(from, std::move(*what), std::move(then), options);
  else
    side.answer(from,
                [then = std::move(then), why = std::move(what.error())] { then(why); });
}

void publisher::post(const google::protobuf::Message& event,
                     const publish_options& options) const {
  auto& impl = via_->impl();
  auto what = impl.publishing().make_event(topic_, event, options, nullptr);
  if (what)
    impl.publishing().publish(std::move(*what), nullptr);
  else
    impl.report("topic " + topic_
                + ": a posted event was not published: " + to_string(what.error()));
}

expected<void> publisher::publish_bytes(std::string body,
                                        const publish_options& options) const {
  if (!detail::may_block())
    return would_block(topic_);
  auto& side = via_->impl().publishing();
  return side.publish_and_wait(
      side.make_event(topic_, std::move(body), options, nullptr), options);
}

void publisher::publish_bytes(caller from, std::string body,
                              std::function<void(expected<void>)> then,
                              const publish_options& options) const {
  auto& side = via_->impl().publishing();
  auto what = side.make_event(topic_, std::move(body), options,
                              detail::broker_side::headers_of(from));
  side.publish(from, std::move(what), std::move(then), options);
}

void publisher::post_bytes(std::string body, const publish_options& options) const {
  auto& side = via_->impl().publishing();
  side.publish(side.make_event(topic_, std::move(body), options, nullptr), nullptr);
}

} // namespace mica
