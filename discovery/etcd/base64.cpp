#include "etcd/base64.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <climits>

namespace mica::discovery::etcd {

void append_base64(std::string& out, std::string_view bytes) {
  auto begin = out.size();
  // OpenSSL writes a zero behind it.
  out.resize(begin + (bytes.size() + 2) / 3 * 4 + 1);
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data() + begin),
                  reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  out.pop_back();
}

std::optional<std::string> parse_base64(std::string_view text) {
  // OpenSSL skips blanks around it and takes padding anywhere; etcd writes neither.
  if (text.size() % 4 != 0 || text.size() > INT_MAX
      || text.find_first_of(" \t\r\n") != std::string_view::npos
      || text.substr(0, text.size() - std::min<size_t>(text.size(), 2)).find('=')
             != std::string_view::npos)
    return std::nullopt;
  std::string result(text.size() / 4 * 3, '\0');
  auto n = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(result.data()),
                           reinterpret_cast<const unsigned char*>(text.data()),
                           static_cast<int>(text.size()));
  if (n < 0)
    return std::nullopt;
  // It counts the padding as bytes.
  for (size_t i = 0; i < 2 && text.ends_with('='); ++i) {
    text.remove_suffix(1);
    result.pop_back();
  }
  return result;
}

} // namespace mica::discovery::etcd
