// Scalars: what JSON calls a number or a string and protobuf an int32, a bytes, ...

#include "json/numbers.hpp"
#include "json/reader.hpp"
#include "json/text.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <cmath>
#include <utility>

namespace mica::json {

namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

} // namespace

#define MICA_SET(type, argument)                                                       \
  (field.is_repeated() ? r.Add##type(&x, &field, argument)                             \
                       : r.Set##type(&x, &field, argument))

bool reader::value(Message& x, const FieldDescriptor& field) {
  const auto& r = *x.GetReflection();
  auto set_number = [&](auto number, auto set, auto add) {
    if (!this->number(number))
      return false;
    (r.*(field.is_repeated() ? add : set))(&x, &field, number);
    return true;
  };
  using reflection = google::protobuf::Reflection;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return set_number(int32_t{0}, &reflection::SetInt32, &reflection::AddInt32);
    case FieldDescriptor::CPPTYPE_INT64:
      return set_number(int64_t{0}, &reflection::SetInt64, &reflection::AddInt64);
    case FieldDescriptor::CPPTYPE_UINT32:
      return set_number(uint32_t{0}, &reflection::SetUInt32, &reflection::AddUInt32);
    case FieldDescriptor::CPPTYPE_UINT64:
      return set_number(uint64_t{0}, &reflection::SetUInt64, &reflection::AddUInt64);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return set_number(double{0}, &reflection::SetDouble, &reflection::AddDouble);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return set_number(float{0}, &reflection::SetFloat, &reflection::AddFloat);
    case FieldDescriptor::CPPTYPE_BOOL: {
      bool truth = false;
      if (!flag(truth))
        return false;
      MICA_SET(Bool, truth);
      return true;
    }
    case FieldDescriptor::CPPTYPE_ENUM: {
      int number = 0;
      if (!enumerator(field, number))
        return false;
      MICA_SET(EnumValue, number);
      return true;
    }
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string content;
      if (field.type() != FieldDescriptor::TYPE_BYTES) {
        if (!text(content, "a string"))
          return false;
        MICA_SET(String, std::move(content));
        return true;
      }
      if (!text(content, "a string in base64"))
        return false;
      auto bytes = parse_base64(content);
      if (!bytes)
        return in_.fail("not base64");
      MICA_SET(String, std::move(*bytes));
      return true;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return message(field.is_repeated() ? *r.AddMessage(&x, &field)
                                         : *r.MutableMessage(&x, &field));
  }
  return false;
}

#undef MICA_SET

template <class Number>
bool reader::number(Number& out) {
  constexpr auto is_real = std::is_floating_point_v<Number>;
  std::string_view digits;
  std::string quoted;
  switch (in_.peek()) {
    case kind::number:
      if (!in_.number(digits))
        return false;
      break;
    case kind::string:
      if (!in_.string(quoted))
        return false;
      digits = quoted;
      break;
    default:
      return mismatch("a number");
  }
  if constexpr (is_real) {
    constexpr auto infinity = std::numeric_limits<Number>::infinity();
    if (quoted == "NaN")
      return out = std::numeric_limits<Number>::quiet_NaN(), true;
    if (quoted == "Infinity" || quoted == "-Infinity")
      return out = quoted.front() == '-' ? -infinity : infinity, true;
  }
  switch (parse_number(digits, out)) {
    case number_result::ok:
      return true;
    case number_result::no_number:
      return in_.fail(shortened(digits) + " is no number");
    case number_result::not_integral:
      return in_.fail(shortened(digits) + " is no integer");
    case number_result::out_of_range:
      break;
  }
  return in_.fail(shortened(digits) + " is out of the range of "
                  + (is_real ? "a floating point number of " : "an integer of ")
                  + std::to_string(8 * sizeof(Number)) + " bits");
}

bool reader::text(std::string& out, const char* what) {
  return in_.peek() == kind::string ? in_.string(out) : mismatch(what);
}

bool reader::flag(bool& out) {
  return in_.peek() == kind::boolean ? in_.boolean(out) : mismatch("true or false");
}

bool reader::enumerator(const FieldDescriptor& field, int& out) {
  const auto& type = *field.enum_type();
  if (in_.peek() == kind::number)
    return number(out);
  std::string name;
  if (!text(name, "the name or number of an enum value"))
    return false;
  const auto* found = type.FindValueByName(name);
  if (!found)
    return in_.fail("enum " + type.name() + " has no value " + shortened(name));
  out = found->number();
  return true;
}

} // namespace mica::json
