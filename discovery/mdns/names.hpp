// Go Micro's DNS names (wire reference 6).

#pragma once

#include "mdns/dns_message.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mica::discovery::mdns {

/// The names below one domain. Dots in services and node ids separate labels.
class name_scheme {
public:
  /// @param domain without dots around it, e.g. `micro`.
  explicit name_scheme(std::string_view domain)
    : tail_('.' + std::string{domain}),
      list_("_services" + tail_),
      types_("_services._dns-sd._udp" + tail_) {
    // nop
  }

  /// `greeter.micro`
  std::string service(std::string_view name) const {
    return escape_name(name) + tail_;
  }

  /// `greeter-7f3a.greeter.micro`
  std::string instance(std::string_view id, std::string_view service_name) const {
    return escape_name(id) + '.' + service(service_name);
  }

  /// What one asks for the names of all services.
  const std::string& list() const noexcept {
    return list_;
  }

  /// `greeter._services.micro`: how a service appears in that list.
  std::string list_entry(std::string_view service_name) const {
    return escape_name(service_name) + '.' + list_;
  }

  /// What DNS-SD browsers ask for the types of all services (RFC 6763 section 9).
  const std::string& types() const noexcept {
    return types_;
  }

  /// The service that `name` names if it is a service's name. Nothing if it lies
  /// outside the domain.
  std::optional<std::string> service_of(std::string_view name) const {
    return without(name, tail_);
  }

  /// The service whose entry in the list `name` is.
  std::optional<std::string> listed_service(std::string_view name) const {
    return without(name, '.' + list_);
  }

private:
  static std::optional<std::string> without(std::string_view name,
                                            std::string_view tail) {
    if (name.size() <= tail.size() || !name.ends_with(tail))
      return std::nullopt;
    return unescape_name(name.substr(0, name.size() - tail.size()));
  }

  std::string tail_;
  std::string list_;
  std::string types_;
};

} // namespace mica::discovery::mdns
