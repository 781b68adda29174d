#include "etcd/settings.hpp"

#include "http/addresses.hpp"

#include <memory>
#include <utility>

namespace mica::discovery::etcd {

namespace {

constexpr uint16_t default_port = 2379;

/// What the option says, else the variable.
class chosen {
public:
  explicit chosen(const char* (*environment)(const char*)) : environment_(environment) {
    // nop
  }

  std::string operator()(const std::string& option, const char* name) const {
    auto value = option.empty() ? environment_(name) : nullptr;
    return value ? value : option;
  }

private:
  const char* (*environment_)(const char*);
};

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> result;
  for (size_t start = 0; start <= list.size();) {
    auto end = std::min(list.find(',', start), list.size());
    if (end > start)
      result.push_back(list.substr(start, end - start));
    start = end + 1;
  }
  return result;
}

} // namespace

expected<etcd_settings> settle(const etcd_options& options,
                               const char* (*environment)(const char*)) {
  chosen choose{environment};
  etcd_settings result;
  http_tls tls{choose(options.ca_file, "ETCDCTL_CACERT"),
               choose(options.cert_file, "ETCDCTL_CERT"),
               choose(options.key_file, "ETCDCTL_KEY")};
  auto scheme = "http";
  if (!tls.ca_file.empty() || !tls.cert_file.empty()) {
    scheme = "https";
    result.agent.tls = std::make_shared<const http_tls>(std::move(tls));
  }
  auto addresses = options.addresses;
  if (addresses.empty())
    addresses = split(choose({}, "ETCDCTL_ENDPOINTS"));
  if (addresses.empty())
    addresses.push_back("127.0.0.1");
  for (const auto& address : addresses) {
    auto url = server_url("etcd", address, scheme, default_port);
    if (!url)
      return std::move(url.error());
    result.agent.urls.push_back(std::move(*url));
  }
  result.agent.name = "etcd";
  result.agent.token_header = "Authorization";
  result.who.user = choose(options.user, "ETCDCTL_USER");
  result.who.password = choose(options.password, "ETCDCTL_PASSWORD");
  if (auto colon = result.who.user.find(':');
      colon != std::string::npos && result.who.password.empty()) {
    result.who.password = result.who.user.substr(colon + 1);
    result.who.user.resize(colon);
  }
  return result;
}

} // namespace mica::discovery::etcd
