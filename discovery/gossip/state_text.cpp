#include "gossip/state_text.hpp"

#include "records/json_reader.hpp"
#include "records/json_text.hpp"

#include <algorithm>
#include <optional>

namespace mica::discovery::gossip {

namespace {

/// Cuts the text into values without building a tree of it: it may be many times
/// larger than one record may be.
class scanner {
public:
  explicit scanner(std::string_view text) : text_(text) {
    // nop
  }

  /// Passes over blanks, and over `x` if it comes next.
  bool next(char x) {
    blanks();
    if (at_ == text_.size() || text_[at_] != x)
      return false;
    ++at_;
    return true;
  }

  /// Passes over a text in quotes.
  bool text() {
    if (!next('"'))
      return false;
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\\')
        ++at_;
      else if (text_[at_] == '"')
        return ++at_, true;
    }
    return false;
  }

  /// Passes over an object, whatever is in it, and returns it.
  std::optional<std::string_view> object() {
    blanks();
    auto start = at_;
    if (!next('{'))
      return std::nullopt;
    for (size_t depth = 1; depth > 0;) {
      if (at_ == text_.size())
        return std::nullopt;
      auto c = text_[at_];
      if (c == '"') {
        if (!text())
          return std::nullopt;
        continue;
      }
      depth += c == '{' ? 1 : 0;
      depth -= c == '}' ? 1 : 0;
      ++at_;
    }
    return text_.substr(start, at_ - start);
  }

  bool null() {
    blanks();
    if (!text_.substr(at_).starts_with("null"))
      return false;
    at_ += 4;
    return true;
  }

  bool end() {
    blanks();
    return at_ >= text_.size();
  }

private:
  void blanks() {
    at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
  }

  std::string_view text_;
  size_t at_ = 0;
};

bool read_number(const nlohmann::json& from, const char* key, uint64_t& to) {
  auto found = from.find(key);
  if (found == from.end() || !found->is_number_unsigned())
    return false;
  to = found->get<uint64_t>();
  return true;
}

/// What mica added; none of it is needed.
void read_extras(const std::string& text, shared_record& to) {
  std::string why;
  auto all = parse_json(text, why);
  if (!all)
    return;
  auto extras = member(*all, "mica");
  if (!extras || !extras->is_object())
    return;
  uint64_t left = 0;
  read_number(*extras, "expires", to.stamp);
  if (read_number(*extras, "ttl", left))
    to.left = std::chrono::milliseconds{std::min<uint64_t>(left, 1ULL << 40)};
  read(*extras, "member", to.member, why);
}

bool read_service(std::string_view text,
                  const std::function<void(shared_record)>& take) {
  shared_record result;
  std::string why;
  std::string copy{text};
  auto record = parse_service_record(copy, why);
  if (!record)
    return false;
  result.record = std::move(*record);
  read_extras(copy, result);
  take(std::move(result));
  return true;
}

mica::error broken() {
  return {
      errc::protocol_error,
      "gossip: the state of a state exchange is no JSON object of lists of services"};
}

} // namespace

bool state_writer::add(const shared_record& x, size_t limit) {
  auto json = to_json(x.record);
  std::string next;
  if (x.record.name == name_ && !text_.empty()) {
    next = ",";
  } else {
    next = text_.empty() ? "{" : "],";
    append_string(next, x.record.name);
    next += ":[";
  }
  next.append(json, 0, json.size() - 1);
  next += ",\"mica\":{\"expires\":" + std::to_string(x.stamp)
          + ",\"ttl\":" + std::to_string(x.left.count()) + ",\"member\":";
  append_string(next, x.member);
  next += "}}";
  if (text_.size() + next.size() + 2 > limit)
    return false;
  text_ += next;
  name_ = x.record.name;
  return true;
}

std::string state_writer::finish() {
  if (!text_.empty())
    text_ += "]}";
  return std::move(text_);
}

expected<size_t> read_state(std::string_view text,
                            const std::function<void(shared_record)>& take) {
  size_t refused = 0;
  scanner in{text};
  if (in.null() && in.end())
    return refused;
  if (!in.next('{'))
    return broken();
  for (auto first = true; !in.next('}'); first = false) {
    if (!first && !in.next(','))
      return broken();
    if (!in.text() || !in.next(':'))
      return broken();
    if (in.null())
      continue;
    if (!in.next('['))
      return broken();
    for (auto head = true; !in.next(']'); head = false) {
      if (!head && !in.next(','))
        return broken();
      auto service = in.object();
      if (!service)
        return broken();
      if (!read_service(*service, take))
        ++refused;
    }
  }
  if (!in.end())
    return broken();
  return refused;
}

} // namespace mica::discovery::gossip
