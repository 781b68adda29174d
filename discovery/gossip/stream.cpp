#include "gossip/stream.hpp"

#include "gossip/msgpack.hpp"

namespace mica::discovery::gossip {

namespace {

constexpr size_t encrypt_header = 5;

mica::error broken(std::string what) {
  return {errc::protocol_error, "gossip: " + std::move(what)};
}

mica::error too_large(const char* what, size_t limit) {
  return {errc::limit_exceeded, std::string{"gossip: "} + what + " above the limit of "
                                    + std::to_string(limit)};
}

bool read(msgpack_reader& from, failure& to) {
  return from.fields([&](std::string_view key) {
    std::string_view text;
    if (key != "Error")
      return from.skip();
    if (!from.text(text))
      return false;
    to.text = text.substr(0, 512);
    return true;
  });
}

bool read_user_header(msgpack_reader& from, uint64_t& to) {
  return from.fields([&](std::string_view key) {
    return key == "UserMsgLen" ? from.number(to) : from.skip();
  });
}

} // namespace

std::string write(const push_pull& x) {
  std::string result(1, static_cast<char>(message_type::push_pull));
  append(result, push_pull_header{x.nodes.size(), x.user.size(), x.join});
  for (auto& node : x.nodes)
    append(result, node);
  return result += x.user;
}

std::string write_stream_user(std::string_view bytes) {
  std::string result(1, static_cast<char>(message_type::user));
  msgpack_writer{result}.map(1).text("UserMsgLen").number(bytes.size());
  return result += bytes;
}

expected<std::string> dress(std::string text, const wire_options& options) {
  if (options.compress)
    if (auto shorter = compressed(text); shorter.size() < text.size())
      text = std::move(shorter);
  if (options.keys.empty())
    return text;
  auto size = static_cast<uint32_t>(text.size() + keyring::overhead);
  std::string header(1, static_cast<char>(message_type::encrypt));
  for (auto shift : {24, 16, 8, 0})
    header += static_cast<char>(size >> shift);
  auto sealed = options.keys.seal(text, header);
  if (!sealed)
    return sealed;
  return header + *sealed;
}

expected<std::optional<stream_message>> stream_reader::feed(std::string_view bytes) {
  auto limit = options_->limits.stream_bytes;
  if (!whole_ && bytes.size() > limit - std::min(limit, buffer_.size()))
    return too_large("a stream has bytes", limit);
  if (!whole_)
    buffer_ += bytes;
  if (buffer_.size() < need_)
    return std::optional<stream_message>{};
  if (at_ == 0) {
    auto wait = peel();
    if (!wait)
      return std::move(wait.error());
    if (*wait)
      return std::optional<stream_message>{};
  }
  return read_message();
}

// What is missing can't come any more once the bytes came out of a layer.
stream_reader::step stream_reader::more_bytes(size_t size, const char* what) {
  if (whole_)
    return broken(std::string{what} + " is cut off");
  need_ = size;
  return true;
}

stream_reader::step stream_reader::more(const msgpack_reader& from, const char* what) {
  if (!from.short_input())
    return broken(std::string{what} + " has a field of the wrong type");
  if (from.missing() > options_->limits.stream_bytes)
    return too_large("a stream announces bytes", options_->limits.stream_bytes);
  return more_bytes(buffer_.size() + from.missing(), what);
}

stream_reader::step stream_reader::peel() {
  if (auto wait = peel_encryption(); !wait || *wait)
    return wait;
  if (auto wait = peel_compression(); !wait || *wait)
    return wait;
  at_ = 1;
  return false;
}

stream_reader::step stream_reader::peel_encryption() {
  auto encrypted = static_cast<message_type>(buffer_[0]) == message_type::encrypt;
  if (options_->keys.empty() || decrypted_) {
    if (encrypted && !decrypted_)
      return mica::error{errc::permission_denied,
                         "gossip: a stream is encrypted, and we have no key"};
    return false;
  }
  if (!encrypted)
    return mica::error{errc::permission_denied, "gossip: a stream is not encrypted"};
  if (buffer_.size() < encrypt_header)
    return more_bytes(encrypt_header, "an encrypted stream");
  size_t size = 0;
  for (auto i = 1; i < 5; ++i)
    size = size << 8 | static_cast<uint8_t>(buffer_[static_cast<size_t>(i)]);
  if (size > options_->limits.stream_bytes)
    return too_large("an encrypted stream announces bytes",
                     options_->limits.stream_bytes);
  if (buffer_.size() < encrypt_header + size)
    return more_bytes(encrypt_header + size, "an encrypted stream");
  std::string_view view{buffer_};
  auto plain = options_->keys.open(view.substr(encrypt_header, size),
                                   view.substr(0, encrypt_header));
  if (!plain)
    return std::move(plain.error());
  if (plain->empty())
    return broken("an encrypted stream holds nothing");
  buffer_ = std::move(*plain);
  decrypted_ = whole_ = true;
  return false;
}

stream_reader::step stream_reader::peel_compression() {
  if (static_cast<message_type>(buffer_[0]) != message_type::compress)
    return false;
  auto body = std::string_view{buffer_}.substr(1);
  msgpack_reader from{body};
  if (!from.skip())
    return more(from, "a compressed stream");
  auto plain = inflate(body, options_->limits.stream_bytes);
  if (!plain)
    return std::move(plain.error());
  if (plain->empty())
    return broken("a compressed stream holds nothing");
  buffer_ = std::move(*plain);
  whole_ = true;
  return false;
}

expected<std::optional<stream_message>> stream_reader::read_message() {
  auto none = std::optional<stream_message>{};
  switch (static_cast<message_type>(buffer_[0])) {
    case message_type::ping:
      return read_small<ping>("a ping");
    case message_type::ack:
      return read_small<ack>("an ack");
    case message_type::failure:
      return read_small<failure>("an error message");
    case message_type::user: {
      user result;
      auto wait = read_user(result.bytes);
      if (!wait)
        return std::move(wait.error());
      return *wait ? none : std::optional<stream_message>{std::move(result)};
    }
    case message_type::push_pull: {
      auto wait = read_push_pull();
      if (!wait)
        return std::move(wait.error());
      return *wait ? none : std::optional<stream_message>{std::move(state_)};
    }
    default:
      return broken("a stream with a message of the unknown type "
                    + std::to_string(static_cast<uint8_t>(buffer_[0])));
  }
}

template <class T>
expected<std::optional<stream_message>> stream_reader::read_small(const char* what) {
  msgpack_reader from{std::string_view{buffer_}.substr(1)};
  T result;
  if (read(from, result))
    return std::optional<stream_message>{std::move(result)};
  auto wait = more(from, what);
  if (!wait)
    return std::move(wait.error());
  return std::optional<stream_message>{};
}

stream_reader::step stream_reader::read_user(std::string& to) {
  if (!user_bytes_) {
    msgpack_reader from{std::string_view{buffer_}.substr(at_)};
    uint64_t size = 0;
    if (!read_user_header(from, size))
      return more(from, "a user message");
    at_ += from.at();
    user_bytes_ = size;
  }
  if (*user_bytes_ > options_->limits.stream_bytes)
    return too_large("a user message announces bytes", options_->limits.stream_bytes);
  if (buffer_.size() - at_ < *user_bytes_)
    return more_bytes(at_ + *user_bytes_, "a user message");
  to = buffer_.substr(at_, *user_bytes_);
  return false;
}

stream_reader::step stream_reader::read_push_pull() {
  if (!header_) {
    msgpack_reader from{std::string_view{buffer_}.substr(at_)};
    push_pull_header header;
    if (!gossip::read(from, header))
      return more(from, "the header of a state exchange");
    at_ += from.at();
    header_ = header;
    state_.join = header.join;
  }
  auto most = 2 * options_->limits.members;
  if (header_->nodes > most)
    return too_large("a state exchange announces members", most);
  if (header_->user_bytes > options_->limits.stream_bytes)
    return too_large("a state exchange announces bytes", options_->limits.stream_bytes);
  while (state_.nodes.size() < header_->nodes) {
    msgpack_reader from{std::string_view{buffer_}.substr(at_)};
    push_node next;
    if (!gossip::read(from, next))
      return more(from, "a member of a state exchange");
    at_ += from.at();
    state_.nodes.push_back(std::move(next));
  }
  if (buffer_.size() - at_ < header_->user_bytes)
    return more_bytes(at_ + header_->user_bytes, "the state of a state exchange");
  state_.user = buffer_.substr(at_, header_->user_bytes);
  return false;
}

} // namespace mica::discovery::gossip
