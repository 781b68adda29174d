#include "mica/net/certificates.hpp"

#include "tls/names.hpp"
#include "tls/openssl.hpp"

#include <openssl/bn.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>

namespace mica::net {

namespace {

using namespace tls;

constexpr size_t common_name_bytes = 64;
constexpr size_t dns_name_bytes = 253;
// A positive number of at most 20 octets (RFC 5280, 4.1.2.2).
constexpr int serial_bits = 159;

using bignum_ptr = std::unique_ptr<BIGNUM, freed_by<BN_free>>;
using name_list_ptr = std::unique_ptr<GENERAL_NAMES, freed_by<GENERAL_NAMES_free>>;
using extension_ptr = std::unique_ptr<X509_EXTENSION, freed_by<X509_EXTENSION_free>>;

error refusal(std::string text) {
  ERR_clear_error();
  return {errc::invalid_argument, std::move(text)};
}

error broken() {
  return {errc::internal, "OpenSSL can't make a certificate: " + take_openssl_error()};
}

bool is_dns_name(std::string_view name) {
  if (name.starts_with("*."))
    name.remove_prefix(2);
  return !name.empty() && name.size() <= dns_name_bytes && name.front() != '.'
         && std::all_of(name.begin(), name.end(), [](unsigned char c) {
              return std::isalnum(c) || c == '-' || c == '_' || c == '.';
            });
}

bool add_text_name(GENERAL_NAMES& to, int kind, const std::string& text) {
  auto* name = GENERAL_NAME_new();
  auto* value = ASN1_IA5STRING_new();
  if (name == nullptr || value == nullptr
      || ASN1_STRING_set(value, text.data(), static_cast<int>(text.size())) != 1) {
    GENERAL_NAME_free(name);
    ASN1_IA5STRING_free(value);
    return false;
  }
  GENERAL_NAME_set0_value(name, kind, value);
  return sk_GENERAL_NAME_push(&to, name) > 0;
}

bool add_address(GENERAL_NAMES& to, const std::string& text) {
  auto* name = GENERAL_NAME_new();
  auto* value = a2i_IPADDRESS(text.c_str());
  if (name == nullptr || value == nullptr) {
    GENERAL_NAME_free(name);
    ASN1_OCTET_STRING_free(value);
    return false;
  }
  GENERAL_NAME_set0_value(name, GEN_IPADD, value);
  return sk_GENERAL_NAME_push(&to, name) > 0;
}

expected<void> add_names(X509& to, const std::vector<std::string>& names) {
  if (names.empty())
    return {};
  name_list_ptr list{GENERAL_NAMES_new()};
  if (!list)
    return broken();
  for (const auto& name : names) {
    bool added = false;
    if (is_ip_address(name))
      added = add_address(*list, name);
    else if (name.find("://") != name.npos)
      added = add_text_name(*list, GEN_URI, name);
    else if (is_dns_name(name))
      added = add_text_name(*list, GEN_DNS, name);
    else
      return refusal('"' + name + "\" is no DNS name, IP address or URI");
    if (!added)
      return broken();
  }
  if (X509_add1_ext_i2d(&to, NID_subject_alt_name, list.get(), 0, X509V3_ADD_DEFAULT)
      != 1)
    return broken();
  return {};
}

bool add_extension(X509& to, X509& issuer, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, &issuer, &to, nullptr, nullptr, 0);
  extension_ptr made{X509V3_EXT_conf_nid(nullptr, &context, kind, value)};
  return made && X509_add_ext(&to, made.get(), -1) == 1;
}

bool set_serial(X509& to) {
  bignum_ptr number{BN_new()};
  return number
         && BN_rand(number.get(), serial_bits, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY)
         && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(&to)) != nullptr;
}

bool set_times(X509& to, const certificate_options& options) {
  auto seconds = [](auto time) { return std::chrono::system_clock::to_time_t(time); };
  return ASN1_TIME_set(X509_getm_notBefore(&to), seconds(options.not_before)) != nullptr
         && ASN1_TIME_set(X509_getm_notAfter(&to), seconds(options.not_after))
                != nullptr;
}

// Everything but extensions and signature; null if OpenSSL can't.
x509_ptr make_bare(const certificate_options& options, EVP_PKEY& key) {
  x509_ptr result{X509_new()};
  auto* subject = reinterpret_cast<const unsigned char*>(options.subject.data());
  if (result && X509_set_version(result.get(), X509_VERSION_3) == 1
      && set_serial(*result) && set_times(*result, options)
      && X509_set_pubkey(result.get(), &key) == 1
      && X509_NAME_add_entry_by_NID(X509_get_subject_name(result.get()), NID_commonName,
                                    MBSTRING_UTF8, subject,
                                    static_cast<int>(options.subject.size()), -1, 0)
             == 1)
    return result;
  return nullptr;
}

