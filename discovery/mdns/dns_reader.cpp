#include "mdns/dns_message.hpp"

namespace mica::discovery::mdns {

namespace {

constexpr uint16_t class_in = 1;
constexpr uint16_t class_any = 255;
// Top bit of a class: QU in questions, cache-flush in records.
constexpr uint16_t top_bit = 0x8000;

/// Walks over the bytes of one message. The first failure sticks.
class reader {
public:
  explicit reader(std::string_view bytes) : bytes_(bytes) {
    // nop
  }

  bool failed() const noexcept {
    return static_cast<bool>(failure_);
  }

  mica::error take_failure() {
    return std::move(failure_);
  }

  size_t at() const noexcept {
    return at_;
  }

  void fail(std::string what, errc reason = errc::protocol_error) {
    if (!failed())
      failure_ = mica::error{reason, "DNS message of " + std::to_string(bytes_.size())
                                         + " bytes: " + part_ + ": " + what};
  }

  /// Names what is being read, for error texts.
  void enter(const char* section, size_t index) {
    part_ = section;
    part_ += ' ';
    part_ += std::to_string(index + 1);
  }

  uint8_t u8() {
    if (!need(1))
      return 0;
    return static_cast<uint8_t>(bytes_[at_++]);
  }

  uint16_t u16() {
    if (!need(2))
      return 0;
    auto result = static_cast<uint16_t>(byte(at_) << 8 | byte(at_ + 1));
    at_ += 2;
    return result;
  }

  uint32_t u32() {
    uint32_t high = u16();
    return high << 16 | u16();
  }

  std::string_view take(size_t n) {
    if (!need(n))
      return {};
    auto result = bytes_.substr(at_, n);
    at_ += n;
    return result;
  }

  void skip(size_t n) {
    if (need(n))
      at_ += n;
  }

  std::string name() {
    std::string result;
    size_t wire = 1;
    // Each jump goes to a place before the part that holds the pointer, so jumps come
    // to an end; without this rule a pointer to itself would run for ever.
    size_t part = at_;
    size_t pos = at_;
    bool jumped = false;
    for (;;) {
      if (pos >= bytes_.size())
        return name_failure("name ends early", pos);
      auto length = byte(pos);
      if (length == 0) {
        if (!jumped)
          at_ = pos + 1;
        return result;
      }
      if (length >= 0xc0) {
        if (pos + 1 >= bytes_.size())
          return name_failure("name ends early", pos);
        size_t target = (length & 0x3fu) << 8 | byte(pos + 1);
        if (target >= part)
          return name_failure("compression pointer does not point backwards", pos);
        if (!jumped)
          at_ = pos + 2;
        jumped = true;
        part = pos = target;
        continue;
      }
      if (length > max_label_bytes)
        return name_failure("label has an unknown type", pos);
      wire += length + 1u;
      if (wire > max_name_bytes)
        return name_failure("name has more than 255 bytes", pos);
      if (pos + 1 + length > bytes_.size())
        return name_failure("name ends early", pos);
      if (!result.empty())
        result += '.';
      for (auto c : bytes_.substr(pos + 1, length)) {
        if (c == '.' || c == '\\')
          result += '\\';
        result += c;
      }
      pos += length + 1u;
    }
  }

private:
  uint8_t byte(size_t pos) const {
    return static_cast<uint8_t>(bytes_[pos]);
  }

  bool need(size_t n) {
    if (failed())
      return false;
    if (bytes_.size() - at_ >= n)
      return true;
    fail("ends early: " + std::to_string(n) + " bytes missing at byte "
         + std::to_string(at_));
    return false;
  }

  std::string name_failure(const char* what, size_t pos) {
    fail(what + (" at byte " + std::to_string(pos)));
    return {};
  }

