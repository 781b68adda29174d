#include "consul/addresses.hpp"
#include "http/transfer.hpp"

#include "mica/discovery/registries.hpp"

#include <algorithm>

namespace mica::discovery {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// The address of the leader as a JSON text, which may be empty: an agent without a
/// leader is one all the same. Needs no token.
bool looks_like_consul(const http_answer& x) {
  auto body = std::string_view{x.body};
  while (!body.empty() && (body.back() == '\n' || body.back() == '\r'))
    body.remove_suffix(1);
  return x.status == 200 && body.size() >= 2 && body.front() == '"'
         && body.back() == '"';
}

bool answers(const std::string& url, const agent_settings& settings,
             milliseconds left) {
  http_request request;
  request.method = "GET";
  request.url = url + "/v1/status/leader";
  request.answer_bytes = 1024;
  request.tls = settings.tls;
  http_transfer transfer{std::move(request), 16 * 1024};
  if (!transfer.prepare(left))
    return false;
  auto answer = transfer.finish(curl_easy_perform(transfer.handle()));
  return answer && looks_like_consul(*answer);
}

} // namespace

bool consul_answers(const consul_options& options, milliseconds limit) {
  if (!init_curl())
    return false;
  auto settings = consul::settle(options, process_environment);
  if (!settings)
    return false;
  auto deadline = steady_clock::now() + limit;
  return std::any_of(
      settings->urls.begin(), settings->urls.end(), [&](const std::string& url) {
        auto left =
            std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
        return left.count() > 0 && answers(url, *settings, left);
      });
}

} // namespace mica::discovery
