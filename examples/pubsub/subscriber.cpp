// Takes the events that publisher.cpp publishes, in two ways. Standard output:
//
//   $ pubsub-subscriber
//   audit: hello 1
//   received hello 1 as application/protobuf
//   audit: hello 2
//   received hello 2 as application/protobuf
//   audit: hello 3
//   received hello 3 as application/protobuf
//
// The two subscribers are actors of their own: their lines may also stand the other way
// round.

#include "event.pb.h"

#include "mica/actors/service.hpp"

#include <iostream>
#include <mutex>

using pubsub::Event;

namespace {

// Whole lines, although two actors write.
void print(const std::string& line) {
  static std::mutex mtx;
  std::lock_guard guard{mtx};
  std::cout << line << std::endl;
}

// [audit]
// A subscriber is an actor: this object is its private state, one event at a time. One
// that throws or returns an error gets the event again, after a back-off.
struct audit : mica::subscriber<Event> {
  mica::expected<void> on_event(mica::event_context&, const Event& event) override {
    print("audit: " + event.message());
    return {};
  }
};
// [audit]

} // namespace

// [subscriber]
int main(int argc, char** argv) {
  mica::service service{"pubsub.subscriber"};
  service.subscribe<audit>("events");
  // A function does too. Of those with the same queue, one gets each event; what fails
  // three times is set aside on another topic.
  service.subscribe<Event>(
      "events",
      [](mica::event_context& context, const Event& event) {
        print("received " + event.message() + " as "
              + std::string{context.content_type()});
      },
      {.queue = "workers", .deliveries = 3, .dead_letter = "events.failed"});
  return service.run(argc, argv);
}
// [subscriber]
