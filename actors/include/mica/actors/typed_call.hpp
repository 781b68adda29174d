// The messages of generated actor interfaces. Needs CAF; x.mica.hpp does not.

#pragma once

#include "mica/codecs/endpoint.hpp"

#include <caf/detail/stringification_inspector.hpp>
#include <caf/error.hpp>
#include <caf/make_message.hpp>
#include <caf/message.hpp>
#include <caf/meta/load_callback.hpp>
#include <caf/meta/type_name.hpp>
#include <caf/sec.hpp>
#include <caf/type_erased_tuple.hpp>

#include <google/protobuf/message.h>

#include <initializer_list>
#include <optional>
#include <string>
#include <type_traits>
#include <typeindex>
#include <typeinfo>
#include <unordered_map>
#include <vector>

namespace google::protobuf {

/// Makes every generated message an element of CAF messages. It stands in this
/// namespace because lookup by argument visits those of base classes: one template
/// serves every class of every package.
template <class Inspector, class T>
std::enable_if_t<std::is_base_of_v<Message, T>, typename Inspector::result_type>
inspect(Inspector& f, T& x) {
  std::string text;
  if constexpr (std::is_same_v<Inspector, caf::detail::stringification_inspector>) {
    text = x.GetTypeName() + "{" + x.ShortDebugString() + "}";
    return f(text);
  } else if constexpr (Inspector::reads_state) {
    if (!x.SerializeToString(&text))
      return caf::make_error(caf::sec::runtime_error,
                             "protobuf: " + x.GetTypeName() + " can't be serialized");
    return f(text);
  } else {
    auto parse = [&]() -> caf::error {
      if (x.ParseFromString(text))
        return caf::none;
      return caf::make_error(caf::sec::runtime_error,
                             "protobuf: these bytes are no " + x.GetTypeName());
    };
    return f(text, caf::meta::load_callback(parse));
  }
}

} // namespace google::protobuf

namespace mica {

/// A request of one method. The type tells methods apart that take the same message;
/// generated code names it `greeter_methods::hello::call`.
template <class Method, class Request>
struct typed_call {
  Request request;
};

template <class Inspector, class Method, class Request>
typename Inspector::result_type inspect(Inspector& f, typed_call<Method, Request>& x) {
  return f(caf::meta::type_name("call"), x.request);
}

/// How an actor that does not know the types handles one kind of `typed_call`.
struct typed_method {
  /// Null for a method with a stream: no single message calls it.
  const std::type_info* element = nullptr;
  /// Returns the request inside such an element.
  const google::protobuf::Message* (*request)(const void* element) = nullptr;
  /// Makes the answer of a response of the method's type: a copy.
  caf::message (*response)(const google::protobuf::Message& response) = nullptr;
};

template <class Call, class Response>
typed_method make_typed_method() {
  return {
      &typeid(Call),
      [](const void* element) -> const google::protobuf::Message* {
        return &static_cast<const Call*>(element)->request;
      },
      [](const google::protobuf::Message& response) {
        return caf::make_message(static_cast<const Response&>(response));
      },
  };
}

/// The methods of a service as actor messages, for an actor whose behavior is not
/// typed: two hundred typed handlers would take a compiler minutes. Lives as long as
/// the program; immutable.
class typed_method_table {
public:
  /// @param methods in the order of the descriptor.
  typed_method_table(const service_descriptor& service,
                     std::initializer_list<typed_method> methods)
    : service_(&service),
      methods_(methods) {
    numbers_.reserve(methods_.size());
    for (size_t i = 0; i < methods_.size(); ++i)
      if (methods_[i].element)
        numbers_.emplace(*methods_[i].element, i);
  }

  const service_descriptor& service() const noexcept {
    return *service_;
  }

  /// @pre `number` is what `find` returned.
  const typed_method& operator[](size_t number) const noexcept {
    return methods_[number];
  }

  size_t size() const noexcept {
    return methods_.size();
  }

  /// Returns the number of the method that `content` calls; nothing if it is no call
  /// of this service. Then `content.get(0)` is the element.
  std::optional<size_t> find(const caf::type_erased_tuple& content) const {
    if (content.size() != 1)
      return std::nullopt;
    // Null for CAF's own types.
    auto* type = content.type(0).second;
    if (!type)
      return std::nullopt;
    auto i = numbers_.find(*type);
    if (i == numbers_.end())
      return std::nullopt;
    return i->second;
  }

private:
  const service_descriptor* service_;
  std::vector<typed_method> methods_;
  std::unordered_map<std::type_index, size_t> numbers_;
};

} // namespace mica
