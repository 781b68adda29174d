#define CAF_SUITE protoc_generator

#include "memory_protoc.hpp"

#include <caf/test/unit_test.hpp>

using namespace mica::test;

namespace {

constexpr auto message = "message M {}\n";

std::string service(const std::string& methods) {
  return message + ("service S {\n" + methods + "\n}\n");
}

} // namespace

CAF_TEST(a file becomes three files beside those of protoc) {
  auto result = generate({{"dir/x.proto", "syntax = \"proto3\";\nmessage M {}\n"
                                          "service S { rpc A(M) returns (M); }\n"}});
  CAF_REQUIRE_EQUAL(result.syntax_errors + result.error, "");
  CAF_REQUIRE_EQUAL(result.files.size(), 3u);
  CAF_CHECK(result.files["dir/x.mica.hpp"].find("#include \"dir/x.pb.h\"\n")
            != std::string::npos);
  CAF_CHECK(result.files["dir/x.mica.cpp"].find("#include \"dir/x.mica.hpp\"\n")
            != std::string::npos);
  CAF_CHECK(result.files["dir/x.mica_actor.hpp"].find("#include \"dir/x.mica.hpp\"\n")
            != std::string::npos);
  CAF_CHECK_EQUAL(result.files["dir/x.mica.hpp"].find("caf/"), std::string::npos);
}

CAF_TEST(a service pulls the description of its file into the program) {
  auto result = generate({{"my-dir/x.proto", "syntax = \"proto3\";\nmessage M {}\n"
                                             "service S { rpc A(M) returns (M); }\n"}});
  CAF_REQUIRE_EQUAL(result.syntax_errors + result.error, "");
  CAF_CHECK(result.files["my-dir/x.mica.cpp"].find(
                "&::descriptor_table_my_2ddir_2fx_2eproto;\n")
            != std::string::npos);
}

CAF_TEST(each kind of stream has its own signature in handler and client) {
  auto text = "syntax = \"proto3\";\npackage p;\n"
              + service("rpc Chat(stream M) returns (stream N);\n"
                        "rpc Up(stream M) returns (N);\n"
                        "rpc Down(M) returns (stream N);\n")
              + "message N {}\n";
  auto result = generate({{"x.proto", text}});
  CAF_REQUIRE_EQUAL(result.syntax_errors + result.error, "");
  const auto& header = result.files["x.mica.hpp"];
  auto has = [&](const std::string& what) {
    return header.find(what) != std::string::npos;
  };
  CAF_CHECK(has("  virtual ::mica::task\n  chat(::mica::context& call,\n"
                "      ::mica::stream<::p::M, ::p::N> peer) = 0;\n"));
  CAF_CHECK(has("  virtual ::mica::task\n  up(::mica::context& call,\n"
                "      ::mica::stream<::p::M, ::p::N> peer) = 0;\n"));
  CAF_CHECK(has("  virtual ::mica::task\n  down(::mica::context& call,\n"
                "      ::p::M request,\n"
                "      ::mica::stream<void, ::p::N> peer) = 0;\n"));
  CAF_CHECK(has("  [[nodiscard]] ::mica::stream<::p::N, ::p::M>\n"
                "  chat(::mica::caller from,\n"
                "      const ::mica::call_options& options = {}) const;\n"));
  CAF_CHECK(has("  [[nodiscard]] ::mica::blocking_stream<::p::N, ::p::M>\n"
                "  up(const ::mica::call_options& options = {}) const;\n"));
  CAF_CHECK(has("  [[nodiscard]] ::mica::blocking_stream<::p::N, void>\n"
                "  down(const ::p::M& request,\n"
                "      const ::mica::call_options& options = {}) const;\n"));
}

CAF_TEST(a service without streams is made as if there were none) {
  auto result = generate(
      {{"x.proto", "syntax = \"proto3\";\n" + service("rpc A(M) returns (M);")}});
  for (const auto& [name, text] : result.files) {
    CAF_CHECK_EQUAL(text.find("stream"), std::string::npos);
    CAF_CHECK_EQUAL(text.find("open("), std::string::npos);
    CAF_CHECK_EQUAL(text.find("task"), std::string::npos);
  }
}

