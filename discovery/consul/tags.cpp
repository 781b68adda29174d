#include "consul/tags.hpp"

#include "records/json_reader.hpp"
#include "records/json_text.hpp"

#include <utility>

namespace mica::discovery::consul {

namespace {

// Bytes after inflating. Go Micro's endpoints are three levels deep; the largest seen
// has 2 KiB.
constexpr size_t label_limit = 64 * 1024;
constexpr size_t endpoint_limit = 512 * 1024;
constexpr size_t version_limit = 1024;

std::optional<labels> parse_labels(const std::string& text, std::string& why) {
  auto parsed = parse_json(text, why);
  if (!parsed)
    return std::nullopt;
  if (!parsed->is_object()) {
    why = "not a JSON object";
    return std::nullopt;
  }
  labels result;
  for (const auto& [key, value] : parsed->items()) {
    auto content = value.get_ptr<const std::string*>();
    if (!content) {
      why = "the value of \"" + key + "\" is no text";
      return std::nullopt;
    }
    result.insert_or_assign(key, *content);
  }
  return result;
}

std::optional<std::string> parse_version(const std::string& text, std::string& why) {
  if (text.size() > version_limit) {
    why = "a version of more than " + std::to_string(version_limit) + " bytes";
    return std::nullopt;
  }
  return text;
}

/// Collects the values of one kind of tag; `parse` turns text into a value.
template <class T>
class collector {
public:
  using parser = std::optional<T> (*)(const std::string&, std::string&);

  collector(char kind, size_t limit, parser parse)
    : kind_(kind),
      limit_(limit),
      parse_(parse) {
    // nop
  }

  /// @returns whether the tag is of this kind.
  bool take(std::string_view tag, ignored_input& ignored) {
    if (tag.size() < 2 || tag[0] != kind_ || (tag[1] != '-' && tag[1] != '='))
      return false;
    if (form_ != 0 && form_ != tag[1])
      return true;
    std::string why;
    if (auto value = read(tag, why)) {
      form_ = tag[1];
      values.push_back(std::move(*value));
    } else {
      std::string shown{tag};
      shorten(shown, 32);
      ignored.add("tag " + shown + ": " + why);
    }
    return true;
  }

  std::vector<T> values;

private:
  std::optional<T> read(std::string_view tag, std::string& why) const {
    auto content = tag.substr(2);
    if (tag[1] == '=') {
      if (content.size() <= limit_)
        return parse_(std::string{content}, why);
      why = "more than " + std::to_string(limit_) + " bytes";
      return std::nullopt;
    }
    auto text = from_hex_zlib(content, limit_, why);
    return text ? parse_(*text, why) : std::nullopt;
  }

  char kind_;
  /// `-` or `=` once a tag has been read, else 0.
  char form_ = 0;
  size_t limit_;
  parser parse_;
};

} // namespace

std::vector<std::string> encode_tags(const service_record& service, const node& x) {
  std::vector<std::string> tags;
  tags.reserve(x.metadata.size() + service.endpoints.size() + 1);
  for (const auto& label : x.metadata) {
    std::string text;
    append_labels(text, labels{label}, "null");
    tags.push_back("t-" + to_hex_zlib(text));
  }
  for (const auto& offered : service.endpoints)
    tags.push_back("e-" + to_hex_zlib(to_json(offered)));
  tags.push_back("v-" + to_hex_zlib(service.version));
  return tags;
}

tag_contents decode_tags(std::span<const std::string> tags) {
  tag_contents result;
  collector<labels> found_labels{'t', label_limit, parse_labels};
  collector<endpoint> found_endpoints{'e', endpoint_limit, parse_endpoint};
  collector<std::string> found_versions{'v', version_limit, parse_version};
  for (const auto& tag : tags) {
    if (!found_labels.take(tag, result.ignored)
        && !found_endpoints.take(tag, result.ignored))
      found_versions.take(tag, result.ignored);
  }
  for (auto& found : found_labels.values)
    for (auto& [key, value] : found)
      result.metadata.insert_or_assign(key, std::move(value));
  result.endpoints = std::move(found_endpoints.values);
  if (!found_versions.values.empty())
    result.version = std::move(found_versions.values.front());
  return result;
}

} // namespace mica::discovery::consul
