// A service and its client in one process, two runtimes: prints 3 and 5.

#include "ticker.mica.hpp"

#include "mica/actors/service.hpp"

#include <iostream>

using namespace ticker::v1;

struct counting_ticker : ticker_service {
  explicit counting_ticker(uint64_t start) : time_(start) {
    // nop
  }

  mica::reply<TickResponse> tick(mica::context&, const TickRequest& request) override {
    time_ += request.steps();
    TickResponse response;
    response.set_time(time_);
    return response;
  }

private:
  uint64_t time_;
};

int main(int argc, char** argv) {
  mica::service server{"ticker", {.address = "127.0.0.1:0"}};
  server.init(argc, argv);
  server.handle<counting_ticker>({}, uint64_t{1});
  if (auto ok = server.start(); !ok) {
    std::cerr << to_string(ok.error()) << '\n';
    return 1;
  }
  mica::service caller{"ticker.client"};
  caller.init(argc, argv);
  ticker_client client{caller, "ticker"};
  for (int i = 0; i < 2; ++i) {
    TickRequest request;
    request.set_steps(2);
    auto response = client.tick(request, {.address = server.address()});
    if (!response) {
      std::cerr << to_string(response.error()) << '\n';
      return 1;
    }
    std::cout << response->time() << '\n';
  }
  server.stop();
}
