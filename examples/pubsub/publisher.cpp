// Publishes three events. Each line stands there when the broker has the event (`http`:
// when each subscriber has answered):
//
//   $ pubsub-publisher
//   published hello 1
//   published hello 2
//   published hello 3

// [publisher]
#include "event.pb.h"

#include "mica/actors/service.hpp"

#include <ctime>
#include <iostream>

int main(int argc, char** argv) {
  mica::service service{"pubsub.publisher"};
  service.init(argc, argv);
  mica::publisher events{service, "events"};
  for (int i = 1; i <= 3; ++i) {
    pubsub::Event event;
    event.set_id(std::to_string(i));
    event.set_timestamp(std::time(nullptr));
    event.set_message("hello " + std::to_string(i));
    if (auto done = events.publish(event); !done) {
      std::cerr << to_string(done.error()) << '\n';
      return 1;
    }
    std::cout << "published " << event.message() << '\n';
  }
}
// [publisher]
