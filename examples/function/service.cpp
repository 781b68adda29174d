// A service that is used once, by a call or by an event. Its status is the outcome:
//
// 2026/01/31 12:00:00 Listening on [::]:50137
// 2026/01/31 12:00:00 Registry [mdns] by default: no Consul agent answers
// 2026/01/31 12:00:00 Broker Listening on [::]:50138
// 2026/01/31 12:00:00 Registering node: greeter-1c2f0a5e-8a4e-4f0e-9d3b-3f6f6d1c8b52
// 2026/01/31 12:00:01 Deregistering node: greeter-1c2f0a5e-8a4e-4f0e-9d3b-3f6f6d1c8b52

// [service]
#include "greeter.mica.hpp"

#include "mica/actors/function.hpp"

#include <iostream>

struct greeter : greeter_service {
  mica::reply<HelloResponse> hello(mica::context&,
                                   const HelloRequest& request) override {
    if (request.name().empty())
      return mica::error{400, "a greeting needs a name"};
    HelloResponse response;
    response.set_greeting("Hello " + request.name());
    return response;
  }
};

int main(int argc, char** argv) {
  mica::function function{"greeter"};
  function.handle<greeter>();
  // In a queue: of several such functions one gets the event.
  function.subscribe<HelloRequest>("names",
                                   [](mica::event_context&, const HelloRequest& event) {
                                     std::cout << "Hello " << event.name() << std::endl;
                                   },
                                   {.queue = "greeter"});
  // Serves one call or event, deregisters and ends: 0 if it went well, 2 if it failed.
  return function.run(argc, argv);
}
// [service]
