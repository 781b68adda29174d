// A service that says which node it is. Its parts are chosen in the code; what flags
// say of others still counts:
//
//   $ plugins-service --server_id=one
//   2026/01/31 12:00:00 Listening on [::]:50137
//   2026/01/31 12:00:00 Registering node: greeter-one

#include "greeter.mica.hpp"

#include "mica/actors/brokers.hpp"
#include "mica/actors/registries.hpp"
#include "mica/actors/service.hpp"

struct greeter : greeter_service {
  explicit greeter(const mica::service* self) : self_(self) {
    // nop
  }

  mica::reply<HelloResponse> hello(mica::context&,
                                   const HelloRequest& request) override {
    HelloResponse response;
    response.set_greeting("Hello " + request.name() + " from " + self_->node_id());
    return response;
  }

private:
  const mica::service* self_;
};

int main(int argc, char** argv) {
  // [parts]
  mica::service service{"greeter", mica::mdns_registry({.interfaces = {"lo"}}),
                        mica::memory_broker()};
  // [parts]
  service.handle<greeter>({}, &service);
  return service.run(argc, argv);
}
