#include "mdns/dns_message.hpp"

#include <map>

namespace mica::discovery::mdns {

namespace {

/// Takes the next label off the text form `rest`, unescaped, and the dot behind it;
/// `dot` says if there was one.
std::string take_label(std::string_view& rest, bool& dot) {
  std::string label;
  size_t i = 0;
  for (; i < rest.size() && rest[i] != '.'; ++i) {
    if (rest[i] == '\\' && i + 1 < rest.size())
      ++i;
    label += rest[i];
  }
  dot = i < rest.size();
  rest.remove_prefix(std::min(i + 1, rest.size()));
  return label;
}

class writer {
public:
  explicit writer(size_t expected_size) {
    out_.reserve(expected_size);
  }

  void u16(size_t x) {
    out_ += static_cast<char>(x >> 8);
    out_ += static_cast<char>(x);
  }

  void u32(uint32_t x) {
    u16(x >> 16);
    u16(x & 0xffff);
  }

  void bytes(std::string_view x) {
    out_ += x;
  }

  void u8(size_t x) {
    out_ += static_cast<char>(x);
  }

  /// @pre `check_name(text)` succeeded
  void name(std::string_view text, bool compress) {
    bool dot = false;
    while (!text.empty()) {
      auto known = offsets_.find(text);
      if (compress && known != offsets_.end()) {
        u16(0xc000u | known->second);
        return;
      }
      if (known == offsets_.end() && out_.size() < 0x4000)
        offsets_.emplace(text, out_.size());
      auto label = take_label(text, dot);
      u8(label.size());
      bytes(label);
    }
    u8(0);
  }

  /// Starts a length field of two bytes and returns its place.
  size_t open_length() {
    u16(0);
    return out_.size();
  }

  void close_length(size_t start) {
    auto length = out_.size() - start;
    out_[start - 2] = static_cast<char>(length >> 8);
    out_[start - 1] = static_cast<char>(length);
  }

  size_t size() const noexcept {
    return out_.size();
  }

  std::string take() {
    return std::move(out_);
  }

private:
  std::string out_;
  // Views of the names in the message, which outlives the writer.
  std::map<std::string_view, size_t> offsets_;
};

void write_txt(writer& out, std::string_view text) {
  // An empty TXT record has one empty string (RFC 6763 section 6.1).
  do {
    auto piece = text.substr(0, 255);
    out.u8(piece.size());
    out.bytes(piece);
    text.remove_prefix(piece.size());
  } while (!text.empty());
}

rr_type type_of(const record& x) {
  constexpr rr_type types[] = {rr_type::ptr, rr_type::srv, rr_type::txt};
  if (auto ip = std::get_if<ip_address>(&x.data))
    return ip->v6 ? rr_type::aaaa : rr_type::a;
  return types[x.data.index()];
}

void write_record(writer& out, const record& x) {
  out.name(x.name, true);
  out.u16(static_cast<uint16_t>(type_of(x)));
  out.u16(1);
  out.u32(x.ttl);
  auto start = out.open_length();
  if (auto ptr = std::get_if<ptr_data>(&x.data)) {
    out.name(ptr->target, true);
  } else if (auto srv = std::get_if<srv_data>(&x.data)) {
    out.u16(srv->priority);
    out.u16(srv->weight);
    out.u16(srv->port);
    out.name(srv->target, false);
  } else if (auto txt = std::get_if<txt_data>(&x.data)) {
    write_txt(out, txt->text);
  } else if (auto ip = std::get_if<ip_address>(&x.data)) {
    out.bytes({reinterpret_cast<const char*>(ip->bytes.data()), ip->size()});
  }
  out.close_length(start);
}

/// Text that fits a record and a datagram with some names around it.
size_t text_bytes(const std::vector<record>& xs) {
  size_t result = 0;
  for (auto& x : xs)
    if (auto txt = std::get_if<txt_data>(&x.data))
      result += txt->text.size() + txt->text.size() / 255 + 1;
  return result;
}

mica::error too_large(size_t bytes) {
  return {errc::limit_exceeded, "DNS message would have " + std::to_string(bytes)
                                    + " bytes; one UDP datagram holds "
                                    + std::to_string(max_datagram_bytes)};
}

expected<void> check_names(const message& x) {
  for (auto& q : x.questions)
    if (auto ok = check_name(q.name); !ok)
      return ok;
  for (auto section : {&x.answers, &x.additionals}) {
    for (auto& r : *section) {
      if (auto ok = check_name(r.name); !ok)
        return ok;
      if (auto ptr = std::get_if<ptr_data>(&r.data))
        if (auto ok = check_name(ptr->target); !ok)
          return ok;
      if (auto srv = std::get_if<srv_data>(&r.data))
        if (auto ok = check_name(srv->target); !ok)
          return ok;
    }
  }
  return {};
}

} // namespace

expected<void> check_name(std::string_view name) {
  size_t wire = 1;
  auto rest = name;
  for (auto more = !name.empty(); more;) {
    auto label = take_label(rest, more);
    if (label.empty())
      return mica::error{errc::invalid_argument,
                         "name \"" + std::string{name} + "\" has an empty label"};
    if (label.size() > max_label_bytes)
      return mica::error{errc::invalid_argument,
                         "label \"" + label + "\" has " + std::to_string(label.size())
                             + " bytes; DNS allows " + std::to_string(max_label_bytes)
                             + " between two dots"};
    wire += label.size() + 1;
  }
  if (wire > max_name_bytes)
    return mica::error{errc::invalid_argument,
                       "name \"" + std::string{name} + "\" has " + std::to_string(wire)
                           + " bytes; DNS allows " + std::to_string(max_name_bytes)};
  return {};
}

std::string escape_name(std::string_view plain) {
  std::string result;
  result.reserve(plain.size());
  for (auto c : plain) {
    if (c == '\\')
      result += '\\';
    result += c;
  }
  return result;
}

std::string unescape_name(std::string_view name) {
  std::string result;
  result.reserve(name.size());
  for (size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '\\' && i + 1 < name.size())
      ++i;
    result += name[i];
  }
  return result;
}

expected<std::string> write_message(const message& x) {
  if (auto ok = check_names(x); !ok)
    return ok.error();
  // Record data has a 16-bit length: refuse before it could wrap around.
  auto text = text_bytes(x.answers) + text_bytes(x.additionals);
  if (text > max_datagram_bytes)
    return too_large(text);
  writer out{512 + text};
  out.u16(x.id);
  out.u16((x.response ? 0x8000u : 0u) | (x.opcode & 0x0fu) << 11
          | (x.authoritative ? 0x0400u : 0u) | (x.truncated ? 0x0200u : 0u)
          | (x.rcode & 0x0fu));
  out.u16(x.questions.size());
  out.u16(x.answers.size());
  out.u16(0);
  out.u16(x.additionals.size());
  for (auto& q : x.questions) {
    out.name(q.name, true);
    out.u16(static_cast<uint16_t>(q.type));
    out.u16(q.unicast ? 0x8001u : 1u);
  }
  for (auto section : {&x.answers, &x.additionals})
    for (auto& r : *section)
      write_record(out, r);
  if (out.size() > max_datagram_bytes)
    return too_large(out.size());
  return out.take();
}

} // namespace mica::discovery::mdns
