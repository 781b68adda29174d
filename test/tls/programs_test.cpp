// A service with TLS as its users run it: flags, files, log, and foreign clients.

#define CAF_SUITE tls_programs

#include "net/tls/loopback_socket.hpp"
#include "net/tls/tls_fixture.hpp"
#include "support/subprocess.hpp"

#include <algorithm>
#include <memory>
#include <regex>

using namespace mica;
using namespace mica::test;

namespace {

constexpr auto limit = 20s;

struct fixture : tls_fixture {
  // Starts the greeter with the server's certificate and these flags more.
  void serve(std::vector<std::string> flags = {}) {
    serve("greeter-service", std::move(flags));
  }

  void serve(const std::string& name, std::vector<std::string> flags) {
    std::vector<std::string> command{program(name), "--registry=memory",
                                     "--server_address=127.0.0.1:0"};
    if (with_tls) {
      command.push_back("--tls_cert_file=" + server.certificate_file);
      command.push_back("--tls_key_file=" + server.key_file);
    }
    command.insert(command.end(), flags.begin(), flags.end());
    service = std::make_unique<subprocess>(std::move(command));
    CAF_REQUIRE(service->wait_for("Registering node", limit));
    std::smatch found;
    std::regex line{R"(Listening on (127\.0\.0\.1:\d+)\n)"};
    CAF_REQUIRE(std::regex_search(service->err(), found, line));
    address = found[1];
  }

  // Calls Greeter.Hello by curl.
  run_result curl(std::vector<std::string> flags, std::string scheme = "https") {
    std::vector<std::string> command{"curl",
                                     "-sS",
                                     "-H",
                                     "Content-Type: application/json",
                                     "-d",
                                     R"({"name":"John"})",
                                     "-w",
                                     " %{http_version}",
                                     scheme + "://" + address + "/Greeter/Hello"};
    command.insert(command.begin() + 1, flags.begin(), flags.end());
    auto result = run(std::move(command));
    std::erase(result.out, '\n');
    return result;
  }

  // Calls Greeter.Hello by the tool.
  run_result mica_call(std::vector<std::string> flags) {
    std::vector<std::string> command{program("mica"), "--registry=memory",
                                     "--client_retries=0"};
    command.insert(command.end(), flags.begin(), flags.end());
    command.insert(command.end(), {"call", "--output=raw", "--address=" + address,
                                   "greeter", "Greeter.Hello", R"({"name":"John"})"});
    return run(std::move(command));
  }

  // What the service has logged until now about `text`: the lines that contain it. Ends
  // the service: all is written then.
  size_t logged(const std::string& text) {
    service->signal(SIGTERM);
    CAF_CHECK_EQUAL(service->wait(limit), 0);
    size_t result = 0;
    for (auto at = service->err().find(text); at != std::string::npos;
         at = service->err().find(text, at + 1))
      ++result;
    return result;
  }

  // A connection of our own to the service, speaking HTTP/1.1.
  struct talk {
    explicit talk(fixture& self)
      : tls(self.clients->connect("localhost", http1_only, self.address)) {
      socket.connect(self.address.substr(self.address.find(':') + 1));
      while (tls.current() == session::state::handshaking && socket.step(tls))
        ; // repeat
    }

    // True if the call was answered.
    bool call() {
      std::string body = R"({"name":"John"})";
      auto head = "POST /Greeter/Hello HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                  "application/json\r\nContent-Length: "
                  + std::to_string(body.size()) + "\r\n\r\n";
      if (tls.write(head + body) != head.size() + body.size())
        return false;
      std::string answer;
      while (!contains(answer, "Hello John")) {
        if (!socket.step(tls))
          return false;
        answer += read_all(tls);
      }
      return contains(answer, "HTTP/1.1 200 OK");
    }

    static constexpr std::string_view http1_only[] = {"http/1.1"};

    loopback_socket socket;
    session tls;
  };

  // What no node looked at is sent once more, whatever --client_retries says.
  static bool once_per_attempt(size_t lines) {
    return lines >= 1 && lines <= 2;
  }

  net::key_pair expired() const {
    auto options = test_authority::options("old", {"localhost", "127.0.0.1"});
    options.not_before -= 48h;
    options.not_after -= 48h;
    return authority.sign(options);
  }

