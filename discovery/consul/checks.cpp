#include "mica/discovery/consul_checks.hpp"

#include "consul/addresses.hpp"
#include "consul/health.hpp"
#include "consul/requests.hpp"
#include "http/transfer.hpp"

namespace mica::discovery {

expected<std::vector<checked_node>> consul_checks(const consul_options& options,
                                                  const std::string& service,
                                                  std::chrono::milliseconds limit) {
  using namespace std::chrono;
  if (!init_curl())
    return error{errc::internal, "libcurl can't be initialized"};
  auto settings = consul::settle(options, process_environment);
  if (!settings)
    return std::move(settings.error());
  auto deadline = steady_clock::now() + limit;
  error last{errc::unavailable, "no time was left to ask an agent"};
  for (const auto& url : settings->urls) {
    auto left = duration_cast<milliseconds>(deadline - steady_clock::now());
    if (left.count() <= 0)
      break;
    auto what =
        consul::in_datacenter(consul::lookup_request(service), options.datacenter);
    http_request request;
    request.method = what.method;
    request.url = url + what.target;
    if (!settings->token.empty())
      request.headers.push_back(settings->token_header + ": " + settings->token);
    request.tls = settings->tls;
    http_transfer transfer{std::move(request), http_worker_limits{}.header_bytes};
    if (auto ok = transfer.prepare(left); !ok)
      return std::move(ok.error());
    auto answer = transfer.finish(curl_easy_perform(transfer.handle()));
    if (!answer) {
      last = {errc::unavailable, url + ": " + answer.error().detail};
      continue;
    }
    if (auto refused = refusal(*answer, url))
      return refused;
    return consul::parse_checks(service, answer->body);
  }
  return last;
}

} // namespace mica::discovery
