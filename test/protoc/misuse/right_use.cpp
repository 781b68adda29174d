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

struct chatter : chatter_service {
  mica::task chat(mica::context&,
                  mica::stream<HelloRequest, HelloResponse> peer) override {
    while (auto request = co_await peer.read())
      if (!co_await peer.write(HelloResponse{}))
        co_return;
  }

  mica::task count(mica::context&, HelloRequest,
                   mica::stream<void, HelloResponse> peer) override {
    peer.write(HelloResponse{});
    return {};
  }
};

void use_streams(mica::service& service) {
  service.handle<chatter>();
  chatter_client client{service};
  auto blocking = client.chat({.deadline = std::chrono::seconds{1}});
  blocking.write(HelloRequest{});
  for (auto counts = client.count(HelloRequest{}); counts.read();)
    continue;
  auto stream = client.chat(mica::caller{});
  stream.on_message([](HelloResponse) {});
}
