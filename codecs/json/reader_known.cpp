// google.protobuf's own types.

#include "json/known.hpp"
#include "json/reader.hpp"
#include "json/text.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/util/time_util.h>

#include <memory>
#include <utility>

namespace mica::json {

namespace {

namespace pb = google::protobuf;

using pb::Descriptor;
using pb::Message;
using pb::util::TimeUtil;

template <class Time>
bool parse_time(const std::string& text, Message& x) {
  Time parsed;
  if (!TimeUtil::FromString(text, &parsed))
    return false;
  const auto& type = *x.GetDescriptor();
  const auto& r = *x.GetReflection();
  r.SetInt64(&x, type.FindFieldByNumber(1), parsed.seconds());
  r.SetInt32(&x, type.FindFieldByNumber(2), parsed.nanos());
  return true;
}

} // namespace

bool reader::known(Message& x) {
  const auto& type = *x.GetDescriptor();
  auto what = in_.peek();
  switch (type.well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_ANY:
      return any(x);
    case Descriptor::WELLKNOWNTYPE_TIMESTAMP:
    case Descriptor::WELLKNOWNTYPE_DURATION:
      return what == kind::object ? object(x) : time(x);
    case Descriptor::WELLKNOWNTYPE_FIELDMASK:
      return what == kind::object ? object(x) : field_mask(x);
    case Descriptor::WELLKNOWNTYPE_VALUE:
      return json_value(x);
    case Descriptor::WELLKNOWNTYPE_STRUCT:
      return map(x, *type.FindFieldByNumber(1));
    case Descriptor::WELLKNOWNTYPE_LISTVALUE:
      return list(x, *type.FindFieldByNumber(1));
    default:
      break;
  }
  if (is_wrapper(type) && what != kind::object)
    return value(x, *type.FindFieldByNumber(1));
  return object(x);
}

bool reader::time(Message& x) {
  std::string written;
  auto is_time =
      x.GetDescriptor()->well_known_type() == Descriptor::WELLKNOWNTYPE_TIMESTAMP;
  if (!text(written, is_time ? "a time such as \"2020-01-31T10:00:00Z\""
                             : "a duration such as \"1.5s\""))
    return false;
  if (is_time ? parse_time<pb::Timestamp>(written, x)
              : parse_time<pb::Duration>(written, x))
    return true;
  return in_.fail(shortened(written)
                  + (is_time ? " is no time such as 2020-01-31T10:00:00Z"
                             : " is no duration such as 1.5s"));
}

bool reader::field_mask(Message& x) {
  std::string written;
  if (!text(written, "a string of field paths"))
    return false;
  const auto& paths = *x.GetDescriptor()->FindFieldByNumber(1);
  std::string_view rest = written;
  while (!rest.empty()) {
    auto comma = rest.find(',');
    x.GetReflection()->AddString(&x, &paths, to_snake_case(rest.substr(0, comma)));
    rest.remove_prefix(comma == rest.npos ? rest.size() : comma + 1);
  }
  return true;
}

bool reader::json_value(Message& x) {
  const auto& type = *x.GetDescriptor();
  const auto& r = *x.GetReflection();
  // The numbers of google/protobuf/struct.proto.
  switch (in_.peek()) {
    case kind::null:
      r.SetEnumValue(&x, type.FindFieldByNumber(1), 0);
      return in_.null();
    case kind::number: {
      return value(x, *type.FindFieldByNumber(2));
    }
    case kind::string:
      return value(x, *type.FindFieldByNumber(3));
    case kind::boolean:
      return value(x, *type.FindFieldByNumber(4));
    case kind::object:
      return value(x, *type.FindFieldByNumber(5));
    case kind::array:
      return value(x, *type.FindFieldByNumber(6));
    default:
      return mismatch("a value");
  }
}

bool reader::any(Message& x) {
  if (in_.peek() != kind::object)
    return mismatch("an object with a member @type");
  // The type may stand behind what it is the type of.
  auto begin = in_;
  std::string url;
  if (!any_type(url))
    return false;
  std::swap(in_, begin);
  const auto& type = *x.GetDescriptor();
  if (url.empty())
    return object(x, true);
  const auto* prototype = prototype_of(url);
  if (!prototype)
    return in_.fail("this program has no type for @type " + shortened(url));
  std::unique_ptr<Message> content{prototype->New()};
  auto plain = content->GetDescriptor()->well_known_type()
               == Descriptor::WELLKNOWNTYPE_UNSPECIFIED;
  if (!(plain ? object(*content, true) : any_value(*content)))
    return false;
  const auto& r = *x.GetReflection();
  r.SetString(&x, type.FindFieldByNumber(1), std::move(url));
  r.SetString(&x, type.FindFieldByNumber(2), content->SerializePartialAsString());
  return true;
}

bool reader::any_type(std::string& url) {
  std::string name;
  std::string_view skipped;
  if (!in_.enter())
    return false;
  for (bool first = true; in_.next_member(first, name);) {
    if (name != "@type") {
      if (!in_.raw(skipped))
        return false;
      continue;
    }
    in_.peek();
    return text(url, "the type of the Any as a string");
  }
  return !in_.failed();
}

bool reader::any_value(Message& content) {
  std::string name;
  std::string_view skipped;
  if (!in_.enter())
    return false;
  bool seen_value = false;
  for (bool first = true; in_.next_member(first, name);) {
    if (name == "@type") {
      if (!in_.raw(skipped))
        return false;
    } else if (name != "value") {
      return in_.fail("unknown field " + shortened(name)
                      + "; an Any of this type has @type and value");
    } else if (std::exchange(seen_value, true)) {
      return in_.fail("value is there twice");
    } else if (!message(content)) {
      return inside(".value");
    }
  }
  return !in_.failed();
}

} // namespace mica::json