std::string text_in(const bio_ptr& from) {
  char* data = nullptr;
  auto size = BIO_get_mem_data(from.get(), &data);
  return {data, static_cast<size_t>(size)};
}

expected<key_pair> pem_of(X509& certificate, EVP_PKEY& key) {
  bio_ptr text{BIO_new(BIO_s_mem())};
  bio_ptr secret{BIO_new(BIO_s_secmem())};
  if (!text || !secret || PEM_write_bio_X509(text.get(), &certificate) != 1
      || PEM_write_bio_PKCS8PrivateKey(secret.get(), &key, nullptr, nullptr, 0, nullptr,
                                       nullptr)
             != 1)
    return broken();
  return key_pair{text_in(text), text_in(secret)};
}

expected<void> check(const certificate_options& options) {
  if (options.subject.empty() || options.subject.size() > common_name_bytes)
    return refusal("the subject \"" + options.subject + "\" has to have 1 to "
                   + std::to_string(common_name_bytes) + " bytes");
  if (options.not_after <= options.not_before)
    return refusal("the certificate would end before it begins");
  return {};
}

const char* key_usage(certificate_use use) {
  switch (use) {
    case certificate_use::client:
      return "clientAuth";
    case certificate_use::server:
      return "serverAuth";
    default:
      return "serverAuth,clientAuth";
  }
}

struct authority_parts {
  x509_ptr certificate;
  key_ptr key;
};

expected<authority_parts> read_authority(const key_pair& from) {
  auto read = [](const std::string& text, auto parse) {
    bio_ptr in{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
    // The pass phrase: none, and nobody is asked for one.
    return parse(in.get(), nullptr, nullptr, const_cast<char*>(""));
  };
  authority_parts result{x509_ptr{read(from.certificate, PEM_read_bio_X509)},
                         key_ptr{read(from.key, PEM_read_bio_PrivateKey)}};
  if (!result.certificate || !result.key)
    return refusal("the authority's certificate or key is not readable: "
                   + take_openssl_error());
  if (X509_check_private_key(result.certificate.get(), result.key.get()) != 1)
    return refusal("the authority's key does not belong to its certificate");
  if (X509_check_ca(result.certificate.get()) < 1)
    return refusal("the certificate \""
                   + text_of(X509_get_subject_name(result.certificate.get()))
                   + "\" is no authority");
  return result;
}

} // namespace

expected<key_pair> make_authority(const certificate_options& options) {
  if (auto ok = check(options); !ok)
    return std::move(ok.error());
  if (!options.names.empty())
    return refusal("an authority has no names of its own");
  ERR_clear_error();
  key_ptr key{EVP_EC_gen("P-256")};
  x509_ptr made = key ? make_bare(options, *key) : nullptr;
  if (!made || X509_set_issuer_name(made.get(), X509_get_subject_name(made.get())) != 1
      || !add_extension(*made, *made, NID_basic_constraints,
                        "critical,CA:TRUE,pathlen:0")
      || !add_extension(*made, *made, NID_key_usage, "critical,keyCertSign,cRLSign")
      || !add_extension(*made, *made, NID_subject_key_identifier, "hash")
      || X509_sign(made.get(), key.get(), EVP_sha256()) == 0)
    return broken();
  return pem_of(*made, *key);
}

expected<key_pair> make_certificate(const certificate_options& options,
                                    const key_pair& authority) {
  if (auto ok = check(options); !ok)
    return std::move(ok.error());
  auto issuer = read_authority(authority);
  if (!issuer)
    return std::move(issuer.error());
  ERR_clear_error();
  key_ptr key{EVP_EC_gen("P-256")};
  x509_ptr made = key ? make_bare(options, *key) : nullptr;
  auto& by = *issuer->certificate;
  if (!made || X509_set_issuer_name(made.get(), X509_get_subject_name(&by)) != 1
      || !add_extension(*made, by, NID_basic_constraints, "critical,CA:FALSE")
      || !add_extension(*made, by, NID_key_usage, "critical,digitalSignature")
      || !add_extension(*made, by, NID_ext_key_usage, key_usage(options.use))
      || !add_extension(*made, by, NID_subject_key_identifier, "hash")
      || !add_extension(*made, by, NID_authority_key_identifier, "keyid"))
    return broken();
  if (auto ok = add_names(*made, options.names); !ok)
    return std::move(ok.error());
  if (X509_sign(made.get(), issuer->key.get(), EVP_sha256()) == 0)
    return broken();
  return pem_of(*made, *key);
}

} // namespace mica::net
