#include "contract/registry_samples.hpp"

namespace mica::test::registry_samples {

using namespace mica::discovery;

namespace {

value message(const std::string& type, std::vector<value> fields) {
  return {type, type, std::move(fields)};
}

endpoint hello(const std::string& name) {
  return {name,
          message("HelloRequest", {{"name", "string", {}}}),
          message("HelloResponse", {{"greeting", "string", {}}}),
          {}};
}

std::string padded(size_t number) {
  auto text = std::to_string(number);
  return std::string(5 - text.size(), '0') + text;
}

} // namespace

service_record greeter(const std::string& name) {
  return {name,
          "latest",
          {},
          {hello("Greeter.Hello")},
          {{name + "-1",
            "127.0.0.1:50137",
            {{"protocol", "mucp"}, {"server", "mucp"}, {"transport", "http"}}}}};
}

service_record with_node(const std::string& name, const std::string& version,
                         const std::string& id) {
  auto port = 1024 + static_cast<unsigned char>(id.front());
  return {
      name,
      version,
      {},
      {},
      {{name + '-' + id, "127.0.0.1:" + std::to_string(port), {{"protocol", "mucp"}}}}};
}

service_record large(const std::string& name, size_t nodes, size_t endpoints) {
  service_record result{name, "latest", {}, {}, {}};
  for (size_t i = 0; i < endpoints; ++i)
    result.endpoints.push_back(hello("Greeter.Method" + padded(i)));
  for (size_t i = 0; i < nodes; ++i)
    result.nodes.push_back(
        {name + '-' + padded(i),
         "10.0." + std::to_string(i / 256) + '.' + std::to_string(i % 256) + ":8080",
         {{"protocol", "mucp"}, {"zone", padded(i % 7)}}});
  return result;
}

labels odd_labels() {
  return {{"quote", "say \"hi\" \\ there"},
          {"lines", "one\ntwo\r\n\tthree"},
          {"markup", "<a href='x'>&amp;</a>"},
          {"gr\u00fc\u00dfe", "\u4f60\u597d \U0001f600 \u2028"},
          {"empty", ""},
          {"long", std::string(300, 'x')},
          {"a=b,c;d", "v=1.0"},
          {"t", "e"}};
}

std::vector<endpoint> odd_endpoints() {
  auto item =
      value{"items",
            "[]Item",
            {{"name", "string", {}},
             {"price", "Price", {{"units", "int64", {}}, {"unit", "string", {}}}}}};
  return {{"Shop.Buy",
           message("Order", {item, {"note", "string", {}}}),
           message("Receipt", {{"total", "double", {}}}),
           {{"description", "buys <things> & \"more\""}}},
          {"Shop.Empty", message("Empty", {}), message("Empty", {}), {}},
          {"Shop.Watch",
           {"Context", "Context", {}},
           {"Stream", "Stream", {}},
           {{"stream", "true"}}},
          {"Shop.On",
           message("Event", {{"id", "string", {}}}),
           {},
           {{"subscriber", "true"}, {"topic", "events"}}}};
}

} // namespace mica::test::registry_samples
