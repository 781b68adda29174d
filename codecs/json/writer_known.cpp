// google.protobuf's own types, by protobuf's JSON mapping.

#include "json/known.hpp"
#include "json/text.hpp"
#include "json/writer.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/util/time_util.h>

#include <cmath>
#include <memory>

namespace mica::json {

namespace {

namespace pb = google::protobuf;

using pb::Descriptor;
using pb::FieldDescriptor;
using pb::Message;
using pb::util::TimeUtil;

// Seconds and nanoseconds of a Timestamp or Duration, whoever generated it.
template <class Time>
Time time_of(const Message& x) {
  Time result;
  const auto& type = *x.GetDescriptor();
  const auto& r = *x.GetReflection();
  result.set_seconds(r.GetInt64(x, type.FindFieldByNumber(1)));
  result.set_nanos(r.GetInt32(x, type.FindFieldByNumber(2)));
  return result;
}

template <class Time>
bool in_range(const Time& x, int64_t min, int64_t max) {
  return x.seconds() >= min && x.seconds() <= max && x.nanos() > -1'000'000'000
         && x.nanos() < 1'000'000'000;
}

} // namespace

bool writer::known(const Message& x) {
  const auto& type = *x.GetDescriptor();
  switch (type.well_known_type()) {
    case Descriptor::WELLKNOWNTYPE_ANY:
      return any(x);
    case Descriptor::WELLKNOWNTYPE_TIMESTAMP:
      return time(x);
    case Descriptor::WELLKNOWNTYPE_DURATION:
      return duration(x);
    case Descriptor::WELLKNOWNTYPE_FIELDMASK:
      return field_mask(x);
    case Descriptor::WELLKNOWNTYPE_VALUE:
      return json_value(x);
    case Descriptor::WELLKNOWNTYPE_STRUCT:
      return map(x, *type.FindFieldByNumber(1));
    case Descriptor::WELLKNOWNTYPE_LISTVALUE:
      return list(x, *type.FindFieldByNumber(1));
    default:
      return is_wrapper(type) ? value(x, *type.FindFieldByNumber(1), -1) : object(x);
  }
}

bool writer::any(const Message& x) {
  const auto& type = *x.GetDescriptor();
  const auto& r = *x.GetReflection();
  auto url = r.GetString(x, type.FindFieldByNumber(1));
  auto bytes = r.GetString(x, type.FindFieldByNumber(2));
  if (url.empty() && bytes.empty()) {
    out_ += "{}";
    return true;
  }
  const auto* prototype = prototype_of(url);
  if (!prototype)
    return fail(x, "this program has no type for " + url);
  std::unique_ptr<Message> content{prototype->New()};
  if (!content->ParsePartialFromString(bytes))
    return fail(x, "its value is no " + url);
  out_ += "{\"@type\":";
  append_string(out_, url);
  if (content->GetDescriptor()->well_known_type()
      == Descriptor::WELLKNOWNTYPE_UNSPECIFIED) {
    if (!members(*content, false))
      return false;
  } else {
    out_ += ",\"value\":";
    if (!message(*content))
      return false;
  }
  out_ += '}';
  return true;
}

bool writer::time(const Message& x) {
  auto value = time_of<pb::Timestamp>(x);
  if (!in_range(value, TimeUtil::kTimestampMinSeconds, TimeUtil::kTimestampMaxSeconds)
      || value.nanos() < 0)
    return fail(x, "outside of the years 1 to 9999");
  out_ += '"';
  out_ += TimeUtil::ToString(value);
  out_ += '"';
  return true;
}

bool writer::duration(const Message& x) {
  auto value = time_of<pb::Duration>(x);
  if (!in_range(value, TimeUtil::kDurationMinSeconds, TimeUtil::kDurationMaxSeconds)
      || (value.seconds() > 0 && value.nanos() < 0)
      || (value.seconds() < 0 && value.nanos() > 0))
    return fail(x, "longer than 10000 years, or with parts of both signs");
  out_ += '"';
  out_ += TimeUtil::ToString(value);
  out_ += '"';
  return true;
}

bool writer::field_mask(const Message& x) {
  const auto& paths = *x.GetDescriptor()->FindFieldByNumber(1);
  const auto& r = *x.GetReflection();
  std::string text;
  for (int i = 0; i < r.FieldSize(x, &paths); ++i) {
    if (i > 0)
      text += ',';
    text += to_camel_case(r.GetRepeatedString(x, &paths, i));
  }
  append_string(out_, text);
  return true;
}

bool writer::json_value(const Message& x) {
  const auto& r = *x.GetReflection();
  const auto* field = r.GetOneofFieldDescriptor(x, x.GetDescriptor()->oneof_decl(0));
  if (!field) {
    out_ += "null";
    return true;
  }
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE
      && !std::isfinite(r.GetDouble(x, field)))
    return fail(x, "NaN and infinity are no JSON numbers");
  return value(x, *field, -1);
}

} // namespace mica::json
