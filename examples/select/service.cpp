// A node that says who it is; version and metadata come by flags:
//
//   $ select-service --server_id=a --server_version=1 --server_metadata=zone=north
//   $ select-service --server_id=b --server_version=2 --server_metadata=zone=south

#include "greeter.mica.hpp"

#include "mica/actors/service.hpp"

struct greeter : greeter_service {
  explicit greeter(mica::service* of) : of_(of) {
    // nop
  }

  mica::reply<HelloResponse> hello(mica::context&,
                                   const HelloRequest& request) override {
    HelloResponse response;
    response.set_greeting("Hello " + request.name() + " from " + of_->node_id());
    return response;
  }

private:
  mica::service* of_;
};

int main(int argc, char** argv) {
  mica::service service{"greeter"};
  service.handle<greeter>({}, &service);
  return service.run(argc, argv);
}
