// The control: what the others do wrongly, done rightly.

#include "greeter.mica.hpp"

#include "mica/actors/service.hpp"

using namespace misuse;

struct greeter : greeter_service {
  explicit greeter(int) {
    // nop
  }

  mica::reply<HelloResponse> hello(mica::context&, const HelloRequest&) override {
    return HelloResponse{};
  }

  mica::reply<HelloResponse> bye(mica::context& call, const HelloRequest&) override {
    return call.defer<HelloResponse>();
  }
};

void use(mica::service& service) {
  service.handle<greeter>({}, 1);
  greeter_client client{service};
  auto response = client.hello(HelloRequest{});
  client.hello({}, HelloRequest{}, [](mica::expected<HelloResponse>) {});
}
