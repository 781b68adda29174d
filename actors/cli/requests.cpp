#include "cli/requests.hpp"

#include "cli/commands.hpp"

#include <future>
#include <iostream>

namespace mica::cli {

int complain(const std::string& what) {
  std::cerr << what << std::endl;
  return failed;
}

int complain_of_json(const std::string& text) {
  std::cerr << "error: the request is no JSON: " << text
            << "\nwrite it as one argument, e.g. '{\"name\":\"John\"}'" << std::endl;
  return usage;
}

expected<incoming_reply> call_and_wait(detail::service_impl& via,
                                       outgoing_call&& request,
                                       const call_options& options) {
  auto client = via.client();
  if (!client)
    return std::move(client.error());
  request.content_type = "application/json";
  std::promise<expected<incoming_reply>> promise;
  auto answer = promise.get_future();
  (*client)->run_raw(
      std::move(request), options, idempotency::unknown,
      [&promise](expected<incoming_reply> x) { promise.set_value(std::move(x)); });
  return answer.get();
}

} // namespace mica::cli