  bool with_tls = true;
  std::unique_ptr<subprocess> service;
  std::string address;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(tls_programs_tests, fixture)

  CAF_TEST(curl calls by HTTP2 and by HTTP1) {
    serve();
    auto by_http2 = curl({"--http2", "--cacert", client.ca_file});
    CAF_CHECK_EQUAL(by_http2.out, R"({"greeting":"Hello John"} 2)");
    auto by_http1 = curl({"--http1.1", "--cacert", client.ca_file});
    CAF_CHECK_EQUAL(by_http1.out, R"({"greeting":"Hello John"} 1.1)");
    CAF_CHECK_EQUAL(curl({"--no-alpn", "--cacert", client.ca_file}).out,
                    R"({"greeting":"Hello John"} 1.1)");
    CAF_CHECK_EQUAL(logged("TLS"), 0u);
  }

  CAF_TEST(a client that does not trust us stands in the log once) {
    serve();
    CAF_CHECK_EQUAL(curl({}).status, 60);
    CAF_CHECK_EQUAL(curl({"--cacert", client.ca_file}).status, 0);
    CAF_CHECK_EQUAL(logged("it does not trust the authority of our certificate"), 1u);
  }

  CAF_TEST(an expired certificate stands in the log once) {
    use(expired());
    serve();
    auto result = curl({"--cacert", client.ca_file});
    CAF_CHECK_EQUAL(result.status, 60);
    check_contains(result.err, "expired");
    CAF_CHECK_EQUAL(logged("our certificate has expired; renew it"), 1u);
  }

  CAF_TEST(plaintext to a TLS port is told to both) {
    serve();
    auto result = curl({}, "http");
    check_contains(result.out, "TLS");
    CAF_CHECK_EQUAL(curl({"--cacert", client.ca_file}).status, 0);
    CAF_CHECK_EQUAL(logged("speaks plain HTTP/1.1 to " + address), 1u);
  }

  CAF_TEST(TLS to a plaintext port is told to both) {
    with_tls = false;
    serve();
    CAF_CHECK_EQUAL(curl({"-k"}).status, 35);
    CAF_CHECK_EQUAL(curl({}, "http").status, 0);
    CAF_CHECK_EQUAL(logged("speaks TLS to " + address), 1u);
  }

  CAF_TEST(only clients of the authority with the right name are let in) {
    serve({"--tls_client_ca_file=" + client.ca_file,
           "--tls_client_names=greeter.client"});
    show(authority.issue({"greeter.client"}));
    std::vector<std::string> flags{"--cacert", client.ca_file,
                                   "--cert",   client.certificate_file,
                                   "--key",    client.key_file};
    CAF_CHECK_EQUAL(curl(flags).out, R"({"greeting":"Hello John"} 2)");
    show(authority.issue({"other.client"}));
    CAF_CHECK(curl(flags).status != 0);
    CAF_CHECK(curl({"--cacert", client.ca_file}).status != 0);
    CAF_CHECK_EQUAL(
        logged("is for other.client; client_names lets in only greeter.client"), 1u);
    check_contains(service->err(), "the client shows no certificate");
  }

  CAF_TEST(our own client calls over TLS) {
    serve();
    auto result = mica_call({"--client_tls", "--client_tls_ca_file=" + client.ca_file});
    CAF_CHECK_EQUAL(result.err, "");
    CAF_CHECK_EQUAL(result.out, "{\"greeting\":\"Hello John\"}\n");
    CAF_CHECK_EQUAL(logged("TLS"), 0u);
  }

  CAF_TEST(a stream goes over TLS by gRPC and by mucp) {
    serve("stream-service", {});
    for (std::string protocol : {"grpc", "mucp"}) {
      auto result = run({program("mica"), "--registry=memory", "--client_tls",
                         "--client_tls_ca_file=" + client.ca_file,
                         "--client=" + protocol, "stream", "--address=" + address,
                         "numbers", "Numbers.Count", R"({"value":3})"});
      CAF_CHECK_EQUAL(result.err, "");
      CAF_CHECK_EQUAL(std::count(result.out.begin(), result.out.end(), '\n'), 3);
      check_contains(result.out, "3");
    }
    CAF_CHECK_EQUAL(logged("TLS"), 0u);
  }

