#include "tls/files.hpp"

#include "tls/verify.hpp"

#include <openssl/pem.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <sys/stat.h>

namespace mica::net::tls {

namespace {

// docs/limits.md. Bytes of the chain that a peer may send; OpenSSL's default is 100
// KiB.
constexpr long chain_bytes = 64 * 1024;
constexpr int chain_depth = 10;

// How long a session may be resumed, in seconds.
constexpr long resumable_seconds = 3600;

// Best first: 128 bits are enough and cost less. HTTP/2 forbids nearly all others of
// TLS 1.2 (RFC 9113, appendix A).
constexpr auto ciphers = "ECDHE+AESGCM+AES128:ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr auto ciphers_of_1_3 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

// OpenSSL would ask on the terminal.
int no_pass_phrase(char*, int, int, void* asked) {
  if (asked != nullptr)
    *static_cast<bool*>(asked) = true;
  return -1;
}

error refusal(const std::string& what, const std::string& file,
              const std::string& reason) {
  return {errc::invalid_argument, what + " " + file + ": " + reason};
}

expected<void> readable(const std::string& what, const std::string& file) {
  struct stat found {};
  if (::stat(file.c_str(), &found) != 0)
    return refusal(what, file, std::strerror(errno));
  if (!S_ISREG(found.st_mode))
    return refusal(what, file, "is no file");
  if (auto* opened = std::fopen(file.c_str(), "re")) {
    std::fclose(opened);
    return {};
  }
  return refusal(what, file, std::strerror(errno));
}

// Empties OpenSSL's queue.
std::string why(const std::string& wanted) {
  auto words = openssl_words(ERR_peek_error());
  while (auto code = ERR_get_error()) {
    auto lib = ERR_GET_LIB(code);
    auto reason = ERR_GET_REASON(code);
    // What the decoder of keys and the readers of PEM say of other text.
    if (reason == ERR_R_UNSUPPORTED
        || (lib == ERR_LIB_PEM && reason == PEM_R_NO_START_LINE)
        || (lib == ERR_LIB_X509 && reason == X509_R_NO_CERTIFICATE_OR_CRL_FOUND))
      words.clear();
  }
  return words.empty() ? "holds no " + wanted + " in PEM"
                       : "is no " + wanted + ": " + words;
}

expected<void> use_key(SSL_CTX& to, const std::string& file,
                       const std::string& certificate_file) {
  bool asked = false;
  SSL_CTX_set_default_passwd_cb_userdata(&to, &asked);
  auto used = SSL_CTX_use_PrivateKey_file(&to, file.c_str(), SSL_FILETYPE_PEM);
  SSL_CTX_set_default_passwd_cb_userdata(&to, nullptr);
  if (used == 1)
    return {};
  if (asked)
    return refusal("key", file, "is encrypted; store it without a pass phrase");
  if (ERR_GET_REASON(ERR_peek_error()) == X509_R_KEY_VALUES_MISMATCH)
    return refusal("key", file,
                   "does not belong to the certificate " + certificate_file);
  return refusal("key", file, why("private key"));
}

} // namespace

ssl_ctx_ptr make_ssl_ctx(const SSL_METHOD* method) {
  ssl_ctx_ptr result{SSL_CTX_new(method)};
  if (!result)
    return result;
  auto* ctx = result.get();
  SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
  if (SSL_CTX_set_cipher_list(ctx, ciphers) != 1
      || SSL_CTX_set_ciphersuites(ctx, ciphers_of_1_3) != 1)
    return nullptr;
  SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION
                               | SSL_OP_CIPHER_SERVER_PREFERENCE
                               | SSL_OP_PRIORITIZE_CHACHA);
  // An idle connection keeps no 16 KiB buffers.
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE
                            | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_max_cert_list(ctx, chain_bytes);
  SSL_CTX_set_verify_depth(ctx, chain_depth);
  SSL_CTX_set_timeout(ctx, resumable_seconds);
  SSL_CTX_set_default_passwd_cb(ctx, no_pass_phrase);
  return result;
}

expected<void> use_certificate(SSL_CTX& to, const std::string& certificate_file,
                               const std::string& key_file) {
  if (key_file.empty())
    return error{errc::invalid_argument,
                 "certificate " + certificate_file + " stands without a key file"};
  if (certificate_file.empty())
    return error{errc::invalid_argument,
                 "key " + key_file + " stands without a certificate file"};
  if (auto ok = readable("certificate", certificate_file); !ok)
    return ok;
  if (auto ok = readable("key", key_file); !ok)
    return ok;
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(&to, certificate_file.c_str()) != 1)
    return refusal("certificate", certificate_file, why("certificate"));
  return use_key(to, key_file, certificate_file);
}

expected<void> use_authorities(SSL_CTX& to, const std::string& file) {
  if (auto ok = readable("authorities", file); !ok)
    return ok;
  ERR_clear_error();
  if (SSL_CTX_load_verify_file(&to, file.c_str()) != 1)
    return refusal("authorities", file, why("certificate"));
  return {};
}

file_stamps::file_stamps(std::vector<std::string> paths) : paths_(std::move(paths)) {
  std::erase(paths_, std::string{});
  seen_.resize(paths_.size());
  changed();
}

bool file_stamps::changed() {
  bool result = false;
  for (size_t i = 0; i < paths_.size(); ++i) {
    auto now = look_at(paths_[i]);
    result |= now != seen_[i];
    seen_[i] = now;
  }
  return result;
}

file_stamps::stamp file_stamps::look_at(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0)
    return {};
  return {found.st_mtim.tv_sec, found.st_mtim.tv_nsec, found.st_size, found.st_ino,
          found.st_dev};
}

} // namespace mica::net::tls
