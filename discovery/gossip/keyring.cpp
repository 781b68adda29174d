#include "gossip/keyring.hpp"

#include <memory>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <optional>

namespace mica::discovery::gossip {

namespace {

constexpr size_t nonce_size = 12;
constexpr size_t tag_size = 16;
constexpr size_t block_size = 16;

struct context_deleter {
  void operator()(EVP_CIPHER_CTX* x) const {
    EVP_CIPHER_CTX_free(x);
  }
};

using context = std::unique_ptr<EVP_CIPHER_CTX, context_deleter>;

const EVP_CIPHER* cipher_for(const std::string& key) {
  switch (key.size()) {
    case 16:
      return EVP_aes_128_gcm();
    case 24:
      return EVP_aes_192_gcm();
    default:
      return EVP_aes_256_gcm();
  }
}

const unsigned char* bytes(std::string_view x) {
  return reinterpret_cast<const unsigned char*>(x.data());
}

unsigned char* bytes(std::string& x) {
  return reinterpret_cast<unsigned char*>(x.data());
}

mica::error failed() {
  return {errc::internal, "gossip: OpenSSL can't encrypt with AES-GCM"};
}

std::optional<std::string> open_with(const std::string& key, std::string_view nonce,
                                     std::string_view text, std::string_view tag,
                                     std::string_view bound) {
  context ctx{EVP_CIPHER_CTX_new()};
  std::string plain(text.size(), '\0');
  std::string tag_copy{tag};
  int n = 0;
  auto ok =
      ctx
      && EVP_DecryptInit_ex(ctx.get(), cipher_for(key), nullptr, bytes(key),
                            bytes(nonce))
      && EVP_DecryptUpdate(ctx.get(), nullptr, &n, bytes(bound),
                           static_cast<int>(bound.size()))
      && EVP_DecryptUpdate(ctx.get(), bytes(plain), &n, bytes(text),
                           static_cast<int>(text.size()))
      && EVP_CIPHER_CTX_ctrl(ctx.get(), EVP_CTRL_GCM_SET_TAG, tag_size, tag_copy.data())
      && EVP_DecryptFinal_ex(ctx.get(), bytes(plain) + n, &n) > 0;
  if (!ok)
    return std::nullopt;
  return plain;
}

} // namespace

expected<keyring> keyring::make(std::vector<std::string> keys) {
  for (auto& x : keys)
    if (x.size() != 16 && x.size() != 24 && x.size() != 32)
      return mica::error{errc::invalid_argument,
                         "gossip: a key has " + std::to_string(x.size())
                             + " bytes; AES takes 16, 24 or 32"};
  keyring result;
  result.keys_ = std::move(keys);
  return result;
}

expected<std::string> keyring::seal(std::string_view plain,
                                    std::string_view bound) const {
  std::string result(1 + nonce_size + plain.size() + tag_size, '\0');
  result[0] = 1;
  auto nonce = bytes(result) + 1;
  auto text = nonce + nonce_size;
  auto tag = text + plain.size();
  if (RAND_bytes(nonce, nonce_size) != 1)
    return failed();
  context ctx{EVP_CIPHER_CTX_new()};
  auto& key = keys_.front();
  int n = 0;
  auto ok =
      ctx && EVP_EncryptInit_ex(ctx.get(), cipher_for(key), nullptr, bytes(key), nonce)
      && EVP_EncryptUpdate(ctx.get(), nullptr, &n, bytes(bound),
                           static_cast<int>(bound.size()))
      && EVP_EncryptUpdate(ctx.get(), text, &n, bytes(plain),
                           static_cast<int>(plain.size()))
      && EVP_EncryptFinal_ex(ctx.get(), text + n, &n)
      && EVP_CIPHER_CTX_ctrl(ctx.get(), EVP_CTRL_GCM_GET_TAG, tag_size, tag);
  if (!ok)
    return failed();
  return result;
}

expected<std::string> keyring::open(std::string_view sealed,
                                    std::string_view bound) const {
  if (sealed.size() < overhead || static_cast<uint8_t>(sealed[0]) > 1)
    return mica::error{errc::permission_denied,
                       "gossip: not encrypted, or by a version other than 0 and 1"};
  auto padded = sealed[0] == 0;
  auto nonce = sealed.substr(1, nonce_size);
  auto text = sealed.substr(1 + nonce_size);
  auto tag = text.substr(text.size() - tag_size);
  text.remove_suffix(tag_size);
  for (auto& key : keys_) {
    auto plain = open_with(key, nonce, text, tag, bound);
    if (!plain)
      continue;
    if (!padded)
      return std::move(*plain);
    size_t pad = plain->empty() ? 0 : static_cast<uint8_t>(plain->back());
    if (pad == 0 || pad > block_size || pad > plain->size())
      return mica::error{errc::protocol_error, "gossip: broken padding"};
    plain->resize(plain->size() - pad);
    return std::move(*plain);
  }
  return mica::error{errc::permission_denied,
                     "gossip: encrypted with none of our keys"};
}

} // namespace mica::discovery::gossip
