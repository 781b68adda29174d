// Sends fields along with a call and reads those that come with the answer:
//
//   $ metadata-client
//   Hello John
//   seen by greeter
//   without a user: 401 the header X-User says who calls; it is missing

#include "greeter.mica.hpp"

#include "mica/actors/service.hpp"

#include <iostream>

int main(int argc, char** argv) {
  mica::service service{"greeter.client"};
  service.init(argc, argv);
  greeter_client client{service, "greeter"};
  HelloRequest request;
  request.set_name("John");
  // [client]
  std::string seen_by;
  mica::call_options options;
  options.headers = {{"X-User", "john"}, {"X-Token", "42"}};
  options.on_metadata = [&](const mica::metadata& headers, const mica::metadata&) {
    seen_by = headers.get_or("X-Seen-By", "nobody");
  };
  auto response = client.hello(request, options);
  // [client]
  if (!response) {
    std::cerr << to_string(response.error()) << '\n';
    return 1;
  }
  std::cout << response->greeting() << "\nseen by " << seen_by << '\n';
  // What is not said is missed.
  auto refused = client.hello(request);
  if (refused) {
    std::cerr << "the service does not look at the metadata\n";
    return 1;
  }
  std::cout << "without a user: " << refused.error().code << ' '
            << refused.error().detail << '\n';
}
