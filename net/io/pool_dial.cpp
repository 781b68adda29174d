// How a pool gets to a new connection.

#include "io/pool_core.hpp"

#include <optional>
#include <string_view>
#include <utility>

namespace mica::net {

std::unique_ptr<pool_core::address_list> pool_core::addresses_of(destination& where,
                                                                 time_point now) {
  auto result = std::make_unique<address_list>();
  if (where.numeric) {
    result->push_back(where.to.address);
    return result;
  }
  const auto& host = where.address.host;
  const auto* known = names_.find(host, now);
  if (known != nullptr && *known) {
    for (const auto& ip : **known)
      result->push_back(to_string({ip, where.address.port}));
    return result;
  }
  if (known != nullptr) {
    // A copy: whoever hears of it may ask for the next name.
    fail_waiting(where, error{known->error()});
    return nullptr;
  }
  if (where.resolving || !helpers_.names)
    return nullptr;
  where.resolving = helpers_.names->ask(host);
  if (!where.resolving)
    fail_waiting(where, {errc::overloaded, "too many host names wait to be resolved; \""
                                               + host + "\" does not"});
  return nullptr;
}

void pool_core::dial(destination& where, address_list addresses, time_point now) {
  std::optional<tls::session> security;
  if (where.to.secure) {
    auto made = secure(where, now);
    if (!made)
      return fail_waiting(where, made.error());
    security.emplace(std::move(*made));
  }
  auto& added = client_connection::spawn(
      system_, {shared_from_this(), inbox_, &options_, &book_, where.to, where.streams,
                std::move(security), std::move(addresses)});
  added.place = &where;
  added.next = first_;
  if (first_ != nullptr)
    first_->previous = &added;
  first_ = &added;
  ++where.open;
  if (where.to.version == http_version::http2)
    where.shared.push_back(&added);
  else
    added.reserve(where.waiting, where.waiting.begin());
  added.dial(now, now + options_.limits.dial_time);
}

void pool_core::look_at_certificates(time_point now) {
  if (now < certificates_due_)
    return;
  certificates_due_ = now + tls::certificate_check_interval;
  auto changed = tls_->reload();
  if (!changed && options_.report)
    options_.report({changed.error().reason,
                     changed.error().detail + "; the former ones stay in use"});
}

expected<tls::session> pool_core::secure(const destination& where, time_point now) {
  if (tls_) {
    look_at_certificates(now);
  } else {
    auto made = tls::client_context::make(options_.tls);
    if (!made)
      return std::move(made.error());
    tls_ = std::move(*made);
    certificates_due_ = now + tls::certificate_check_interval;
  }
  // Go Micro's servers know no other.
  constexpr std::string_view old[] = {"http/1.1"};
  constexpr std::string_view multiplexed[] = {"h2"};
  auto result = tls_->connect(
      where.address.host, where.to.version == http_version::http2 ? multiplexed : old,
      where.to.address);
  if (result.current() == tls::session::state::failed)
    return error{result.failure().reason, "no connection to " + where.to.address + ": "
                                              + result.failure().detail};
  return result;
}

void pool_core::resolved(const std::string& host, name_cache::answer found) {
  auto time = now();
  names_.add(host, std::move(found), time);
  std::vector<destination*> ready;
  for (auto& [to, where] : destinations_)
    if (where->resolving && where->address.host == host)
      ready.push_back(where.get());
  call_book::telling scope{book_};
  for (auto* where : ready) {
    where->resolving = false;
    serve_waiting(*where, time);
  }
  forget_unused();
}

} // namespace mica::net
