#include "tls/names.hpp"

#include <openssl/x509v3.h>

#include <algorithm>
#include <arpa/inet.h>
#include <cctype>
#include <ctime>

namespace mica::net::tls {

namespace {

constexpr size_t most_names = 100;

using names_ptr = std::unique_ptr<GENERAL_NAMES, freed_by<GENERAL_NAMES_free>>;

std::string_view view(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<size_t>(ASN1_STRING_length(text))};
}

std::string address_text(std::string_view bytes) {
  char text[INET6_ADDRSTRLEN] = {};
  auto family = bytes.size() == 4 ? AF_INET : AF_INET6;
  if (bytes.size() != 4 && bytes.size() != 16)
    return {};
  return inet_ntop(family, bytes.data(), text, sizeof(text)) ? text : "";
}

std::string name_text(const GENERAL_NAME& name) {
  int kind = 0;
  auto* value = static_cast<ASN1_STRING*>(GENERAL_NAME_get0_value(&name, &kind));
  switch (kind) {
    case GEN_IPADD:
      return address_text(view(value));
    case GEN_DNS:
    case GEN_URI:
    case GEN_EMAIL: {
      auto text = view(value);
      bool printable = std::all_of(text.begin(), text.end(),
                                   [](char c) { return c > ' ' && c < '\x7f'; });
      return printable ? std::string{text} : "";
    }
    default:
      return {};
  }
}

bool same_name(std::string_view a, std::string_view b) {
  // Beyond the host, URIs are compared as they are.
  if (a.find(':') != a.npos || a.find('@') != a.npos)
    return a == b;
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x))
           == std::tolower(static_cast<unsigned char>(y));
  });
}

} // namespace

std::vector<std::string> names_of(const X509& certificate) {
  std::vector<std::string> result;
  names_ptr names{static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr))};
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    auto text = name_text(*sk_GENERAL_NAME_value(names.get(), i));
    if (!text.empty() && result.size() < most_names)
      result.push_back(std::move(text));
  }
  return result;
}

bool has_name(const X509& certificate, std::span<const std::string> wanted) {
  for (const auto& name : names_of(certificate))
    for (const auto& x : wanted)
      if (same_name(name, x))
        return true;
  return false;
}

std::string text_of(const X509_NAME* name) {
  bio_ptr out{BIO_new(BIO_s_mem())};
  if (!out
      || X509_NAME_print_ex(out.get(), name, 0,
                            XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_QUOTE)
             < 0)
    return "unreadable name";
  char* data = nullptr;
  auto size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<size_t>(size)};
}

std::string text_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1)
    return "an unreadable date";
  char text[64];
  auto n = std::strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &parts);
  return {text, n};
}

bool is_ip_address(std::string_view host) {
  in6_addr address{};
  std::string text{host};
  return inet_pton(AF_INET, text.c_str(), &address) == 1
         || inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

} // namespace mica::net::tls
