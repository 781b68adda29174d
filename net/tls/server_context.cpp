#include "tls/names.hpp"
#include "tls/reloadable.hpp"
#include "tls/session.hpp"
#include "tls/session_impl.hpp"
#include "tls/ticket_keys.hpp"
#include "tls/verify.hpp"

#include <openssl/core_names.h>
#include <openssl/rand.h>

#include <algorithm>

namespace mica::net::tls {

namespace {

// Best first; docs/wire/tls.md.
constexpr std::string_view served_protocols[] = {"h2", "http/1.1"};

// Offered protocols named in a failure.
constexpr size_t named_bytes = 64;

// Sessions are resumed by those contexts alone that share this.
constexpr unsigned char session_context[] = "mica";

struct server_state {
  ssl_ctx_ptr ctx;
  ticket_keys keys;
  std::vector<std::string> client_names;
  bool verifies = false;
};

server_state& state_of(SSL* ssl) {
  return *static_cast<server_state*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
}

// RFC 7301, 3.2: the server's preference counts.
int on_alpn(SSL* ssl, const unsigned char** chosen, unsigned char* chosen_size,
            const unsigned char* list, unsigned list_size, void*) {
  // OpenSSL has checked the lengths.
  std::string_view offered{reinterpret_cast<const char*>(list), list_size};
  std::string names;
  for (auto served : served_protocols) {
    names.clear();
    for (auto rest = offered; !rest.empty();) {
      auto size = static_cast<unsigned char>(rest.front());
      auto name = rest.substr(1, size);
      if (name == served) {
        *chosen = reinterpret_cast<const unsigned char*>(name.data());
        *chosen_size = size;
        return SSL_TLSEXT_ERR_OK;
      }
      if (names.size() < named_bytes)
        names.append(names.empty() ? "" : ", ").append(name);
      rest.remove_prefix(std::min<size_t>(1u + size, rest.size()));
    }
  }
  std::replace_if(
      names.begin(), names.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  session_access::impl::of(ssl).refused_protocols = std::move(names);
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

bool use_key(const ticket_keys::key& key, const unsigned char* iv,
             EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, bool seal) {
  auto digest = std::string{"SHA256"};
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY,
                                        const_cast<unsigned char*>(key.mac.data()),
                                        key.mac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_end(),
  };
  return EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key.cipher.data(), iv,
                           seal ? 1 : 0)
             == 1
         && EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

// See SSL_CTX_set_tlsext_ticket_key_evp_cb(3).
int on_ticket_key(SSL* ssl, unsigned char* name, unsigned char* iv,
                  EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, int seal) {
  auto& keys = state_of(ssl).keys;
  // The clock by which OpenSSL judges certificates and the age of sessions.
  auto now = std::chrono::system_clock::now();
  if (seal != 0) {
    auto key = keys.current(now);
    if (!key || RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1)
      return -1;
    std::copy(key->name.begin(), key->name.end(), name);
    return use_key(*key, iv, cipher, mac, true) ? 1 : -1;
  }
  auto found = keys.find(std::span<const unsigned char, 16>{name, 16}, now);
  if (!found)
    return 0;
  if (!use_key(found->which, iv, cipher, mac, false))
    return -1;
  return found->renew ? 2 : 1;
}

// See SSL_CTX_set_session_ticket_cb(3). A resumed handshake looks at no certificate: a
// client whose own has expired makes a whole one, and is refused there.
SSL_TICKET_RETURN on_ticket(SSL* ssl, SSL_SESSION* kept, const unsigned char*, size_t,
                            SSL_TICKET_STATUS status, void*) {
  if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW)
    return SSL_TICKET_RETURN_IGNORE_RENEW;
  const auto& state = state_of(ssl);
  if (state.verifies && !may_resume(SSL_SESSION_get0_peer(kept), state.client_names))
    return SSL_TICKET_RETURN_IGNORE_RENEW;
  // Clients of TLS 1.3 use a ticket once (RFC 8446, C.4).
  return SSL_TICKET_RETURN_USE_RENEW;
}

expected<void> demand_clients(server_state& to, const tls_server_options& from) {
  auto* ctx = to.ctx.get();
  if (auto ok = use_authorities(*ctx, from.client_ca_file); !ok)
    return ok;
  // Tells clients which of their certificates will do.
  SSL_CTX_set_client_CA_list(ctx, SSL_load_client_CA_file(from.client_ca_file.c_str()));
  SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, on_verify);
  to.client_names = from.client_names;
  to.verifies = true;
  return {};
}

expected<std::shared_ptr<server_state>> make_state(const tls_server_options& from) {
  auto result = std::make_shared<server_state>();
  result->ctx = make_ssl_ctx(TLS_server_method());
  if (!result->ctx)
    return error{errc::internal, "TLS can't start: " + take_openssl_error()};
  auto* ctx = result->ctx.get();
  SSL_CTX_set_app_data(ctx, result.get());
  if (auto ok = use_certificate(*ctx, from.certificate_file, from.key_file); !ok)
    return std::move(ok.error());
  if (!from.client_ca_file.empty()) {
    if (auto ok = demand_clients(*result, from); !ok)
      return std::move(ok.error());
  } else if (!from.client_names.empty()) {
    return error{errc::invalid_argument,
                 "client_names stands without client_ca_file: without an authority "
                 "nobody's name is known"};
  }
  SSL_CTX_set_alpn_select_cb(ctx, on_alpn, nullptr);
  // Sessions are with the clients; this side keeps none.
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_session_id_context(ctx, session_context, sizeof(session_context) - 1);
  // One will do: each connection brings the ticket for the next one.
  SSL_CTX_set_num_tickets(ctx, 1);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, on_ticket_key);
  SSL_CTX_set_session_ticket_cb(ctx, nullptr, on_ticket, nullptr);
  return result;
}

class server_context_impl : public server_context {
public:
  explicit server_context_impl(const tls_server_options& from)
    : state_({from.certificate_file, from.key_file, from.client_ca_file},
             [from] { return make_state(from); }) {
    // nop
  }

  expected<void> load() {
    return state_.load();
  }

  expected<bool> reload() override {
    return state_.reload();
  }

  session accept() override {
    auto state = state_.get();
    ERR_clear_error();
    auto made = std::make_unique<session_access::impl>(
        role::server, SSL_new(state->ctx.get()), state, "the client");
    made->admitted = state->client_names;
    made->verified = state->verifies;
    return session_access::make(std::move(made));
  }

private:
  reloadable<server_state> state_;
};

} // namespace

server_context::~server_context() = default;

expected<std::shared_ptr<server_context>>
server_context::make(const tls_server_options& from) {
  auto result = std::make_shared<server_context_impl>(from);
  if (auto ok = result->load(); !ok)
    return std::move(ok.error());
  return std::shared_ptr<server_context>{std::move(result)};
}

} // namespace mica::net::tls
