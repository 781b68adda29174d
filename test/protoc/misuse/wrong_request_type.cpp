// EXPECT: marked 'override', but does not override

#include "greeter.mica.hpp"

using namespace misuse;

struct greeter : greeter_service {
  mica::reply<HelloResponse> hello(mica::context&,
                                   const HelloResponse& request) override {
    return request;
  }
};
