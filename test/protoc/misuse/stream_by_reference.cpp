// EXPECT: marked 'override', but does not override

#include "greeter.mica.hpp"

using namespace misuse;

// A coroutine would keep a reference to what is gone.
struct chatter : chatter_service {
  mica::task count(mica::context&, const HelloRequest&,
                   mica::stream<void, HelloResponse>) override {
    return {};
  }
};