CAF_TEST(streams have no actor message) {
  auto result = generate(
      {{"x.proto", "syntax = \"proto3\";\n"
                       + service("rpc A(stream M) returns (M);\nrpc B(M) returns (M);")
                       + "service T { rpc A(stream M) returns (M); }\n"}});
  const auto& header = result.files["x.mica_actor.hpp"];
  CAF_CHECK_EQUAL(header.find("struct a {"), std::string::npos);
  CAF_CHECK(header.find("using s_actor = ::caf::typed_actor<\n"
                        "  ::caf::replies_to<s_methods::b::call>\n")
            != std::string::npos);
  CAF_CHECK(header.find("      ::mica::typed_method{},\n"
                        "      ::mica::make_typed_method<\n")
            != std::string::npos);
  CAF_CHECK_EQUAL(header.find("t_actor ="), std::string::npos);
}

CAF_TEST(two methods of one C++ name are refused by both names) {
  CAF_CHECK_EQUAL(
      error_of(service("rpc SayHello(M) returns (M);\nrpc say_hello(M) returns (M);")),
      "x.proto:6:1: S.say_hello: clashes with S.SayHello, both are say_hello in C++; "
      "rename one of them");
  CAF_CHECK_EQUAL(
      error_of(service("rpc Delete(M) returns (M);\nrpc Delete_(M) returns (M);")),
      "x.proto:6:1: S.Delete_: clashes with S.Delete, both are delete_ in C++; rename "
      "one of them");
}

CAF_TEST(classes that would meet another declaration are refused) {
  CAF_CHECK_EQUAL(error_of("service Greeter {}\nservice GreeterService {}\n"),
                  "x.proto:4:1: GreeterService: its class greeter_service clashes with "
                  "service p.Greeter; rename one of them");
  auto clash = [](const std::string& declaration) {
    return error_of("service Greeter {}\n" + declaration);
  };
  CAF_CHECK_EQUAL(clash("message greeter_client {}"),
                  "x.proto:3:1: Greeter: its class greeter_client clashes with message "
                  "p.greeter_client; rename one of them");
  CAF_CHECK_EQUAL(
      clash("message greeter { message methods {} }"),
      "x.proto:3:1: Greeter: its class greeter_methods clashes with message "
      "p.greeter.methods; rename one of them");
  CAF_CHECK_EQUAL(clash("enum greeter_actor { zero = 0; }"),
                  "x.proto:3:1: Greeter: its class greeter_actor clashes with enum "
                  "p.greeter_actor; rename one of them");
  CAF_CHECK_EQUAL(clash("enum E { greeter_service = 0; }"),
                  "x.proto:3:1: Greeter: its class greeter_service clashes with enum "
                  "value p.greeter_service; rename one of them");
  CAF_CHECK_EQUAL(clash("message M { enum E { greeter_service = 0; } }"), "");
}

CAF_TEST(imports of the same package may not have the same classes) {
  auto with = [](const std::string& package, const std::string& body) {
    auto result = generate(
        {{"a.proto", "syntax = \"proto3\";\npackage " + package + ";\n" + body},
         {"b.proto", "syntax = \"proto3\";\npackage p;\nimport \"a.proto\";\n"
                     "service Greeter {}\n"}});
    return result.syntax_errors + result.error;
  };
  CAF_CHECK_EQUAL(with("q", "service Greeter {}"), "");
  CAF_CHECK_EQUAL(with("p", "message greeter_client {}"),
                  "b.proto:4:1: Greeter: its class greeter_client clashes with message "
                  "p.greeter_client; rename one of them");
  CAF_CHECK_EQUAL(with("p.greeter_actor.v1", ""),
                  "b.proto:4:1: Greeter: its class greeter_actor clashes with package "
                  "p.greeter_actor.v1; rename one of them");
  auto twice = with("p", "service GreeterService {}");
  CAF_CHECK_EQUAL(
      twice.substr(0, twice.find('\n')),
      "b.proto:4:1: Greeter: its class greeter_service clashes with service "
      "p.GreeterService of a.proto; rename one of them");
}

