#include "json/writer.hpp"

#include "json/scanner.hpp"
#include "json/text.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace mica::json {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// `string` stands for Reflection's GetX and GetRepeatedX.
#define MICA_GET(type)                                                                 \
  (index < 0 ? r.Get##type(x, &field) : r.GetRepeated##type(x, &field, index))

void append_key(std::string& out, const FieldDescriptor& field) {
  if (field.is_extension()) {
    append_string(out, '[' + field.full_name() + ']');
  } else {
    // An identifier: nothing to escape.
    out += '"';
    out += field.name();
    out += '"';
  }
  out += ':';
}

std::string map_key(const Message& entry, const FieldDescriptor& key) {
  const auto& r = *entry.GetReflection();
  switch (key.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return std::to_string(r.GetInt32(entry, &key));
    case FieldDescriptor::CPPTYPE_INT64:
      return std::to_string(r.GetInt64(entry, &key));
    case FieldDescriptor::CPPTYPE_UINT32:
      return std::to_string(r.GetUInt32(entry, &key));
    case FieldDescriptor::CPPTYPE_UINT64:
      return std::to_string(r.GetUInt64(entry, &key));
    case FieldDescriptor::CPPTYPE_BOOL:
      return r.GetBool(entry, &key) ? "true" : "false";
    default: // protobuf allows no other key
      return r.GetString(entry, &key);
  }
}

} // namespace

expected<void> writer::write(const Message& x) {
  if (message(x))
    return {};
  return error{errc::invalid_argument, std::move(failure_)};
}

bool writer::message(const Message& x) {
  if (++depth_ > max_depth)
    return fail(x, "nested deeper than " + std::to_string(max_depth) + " levels");
  auto plain =
      x.GetDescriptor()->well_known_type() == Descriptor::WELLKNOWNTYPE_UNSPECIFIED;
  auto ok = plain ? object(x) : known(x);
  --depth_;
  return ok;
}

bool writer::object(const Message& x) {
  out_ += '{';
  if (!members(x, true))
    return false;
  out_ += '}';
  return true;
}

bool writer::members(const Message& x, bool first) {
  const auto& r = *x.GetReflection();
  const auto& type = *x.GetDescriptor();
  auto one = [&](const FieldDescriptor& field) {
    if (!std::exchange(first, false))
      out_ += ',';
    append_key(out_, field);
    return member(x, field);
  };
  // In the order of the .proto, as Go's struct has it; ListFields sorts by number.
  for (int i = 0; i < type.field_count(); ++i) {
    const auto& field = *type.field(i);
    auto set = field.is_repeated() ? r.FieldSize(x, &field) > 0 : r.HasField(x, &field);
    if (set && !one(field))
      return false;
  }
  if (type.extension_range_count() == 0)
    return true;
  std::vector<const FieldDescriptor*> fields;
  r.ListFields(x, &fields);
  for (const auto* field : fields)
    if (field->is_extension() && !one(*field))
      return false;
  return true;
}

bool writer::member(const Message& x, const FieldDescriptor& field) {
  if (field.is_map())
    return map(x, field);
  return field.is_repeated() ? list(x, field) : value(x, field, -1);
}

bool writer::list(const Message& x, const FieldDescriptor& field) {
  auto size = x.GetReflection()->FieldSize(x, &field);
  out_ += '[';
  for (int i = 0; i < size; ++i) {
    if (i > 0)
      out_ += ',';
    if (!value(x, field, i))
      return false;
  }
  out_ += ']';
  return true;
}

bool writer::map(const Message& x, const FieldDescriptor& field) {
  const auto& r = *x.GetReflection();
  const auto& entry = *field.message_type();
  std::vector<std::pair<std::string, const Message*>> entries;
  for (int i = 0; i < r.FieldSize(x, &field); ++i) {
    const auto& one = r.GetRepeatedMessage(x, &field, i);
    entries.emplace_back(map_key(one, *entry.map_key()), &one);
  }
  std::sort(entries.begin(), entries.end());
  out_ += '{';
  bool first = true;
  for (const auto& [key, one] : entries) {
    if (!std::exchange(first, false))
      out_ += ',';
    append_string(out_, key);
    out_ += ':';
    if (!value(*one, *entry.map_value(), -1))
      return false;
  }
  out_ += '}';
  return true;
}

bool writer::value(const Message& x, const FieldDescriptor& field, int index) {
  const auto& r = *x.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      append_number(out_, static_cast<int64_t>(MICA_GET(Int32)));
      break;
    case FieldDescriptor::CPPTYPE_INT64:
      append_number(out_, static_cast<int64_t>(MICA_GET(Int64)));
      break;
    case FieldDescriptor::CPPTYPE_UINT32:
      append_number(out_, static_cast<uint64_t>(MICA_GET(UInt32)));
      break;
    case FieldDescriptor::CPPTYPE_UINT64:
      append_number(out_, static_cast<uint64_t>(MICA_GET(UInt64)));
      break;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      append_number(out_, MICA_GET(Double));
      break;
    case FieldDescriptor::CPPTYPE_FLOAT:
      append_number(out_, MICA_GET(Float));
      break;
    case FieldDescriptor::CPPTYPE_BOOL:
      out_ += MICA_GET(Bool) ? "true" : "false";
      break;
    case FieldDescriptor::CPPTYPE_ENUM:
      if (field.enum_type()->full_name() == "google.protobuf.NullValue")
        out_ += "null";
      else
        append_number(out_, static_cast<int64_t>(MICA_GET(EnumValue)));
      break;
    case FieldDescriptor::CPPTYPE_STRING: {
      const auto& text =
          index < 0 ? r.GetStringReference(x, &field, &scratch_)
                    : r.GetRepeatedStringReference(x, &field, index, &scratch_);
      if (field.type() == FieldDescriptor::TYPE_BYTES) {
        out_ += '"';
        append_base64(out_, text);
        out_ += '"';
      } else {
        append_string(out_, text);
      }
      break;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return message(MICA_GET(Message));
  }
  return true;
}

bool writer::fail(const Message& x, const std::string& what) {
  failure_ = x.GetDescriptor()->full_name() + ": " + what;
  return false;
}

#undef MICA_GET

} // namespace mica::json
