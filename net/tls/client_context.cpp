#include "tls/names.hpp"
#include "tls/reloadable.hpp"
#include "tls/resumption_cache.hpp"
#include "tls/session.hpp"
#include "tls/session_impl.hpp"
#include "tls/verify.hpp"

namespace mica::net::tls {

namespace {

struct client_state {
  ssl_ctx_ptr ctx;
  resumption_cache sessions;
};

// See SSL_CTX_sess_set_new_cb(3): 1 means that the session was taken.
int on_new_session(SSL* ssl, SSL_SESSION* made) {
  const auto& key = session_access::impl::of(ssl).resumption_key;
  auto* state = static_cast<client_state*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  state->sessions.put(key, ssl_session_ptr{made});
  return 1;
}

expected<std::shared_ptr<client_state>> make_state(const tls_client_options& from) {
  auto result = std::make_shared<client_state>();
  result->ctx = make_ssl_ctx(TLS_client_method());
  if (!result->ctx)
    return error{errc::internal, "TLS can't start: " + take_openssl_error()};
  auto* ctx = result->ctx.get();
  SSL_CTX_set_app_data(ctx, result.get());
  if (!from.certificate_file.empty() || !from.key_file.empty())
    if (auto ok = use_certificate(*ctx, from.certificate_file, from.key_file); !ok)
      return std::move(ok.error());
  if (!from.ca_file.empty()) {
    if (auto ok = use_authorities(*ctx, from.ca_file); !ok)
      return std::move(ok.error());
  } else if (from.verify && SSL_CTX_set_default_verify_paths(ctx) != 1) {
    return error{errc::invalid_argument,
                 "the system's authorities can't be read: " + take_openssl_error()
                     + "; name some by ca_file"};
  }
  SSL_CTX_set_verify(ctx, from.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
                     from.verify ? on_verify : nullptr);
  SSL_CTX_set_session_cache_mode(ctx,
                                 SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(ctx, on_new_session);
  return result;
}

// Without brackets, zone (`fe80::1%eth0`) and the dot of an absolute name, none of
// which stands in a certificate.
std::string_view bare(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  if (host.find(':') != host.npos)
    host = host.substr(0, host.find('%'));
  else if (host.ends_with('.'))
    host.remove_suffix(1);
  return host;
}

// The form of RFC 7301, 3.1; empty if a name is too long for it.
std::string wire_form(std::span<const std::string_view> protocols) {
  std::string result;
  for (auto name : protocols) {
    if (name.empty() || name.size() > 255)
      return {};
    result += static_cast<char>(name.size());
    result += name;
  }
  return result;
}

class client_context_impl : public client_context {
public:
  explicit client_context_impl(const tls_client_options& from)
    : options_(from),
      state_({from.certificate_file, from.key_file, from.ca_file},
             [from] { return make_state(from); }) {
    // nop
  }

  expected<void> load() {
    return state_.load();
  }

  expected<bool> reload() override {
    return state_.reload();
  }

  session connect(std::string_view host, std::span<const std::string_view> alpn,
                  std::string_view address) override {
    std::string peer{address.empty() ? host : address};
    std::string name{bare(options_.server_name.empty() ? host : options_.server_name)};
    if (name.empty() && options_.verify)
      return session_access::failed(
          role::client, peer,
          peer
              + " has no host name by which its certificate could be verified; set "
                "server_name");
    auto state = state_.get();
    ERR_clear_error();
    auto made = std::make_unique<session_access::impl>(
        role::client, SSL_new(state->ctx.get()), state, peer);
    if (made->now == session::state::failed)
      return session_access::make(std::move(made));
    prepare(*made, name, wire_form(alpn), state->sessions);
    return session_access::make(std::move(made));
  }

private:
  void prepare(session_access::impl& made, const std::string& name,
               const std::string& protocols, resumption_cache& sessions) const {
    auto* ssl = made.ssl.get();
    made.wanted = name;
    made.verified = options_.verify;
    if (options_.verify && !demand_name(ssl, name))
      return made.fail(errc::unauthenticated,
                       made.peer + ": \"" + name + "\" is no name of a server");
    // RFC 6066, 3: addresses are not sent.
    if (!name.empty() && !is_ip_address(name)
        && SSL_set_tlsext_host_name(ssl, name.c_str()) != 1)
      return made.fail(errc::unauthenticated,
                       made.peer + ": \"" + name
                           + "\" can't be sent as a server's name");
    if (!protocols.empty())
      SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(protocols.data()),
                          static_cast<unsigned>(protocols.size()));
    // A server may hold different state for different protocols.
    made.resumption_key = made.peer + '\n' + name + '\n' + protocols;
    if (auto former = sessions.find(made.resumption_key))
      SSL_set_session(ssl, former.get());
    made.drive();
  }

  tls_client_options options_;
  reloadable<client_state> state_;
};

} // namespace

client_context::~client_context() = default;

expected<std::shared_ptr<client_context>>
client_context::make(const tls_client_options& from) {
  auto result = std::make_shared<client_context_impl>(from);
  if (auto ok = result->load(); !ok)
    return std::move(ok.error());
  return std::shared_ptr<client_context>{std::move(result)};
}

} // namespace mica::net::tls

mica::expected<void> mica::net::check(const tls_client_options& options) {
  if (auto made = tls::client_context::make(options); !made)
    return std::move(made.error());
  return {};
}
