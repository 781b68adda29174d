#include "server/dispatcher.hpp"

#include <nlohmann/json.hpp>

namespace mica::detail {

namespace {

bool speaks_micro(const metadata& fields) {
  for (auto field : fields)
    if (field.name.size() > 6 && equal_names(field.name.substr(0, 6), "Micro-"))
      return true;
  return false;
}

http_response page(int status, const nlohmann::ordered_json& content) {
  http_response result;
  result.status = status;
  result.fields.add("Content-Type", "application/json");
  result.body = content.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  result.body += '\n';
  return result;
}

} // namespace

std::optional<http_response> answer_page(const http_request& request,
                                         const server_environment& env, bool ready,
                                         const std::vector<std::string>& endpoints) {
  std::string_view path = request.target;
  path = path.substr(0, path.find('?'));
  if (path == "/healthz")
    return ready ? page(200, {{"status", "ok"}}) : page(503, {{"status", "not ready"}});
  if (path != "/" || speaks_micro(request.fields))
    return std::nullopt;
  return page(200, {{"name", env.service},
                    {"version", env.version},
                    {"id", env.node_id},
                    {"endpoints", endpoints}});
}

} // namespace mica::detail