  CAF_TEST(our own client shows its certificate) {
    serve({"--tls_client_ca_file=" + client.ca_file});
    show(authority.issue({"greeter.client"}));
    std::vector<std::string> flags{"--client_tls",
                                   "--client_tls_ca_file=" + client.ca_file};
    auto result = mica_call(flags);
    CAF_CHECK_EQUAL(result.status, 1);
    check_contains(result.err, "it wants a client certificate");
    flags.insert(flags.end(), {"--client_tls_cert_file=" + client.certificate_file,
                               "--client_tls_key_file=" + client.key_file});
    CAF_CHECK_EQUAL(mica_call(flags).out, "{\"greeting\":\"Hello John\"}\n");
    CAF_CHECK(once_per_attempt(logged("the client shows no certificate")));
  }

  CAF_TEST(our own client says what is wrong with a server) {
    std::vector<std::string> flags{"--client_tls",
                                   "--client_tls_ca_file=" + client.ca_file};
    use(expired());
    serve();
    auto result = mica_call(flags);
    CAF_CHECK_EQUAL(result.status, 1);
    check_contains(result.err, "the certificate of " + address + " expired on ");
    CAF_CHECK(once_per_attempt(logged("our certificate has expired; renew it")));
    use(authority.issue({"other.test"}));
    serve();
    check_contains(mica_call(flags).err, "is for other.test, not for 127.0.0.1");
    flags.push_back("--client_tls_server_name=other.test");
    CAF_CHECK_EQUAL(mica_call(flags).status, 0);
    CAF_CHECK_EQUAL(mica_call({"--client_tls", "--client_tls_insecure"}).status, 0);
    check_contains(mica_call({"--client_tls"}).err, "not trusted here");
    check_contains(mica_call({}).err, "TLS");
  }

  CAF_TEST(new certificates are used under load and no call is lost) {
    make_contexts();
    serve();
    talk old{*this};
    CAF_REQUIRE(old.call());
    use(authority.issue({"localhost", "new.test"}));
    // The service looks every five seconds; until then it has no pause.
    std::vector<std::string> names;
    auto end = std::chrono::steady_clock::now() + limit;
    while (names != std::vector<std::string>{"localhost", "new.test"}) {
      CAF_REQUIRE(std::chrono::steady_clock::now() < end);
      for (int i = 0; i < 50; ++i)
        CAF_REQUIRE(old.call());
      talk fresh{*this};
      CAF_REQUIRE(fresh.call());
      names = fresh.tls.peer_names();
    }
    CAF_CHECK(old.call());
    CAF_CHECK_EQUAL(old.tls.peer_names(),
                    (std::vector<std::string>{"localhost", "127.0.0.1"}));
    CAF_CHECK_EQUAL(logged("TLS"), 0u);
  }

  CAF_TEST(a broken certificate is logged once and calls go on) {
    make_contexts();
    serve();
    talk old{*this};
    dir.write("server.pem", "broken");
    auto end = std::chrono::steady_clock::now() + limit;
    while (!service->wait_for("the former certificate stays", 10ms)) {
      CAF_REQUIRE(std::chrono::steady_clock::now() < end);
      CAF_REQUIRE(old.call());
    }
    CAF_CHECK(talk{*this}.call());
    CAF_CHECK_EQUAL(
        logged("server.pem: holds no certificate in PEM; the former certificate stays"),
        1u);
  }

  CAF_TEST(files that can not be used end the program at its start) {
    auto refused = [&](std::vector<std::string> flags, const std::string& why) {
      flags.insert(flags.begin(), {program("greeter-service"), "--registry=memory",
                                   "--server_address=127.0.0.1:0",
                                   "--tls_key_file=" + server.key_file});
      auto result = run(std::move(flags));
      CAF_CHECK_EQUAL(result.status, 1);
      check_contains(result.err, why);
    };
    refused({"--tls_cert_file=" + dir.path("none.pem")},
            "certificate " + dir.path("none.pem") + ": No such file or directory");
    refused({"--tls_cert_file=" + client.ca_file},
            "server.key: does not belong to the certificate " + client.ca_file);
    refused({"--tls_cert_file=" + server.certificate_file,
             "--client_tls_ca_file=" + dir.path("none.pem")},
            "authorities " + dir.path("none.pem") + ": No such file or directory");
  }

  CAF_TEST_FIXTURE_SCOPE_END()
