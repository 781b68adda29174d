#include "json/reader.hpp"

#include "json/numbers.hpp"
#include "json/text.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <set>
#include <utility>

namespace mica::json {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

const char* name_of(kind x) {
  switch (x) {
    case kind::object:
      return "an object";
    case kind::array:
      return "an array";
    case kind::string:
      return "a string";
    case kind::number:
      return "a number";
    case kind::boolean:
      return "true or false";
    case kind::null:
      return "null";
    case kind::end:
      return "the end of the text";
    case kind::invalid:
      break;
  }
  return "something that is no JSON";
}

bool takes_null(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE
         && field.message_type()->well_known_type() == Descriptor::WELLKNOWNTYPE_VALUE;
}

std::string fields_of(const Descriptor& type) {
  constexpr int most = 12;
  if (type.field_count() == 0)
    return "; the message has no fields";
  std::string result = "; there are: ";
  for (int i = 0; i < type.field_count() && i < most; ++i)
    result += (i > 0 ? ", " : "") + type.field(i)->name();
  return type.field_count() > most ? result + ", ..." : result;
}

} // namespace

reader::seen::seen(int fields) {
  if (fields > 64)
    many_.resize(static_cast<size_t>(fields));
}

bool reader::seen::mark(int index) {
  if (!many_.empty()) {
    auto bit = many_[static_cast<size_t>(index)];
    return !std::exchange(bit, true);
  }
  auto bit = uint64_t{1} << index;
  return !(std::exchange(few_, few_ | bit) & bit);
}

expected<void> reader::read(Message& x) {
  x.Clear();
  if (message(x) && in_.finish()) {
    if (x.IsInitialized())
      return {};
    return error{errc::invalid_argument,
                 x.GetDescriptor()->full_name()
                     + ": required fields missing: " + x.InitializationErrorString()};
  }
  return error{errc::invalid_argument,
               x.GetDescriptor()->full_name() + path_ + ": " + in_.failure()};
}

bool reader::message(Message& x) {
  auto plain =
      x.GetDescriptor()->well_known_type() == Descriptor::WELLKNOWNTYPE_UNSPECIFIED;
  return plain ? object(x) : known(x);
}

bool reader::object(Message& x, bool part_of_any) {
  if (in_.peek() != kind::object)
    return mismatch("an object");
  if (!in_.enter())
    return false;
  seen fields{x.GetDescriptor()->field_count()};
  std::string name;
  int hint = 0;
  for (bool first = true; in_.next_member(first, name);) {
    if (part_of_any && name == "@type") {
      std::string_view skipped;
      if (!in_.raw(skipped))
        return false;
      continue;
    }
    const auto* field = find(x, name, hint);
    if (!field)
      return false;
    const auto& r = *x.GetReflection();
    auto again =
        field->is_extension()
            ? field->is_repeated() ? r.FieldSize(x, field) > 0 : r.HasField(x, field)
            : !fields.mark(field->index());
    if (again)
      return in_.fail("field " + field->name() + " is there twice");
    if (!member(x, *field))
      return inside('.' + field->name());
  }
  return !in_.failed();
}

const FieldDescriptor* reader::find(const Message& x, const std::string& name,
                                    int& hint) {
  const auto& type = *x.GetDescriptor();
  auto count = type.field_count();
  // Members mostly come in the order of the .proto.
  for (int i = 0; i < count; ++i) {
    auto at = hint + i < count ? hint + i : hint + i - count;
    if (const auto* field = type.field(at); field->name() == name) {
      hint = at + 1;
      return field;
    }
  }
  for (int i = 0; i < count; ++i)
    if (const auto* field = type.field(i); field->json_name() == name)
      return field;
  if (name.size() > 2 && name.front() == '[' && name.back() == ']')
    if (const auto* field = x.GetReflection()->FindKnownExtensionByName(
            name.substr(1, name.size() - 2)))
      return field;
  in_.fail("unknown field " + shortened(name) + fields_of(type));
  return nullptr;
}

bool reader::member(Message& x, const FieldDescriptor& field) {
  auto what = in_.peek();
  if (what == kind::null && (field.is_repeated() || !takes_null(field)))
    return in_.null();
  if (const auto* choice = field.real_containing_oneof()) {
    const auto& r = *x.GetReflection();
    if (const auto* other = r.GetOneofFieldDescriptor(x, choice))
      return in_.fail("oneof " + choice->name() + " holds " + other->name()
                      + " already");
  }
  if (field.is_map())
    return map(x, field);
  return field.is_repeated() ? list(x, field) : value(x, field);
}

bool reader::list(Message& x, const FieldDescriptor& field) {
  if (in_.peek() != kind::array)
    return mismatch("an array");
  if (!in_.enter())
    return false;
  int index = 0;
  for (bool first = true; in_.next_element(first); ++index)
    if (!value(x, field))
      return inside('[' + std::to_string(index) + ']');
  return !in_.failed();
}

bool reader::map(Message& x, const FieldDescriptor& field) {
  if (in_.peek() != kind::object)
    return mismatch("an object");
  if (!in_.enter())
    return false;
  const auto& type = *field.message_type();
  std::set<std::string> keys;
  std::string name;
  for (bool first = true; in_.next_member(first, name);) {
    auto* entry = x.GetReflection()->AddMessage(&x, &field);
    if (!map_key(*entry, *type.map_key(), name))
      return false;
    if (!keys.insert(name).second)
      return in_.fail("key " + shortened(name) + " is there twice");
    if (!value(*entry, *type.map_value()))
      return inside('[' + shortened(name) + ']');
  }
  return !in_.failed();
}

bool reader::map_key(Message& entry, const FieldDescriptor& key, std::string& name) {
  const auto& r = *entry.GetReflection();
  auto as_number = [&](auto number, auto setter) {
    if (parse_number(name, number) != number_result::ok)
      return in_.fail("key " + shortened(name) + " is no " + key.type_name());
    (r.*setter)(&entry, &key, number);
    // 1 and 1.0 are the same key.
    name = std::to_string(number);
    return true;
  };
  using reflection = google::protobuf::Reflection;
  switch (key.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return as_number(int32_t{0}, &reflection::SetInt32);
    case FieldDescriptor::CPPTYPE_INT64:
      return as_number(int64_t{0}, &reflection::SetInt64);
    case FieldDescriptor::CPPTYPE_UINT32:
      return as_number(uint32_t{0}, &reflection::SetUInt32);
    case FieldDescriptor::CPPTYPE_UINT64:
      return as_number(uint64_t{0}, &reflection::SetUInt64);
    case FieldDescriptor::CPPTYPE_BOOL:
      if (name != "true" && name != "false")
        return in_.fail("key " + shortened(name) + " is neither true nor false");
      r.SetBool(&entry, &key, name == "true");
      return true;
    default: // protobuf allows no other key than a string
      r.SetString(&entry, &key, name);
      return true;
  }
}

bool reader::mismatch(const char* what) {
  return in_.fail(std::string{"expected "} + what + ", not " + name_of(in_.peek()));
}

bool reader::inside(const std::string& step) {
  path_.insert(0, step);
  return false;
}

} // namespace mica::json
