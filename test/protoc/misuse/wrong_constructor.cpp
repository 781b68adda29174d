// EXPECT: Handler has no constructor that takes these arguments

#include "greeter.mica.hpp"

#include "mica/actors/service.hpp"

using namespace misuse;

struct greeter : greeter_service {
  mica::reply<HelloResponse> hello(mica::context&, const HelloRequest&) override {
    return HelloResponse{};
  }

  mica::reply<HelloResponse> bye(mica::context&, const HelloRequest&) override {
    return HelloResponse{};
  }
};

void use(mica::service& service) {
  service.handle<greeter>({}, "too much");
}
