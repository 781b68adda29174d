#include "protoc/model.hpp"

#include "protoc/names.hpp"
#include "protoc/taken_names.hpp"

#include <google/protobuf/compiler/cpp/names.h>
#include <google/protobuf/descriptor.pb.h>

#include <algorithm>
#include <map>
#include <utility>

namespace mica::protoc {

namespace {

namespace pb = google::protobuf;
namespace cpp = google::protobuf::compiler::cpp;

method_kind kind_of(const pb::MethodDescriptor& method) {
  if (method.client_streaming())
    return method.server_streaming() ? method_kind::bidi_stream
                                     : method_kind::client_stream;
  return method.server_streaming() ? method_kind::server_stream : method_kind::unary;
}

// Reads the parts of one file and collects what is wrong with it.
class reader {
public:
  reader(const pb::FileDescriptor& file, std::vector<std::string>& problems)
    : file_(file),
      problems_(problems),
      taken_(names_taken_for(file)) {
    // nop
  }

  file_model read() {
    file_model result;
    result.path = file_.name();
    result.stem = cpp::StripProto(file_.name());
    result.package = file_.package();
    if (file_.service_count() > 0)
      check_package();
    for (int i = 0; i < file_.service_count(); ++i)
      result.services.push_back(read_service(*file_.service(i)));
    return result;
  }

private:
  template <class Descriptor>
  void fail(const Descriptor& where, const std::string& what) {
    auto text = file_.name() + ":";
    if (pb::SourceLocation at; where.GetSourceLocation(&at))
      text += std::to_string(at.start_line + 1) + ":"
              + std::to_string(at.start_column + 1) + ":";
    problems_.push_back(text + " " + what);
  }

  template <class Descriptor>
  static comment_lines comment_of(const Descriptor& from) {
    comment_lines result;
    pb::SourceLocation at;
    if (!from.GetSourceLocation(&at))
      return result;
    std::string_view rest =
        at.leading_comments.empty() ? at.trailing_comments : at.leading_comments;
    while (!rest.empty()) {
      auto end = std::min(rest.find('\n'), rest.size());
      auto line = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      // A backslash at the end would pull the next line into the comment.
      auto last = line.find_last_not_of(" \t\r\\");
      result.emplace_back(line.substr(0, last == line.npos ? 0 : last + 1));
    }
    while (!result.empty() && result.back().empty())
      result.pop_back();
    return result;
  }

  // protoc writes the components of a package as they are.
  void check_package() {
    std::string_view rest = file_.package();
    while (!rest.empty()) {
      auto end = std::min(rest.find('.'), rest.size());
      if (auto part = rest.substr(0, end); is_keyword(part))
        fail(*file_.service(0),
             "package " + file_.package() + ": \"" + std::string{part}
                 + "\" is a C++ keyword, and protoc's own C++ output "
                   "does not compile; rename the package");
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }

  service_model read_service(const pb::ServiceDescriptor& service) {
    service_model result;
    result.name = service.name();
    result.base = service_stem(service.name());
    result.comment = comment_of(service);
    // As Go Micro v1's generator has it.
    result.registry_name = file_.package();
    if (result.registry_name.empty()) {
      result.registry_name = service.name();
      std::transform(result.registry_name.begin(), result.registry_name.end(),
                     result.registry_name.begin(), [](char c) {
                       return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a')
                                                   : c;
                     });
    }
    take_names(result, service);
    std::map<std::string, const pb::MethodDescriptor*> methods;
    for (int i = 0; i < service.method_count(); ++i) {
      auto& method = *service.method(i);
      auto model = read_method(result, method);
      auto [first, added] = methods.emplace(model.name, &method);
      if (!added)
        fail(method, service.name() + "." + method.name() + ": clashes with "
                         + service.name() + "." + first->second->name() + ", both are "
                         + model.name + " in C++; rename one of them");
      result.methods.push_back(std::move(model));
    }
    return result;
  }

  // Says only the first clash: a pair of services would meet in every name.
  void take_names(const service_model& model, const pb::ServiceDescriptor& service) {
    bool clashed = false;
    for (auto& name : names_of_service(model.base)) {
      auto [i, added] = taken_.emplace(name, "service " + service.full_name());
      if (!added && !std::exchange(clashed, true))
        fail(service, service.name() + ": its class " + name + " clashes with "
                          + i->second + "; rename one of them");
    }
  }

  // Class members may not be named like their class either.
  static std::string method_name(const service_model& service, const std::string& rpc) {
    auto result = snake_case(rpc);
    auto classes = names_of_service(service.base);
    if (is_keyword(result) || is_common_macro(result) || is_base_member(result)
        || std::find(classes.begin(), classes.end(), result) != classes.end())
      result += '_';
    return result;
  }

  method_model read_method(const service_model& service,
                           const pb::MethodDescriptor& method) {
    method_model result;
    auto full_name = service.name + "." + method.name();
    result.name = method_name(service, method.name());
    result.rpc = method.name();
    result.endpoint = go_camel_case(service.name) + "." + method.name();
    result.comment = comment_of(method);
    result.deprecated = method.options().deprecated();
    result.kind = kind_of(method);
    check_type(method, full_name, *method.input_type());
    if (method.output_type() != method.input_type())
      check_type(method, full_name, *method.output_type());
    result.request = cpp::QualifiedClassName(method.input_type());
    result.response = cpp::QualifiedClassName(method.output_type());
    switch (method.options().idempotency_level()) {
      case pb::MethodOptions::NO_SIDE_EFFECTS:
        result.level = "no_side_effects";
        break;
      case pb::MethodOptions::IDEMPOTENT:
        result.level = "idempotent";
        break;
      default:
        result.level = "unknown";
    }
    return result;
  }

  void check_type(const pb::MethodDescriptor& method, const std::string& full_name,
                  const pb::Descriptor& type) {
    if (type.file()->options().optimize_for() == pb::FileOptions::LITE_RUNTIME)
      fail(method, full_name + ": message " + type.full_name() + " has no descriptor, "
                       + type.file()->name()
                       + " says optimize_for = LITE_RUNTIME; remove that option");
    if (is_keyword(cpp::ClassName(&type)))
      fail(method, full_name + ": message " + type.full_name()
                       + " is a C++20 keyword, and protoc's own C++ output does not "
                         "compile; rename the message");
  }

  const pb::FileDescriptor& file_;
  std::vector<std::string>& problems_;
  taken_names taken_;
};

bool is_unary(const method_model& method) {
  return method.kind == method_kind::unary;
}

} // namespace

bool service_model::has_streams() const {
  return !std::all_of(methods.begin(), methods.end(), is_unary);
}

bool service_model::has_unary() const {
  return std::any_of(methods.begin(), methods.end(), is_unary);
}

std::optional<file_model> make_model(const pb::FileDescriptor& file,
                                     std::vector<std::string>& problems) {
  auto before = problems.size();
  auto result = reader{file, problems}.read();
  if (problems.size() > before)
    return std::nullopt;
  return result;
}

} // namespace mica::protoc