CAF_TEST(what protoc itself can not compile is said) {
  CAF_CHECK_EQUAL(error_of("service S {}", "package p.delete;"),
                  "x.proto:3:1: package p.delete: \"delete\" is a C++ keyword, and "
                  "protoc's own C++ output does not compile; rename the package");
  CAF_CHECK_EQUAL(error_of("message M {}", "package p.delete;"), "");
  CAF_CHECK_EQUAL(
      error_of(
          "message requires {}\nservice S { rpc A(requires) returns (requires); }"),
      "x.proto:4:13: S.A: message p.requires is a C++20 keyword, and protoc's own C++ "
      "output does not compile; rename the message");
}

CAF_TEST(messages without descriptors are refused) {
  auto lite = std::string{"option optimize_for = LITE_RUNTIME;\n"};
  CAF_CHECK_EQUAL(
      error_of(lite + "message M {}\nservice S { rpc A(M) returns (M); }"),
      "x.proto:5:13: S.A: message p.M has no descriptor, x.proto says optimize_for = "
      "LITE_RUNTIME; remove that option");
}

CAF_TEST(all problems of all files are told at once and nothing is written) {
  auto bad = [](const std::string& name) {
    return "syntax = \"proto3\";\npackage " + name
           + ";\nmessage M {}\nservice S {\n  rpc A(M) returns (M);\n"
             "  rpc a(M) returns (M);\n  rpc B(M) returns (M);\n"
             "  rpc b(M) returns (M);\n}\n";
  };
  auto result = generate({{"a.proto", bad("a")}, {"b.proto", bad("b")}});
  CAF_CHECK_EQUAL(result.syntax_errors, "");
  CAF_CHECK(result.files.empty());
  auto rest = result.error;
  for (auto start : {"a.proto:6:3: S.a: ", "a.proto:8:3: S.b: ", "b.proto:6:3: S.a: ",
                     "b.proto:8:3: S.b: "}) {
    CAF_CHECK_EQUAL(rest.substr(0, 18), start);
    rest.erase(0, std::min(rest.find('\n'), rest.size() - 1) + 1);
  }
  CAF_CHECK_EQUAL(rest, "");
}

CAF_TEST(an option is an error) {
  auto result = generate({{"x.proto", "syntax = \"proto3\";\n"}}, "opt=1");
  CAF_CHECK_EQUAL(
      result.error,
      "unknown option \"opt=1\": protoc-gen-mica takes none; write --mica_out=DIR");
  CAF_CHECK(result.files.empty());
}

CAF_TEST(comments come along and can not break out) {
  auto result = generate({{"x.proto", "syntax = \"proto3\";\n"
                                      "message M {}\n"
                                      "// Ends in a backslash \\\n"
                                      "service S {\n"
                                      "  /* A block\n"
                                      "   * of two lines. */\n"
                                      "  rpc A(M) returns (M);\n"
                                      "  rpc B(M) returns (M);  // Behind it.\n"
                                      "\n"
                                      "  rpc C(M) returns (M);\n"
                                      "}\n"}});
  CAF_REQUIRE_EQUAL(result.syntax_errors + result.error, "");
  const auto& header = result.files["x.mica.hpp"];
  auto has = [&](const std::string& text) {
    return header.find(text) != std::string::npos;
  };
  CAF_CHECK(has("/// Ends in a backslash\nclass s_service"));
  CAF_CHECK(has("  /// A block\n  /// of two lines.\n"));
  CAF_CHECK(has("  /// Behind it.\n"));
  CAF_CHECK(has("  /// Answers S.C.\n"));
}

CAF_TEST(clients ask for the package or else for the service in lower case) {
  auto header = [](const std::string& package) {
    auto text = "syntax = \"proto3\";\n" + package + "\nservice GreetingDesk {}\n";
    return generate({{"x.proto", text}}).files["x.mica.hpp"];
  };
  CAF_CHECK(header("").find("name = \"greetingdesk\"") != std::string::npos);
  CAF_CHECK(header("package go.micro;").find("name = \"go.micro\"")
            != std::string::npos);
}