  std::string_view bytes_;
  size_t at_ = 0;
  std::string part_ = "header";
  mica::error failure_;
};

bool read_txt(reader& from, size_t end, txt_data& to) {
  while (from.at() < end && !from.failed()) {
    auto length = from.u8();
    if (from.at() + length > end)
      return false;
    to.text += from.take(length);
  }
  return true;
}

bool read_address(reader& from, size_t length, bool v6, ip_address& to) {
  to.v6 = v6;
  if (length != to.size())
    return false;
  auto bytes = from.take(length);
  std::copy(bytes.begin(), bytes.end(), to.bytes.begin());
  return true;
}

/// Reads record data into `to`; `known` is false for a type that is skipped.
bool read_data(reader& from, uint16_t type, size_t length, record& to, bool& known) {
  auto end = from.at() + length;
  switch (static_cast<rr_type>(type)) {
    case rr_type::ptr:
      to.data = ptr_data{from.name()};
      break;
    case rr_type::srv: {
      srv_data x;
      x.priority = from.u16();
      x.weight = from.u16();
      x.port = from.u16();
      x.target = from.name();
      to.data = std::move(x);
      break;
    }
    case rr_type::txt: {
      txt_data x;
      if (!read_txt(from, end, x))
        return false;
      to.data = std::move(x);
      break;
    }
    case rr_type::a:
    case rr_type::aaaa: {
      ip_address x;
      if (!read_address(from, length, static_cast<rr_type>(type) == rr_type::aaaa, x))
        return false;
      to.data = x;
      break;
    }
    default:
      known = false;
      from.skip(length);
  }
  return from.at() == end;
}

void read_questions(reader& from, size_t count, std::vector<question>& to) {
  for (size_t i = 0; i < count && !from.failed(); ++i) {
    from.enter("question", i);
    question x;
    x.name = from.name();
    x.type = static_cast<rr_type>(from.u16());
    auto klass = from.u16();
    x.unicast = (klass & top_bit) != 0;
    klass &= static_cast<uint16_t>(~top_bit);
    if (klass == class_in || klass == class_any)
      to.push_back(std::move(x));
  }
}

/// @param to nullptr skips the section.
void read_records(reader& from, const char* section, size_t count,
                  std::vector<record>* to) {
  for (size_t i = 0; i < count && !from.failed(); ++i) {
    from.enter(section, i);
    record x;
    x.name = from.name();
    auto type = from.u16();
    auto klass = static_cast<uint16_t>(from.u16() & ~top_bit);
    x.ttl = from.u32();
    size_t length = from.u16();
    bool known = true;
    if (from.failed())
      return;
    if (!read_data(from, type, length, x, known))
      from.fail("data of type " + std::to_string(type) + " does not fill its "
                + std::to_string(length) + " bytes");
    if (to != nullptr && known && klass == class_in && !from.failed())
      to->push_back(std::move(x));
  }
}

} // namespace

expected<message> parse_message(std::string_view bytes) {
  reader from{bytes};
  message result;
  result.id = from.u16();
  auto flags = from.u16();
  result.response = (flags & 0x8000) != 0;
  result.opcode = static_cast<uint8_t>(flags >> 11 & 0x0f);
  result.authoritative = (flags & 0x0400) != 0;
  result.truncated = (flags & 0x0200) != 0;
  result.rcode = static_cast<uint8_t>(flags & 0x0f);
  size_t questions = from.u16();
  size_t answers = from.u16();
  size_t authorities = from.u16();
  size_t additionals = from.u16();
  auto total = questions + answers + authorities + additionals;
  if (total > max_message_records)
    from.fail("announces " + std::to_string(total) + " questions and records, limit "
                  + std::to_string(max_message_records),
              errc::limit_exceeded);
  read_questions(from, questions, result.questions);
  read_records(from, "answer", answers, &result.answers);
  read_records(from, "authority", authorities, nullptr);
  read_records(from, "additional", additionals, &result.additionals);
  if (from.failed())
    return from.take_failure();
  return result;
}

} // namespace mica::discovery::mdns
