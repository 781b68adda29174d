// The smallest service. `bash examples/greeter/run.sh` prints, but for times, port and
// identifier:
//
// 2026/01/31 12:00:00 Listening on [::]:50137
// 2026/01/31 12:00:00 Registry [mdns] by default: no Consul agent answers
// 2026/01/31 12:00:00 Broker Listening on [::]:50138
// 2026/01/31 12:00:00 Registering node: greeter-1c2f0a5e-8a4e-4f0e-9d3b-3f6f6d1c8b52
// Hello John
// 2026/01/31 12:00:01 Deregistering node: greeter-1c2f0a5e-8a4e-4f0e-9d3b-3f6f6d1c8b52

// [service]
#include "greeter.mica.hpp"

#include "mica/actors/service.hpp"

// A service is an actor: this object is its private state, one call at a time.
struct greeter : greeter_service {
  mica::reply<HelloResponse> hello(mica::context&,
                                   const HelloRequest& request) override {
    HelloResponse response;
    response.set_greeting("Hello " + request.name());
    return response;
  }
};

int main(int argc, char** argv) {
  mica::service service{"greeter"};
  service.handle<greeter>();
  // Reads flags and environment, registers, serves until SIGTERM, drains.
  return service.run(argc, argv);
}
// [service]
