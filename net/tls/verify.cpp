#include "tls/verify.hpp"

#include "tls/failure.hpp"
#include "tls/names.hpp"
#include "tls/session_impl.hpp"

#include <openssl/x509v3.h>

namespace mica::net::tls {

bool demand_name(SSL* ssl, std::string_view name) {
  auto* rules = SSL_get0_param(ssl);
  X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS
                                             | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  if (is_ip_address(name))
    return X509_VERIFY_PARAM_set1_ip_asc(rules, std::string{name}.c_str()) == 1;
  return X509_VERIFY_PARAM_set1_host(rules, name.data(), name.size()) == 1;
}

int on_verify(int ok, X509_STORE_CTX* store) {
  auto* ssl = static_cast<SSL*>(
      X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto& session = session_access::impl::of(ssl);
  if (ok == 1 && session.side == role::server && !session.admitted.empty()
      && X509_STORE_CTX_get_error_depth(store) == 0
      && !has_name(*X509_STORE_CTX_get_current_cert(store), session.admitted)) {
    X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
    ok = 0;
  }
  if (ok == 0 && session.certificate_problem.empty())
    session.certificate_problem = describe_refusal(store, session);
  return ok;
}

bool may_resume(const X509* certificate, std::span<const std::string> admitted) {
  if (certificate == nullptr)
    return admitted.empty();
  return X509_cmp_current_time(X509_get0_notAfter(certificate)) > 0
         && (admitted.empty() || has_name(*certificate, admitted));
}

} // namespace mica::net::tls
