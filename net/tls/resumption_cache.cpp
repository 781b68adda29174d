#include "tls/resumption_cache.hpp"

#include "tls/verify.hpp"

namespace mica::net::tls {

namespace {

bool usable(SSL_SESSION& session) {
  auto* certificate = SSL_SESSION_get0_peer(&session);
  return SSL_SESSION_is_resumable(&session) == 1
         // No certificate is looked at when a session is resumed.
         && (certificate == nullptr || may_resume(certificate, {}));
}

size_t ticket_size(const SSL_SESSION& session) {
  const unsigned char* ticket = nullptr;
  size_t result = 0;
  SSL_SESSION_get0_ticket(&session, &ticket, &result);
  return result;
}

} // namespace

void resumption_cache::put(const std::string& server, ssl_session_ptr session) {
  if (ticket_size(*session) > ticket_bytes)
    return;
  std::lock_guard guard{mtx_};
  if (auto known = index_.find(server); known != index_.end()) {
    known->second->session = std::move(session);
    entries_.splice(entries_.begin(), entries_, known->second);
    return;
  }
  entries_.push_front({server, std::move(session)});
  index_.emplace(server, entries_.begin());
  if (entries_.size() > most_servers) {
    index_.erase(entries_.back().server);
    entries_.pop_back();
  }
}

ssl_session_ptr resumption_cache::find(const std::string& server) {
  std::lock_guard guard{mtx_};
  auto known = index_.find(server);
  if (known == index_.end())
    return nullptr;
  auto found = known->second;
  if (!usable(*found->session)) {
    index_.erase(known);
    entries_.erase(found);
    return nullptr;
  }
  entries_.splice(entries_.begin(), entries_, found);
  SSL_SESSION_up_ref(found->session.get());
  return ssl_session_ptr{found->session.get()};
}

size_t resumption_cache::size() const {
  std::lock_guard guard{mtx_};
  return entries_.size();
}

} // namespace mica::net::tls
