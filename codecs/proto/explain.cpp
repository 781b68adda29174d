#include "proto/explain.hpp"

#include "proto/wire.hpp"

#include <google/protobuf/descriptor.h>

namespace mica::proto {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// Where protobuf itself gives up.
constexpr int max_depth = 100;

class search {
public:
  // True if something is wrong; the text then says what. `base` is the offset of
  // `text` in the body.
  bool message(std::string_view text, size_t base, const Descriptor* type, int depth) {
    if (depth > max_depth)
      return too_deep(base);
    wire_cursor in{text};
    while (!in.done()) {
      auto begin = base + in.position();
      auto found = in.field();
      if (!found)
        return fail(begin, "no field can begin here");
      const auto* field =
          type ? type->FindFieldByNumber(static_cast<int>(found->number)) : nullptr;
      if (value(in, begin, base, *found, field, depth))
        return true;
    }
    return false;
  }

  std::string take() {
    return std::move(text_);
  }

private:
  bool value(wire_cursor& in, size_t begin, size_t base, tag found,
             const FieldDescriptor* field, int depth) {
    auto name =
        field ? "field " + field->name() + " (" + std::to_string(found.number) + ')'
              : "unknown field " + std::to_string(found.number);
    switch (found.type) {
      case wire_type::varint:
        return !in.varint() && fail(begin, name + " ends within its number");
      case wire_type::fixed64:
        return !in.bytes(8) && fail(begin, name + wants(8, in.left()));
      case wire_type::fixed32:
        return !in.bytes(4) && fail(begin, name + wants(4, in.left()));
      case wire_type::bytes: {
        auto size = in.varint();
        if (!size)
          return fail(begin, name + " ends within its length");
        auto at = base + in.position();
        auto content = in.bytes(*size);
        if (!content)
          return fail(begin, name + wants(*size, in.left()));
        if (!field || field->type() != FieldDescriptor::TYPE_MESSAGE)
          return false;
        if (!message(*content, at, field->message_type(), depth + 1))
          return false;
        text_ += ", inside " + name;
        return true;
      }
      case wire_type::group:
        return group(in, base, found.number, depth + 1);
      case wire_type::end_group:
        break;
    }
    return fail(begin, name + " ends a group that did not begin");
  }

  bool group(wire_cursor& in, size_t base, uint32_t number, int depth) {
    auto name = "group " + std::to_string(number);
    if (depth > max_depth)
      return too_deep(base + in.position());
    while (!in.done()) {
      auto begin = base + in.position();
      auto found = in.field();
      if (!found)
        return fail(begin, "no field can begin here, inside " + name);
      if (found->type == wire_type::end_group && found->number == number)
        return false;
      if (value(in, begin, base, *found, nullptr, depth))
        return true;
    }
    return fail(base + in.position(), name + " does not end");
  }

  bool too_deep(size_t at) {
    return fail(at, "nested deeper than " + std::to_string(max_depth) + " messages");
  }

  static std::string wants(uint64_t size, size_t left) {
    return " wants " + std::to_string(size) + " bytes, " + std::to_string(left)
           + " are left";
  }

  bool fail(size_t at, const std::string& what) {
    text_ = "at byte " + std::to_string(at) + ": " + what;
    return true;
  }

  std::string text_;
};

} // namespace

std::string explain(std::string_view body, const Descriptor& message) {
  search s;
  return s.message(body, 0, &message, 1) ? s.take() : std::string{};
}

} // namespace mica::proto
