// Two TLS sessions joined in memory, and the certificates they use.

#pragma once

#include "mica/net/certificates.hpp"
#include "tls/session.hpp"

#include <caf/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace mica::test {

using namespace std::chrono_literals;
using net::tls::session;

inline constexpr std::string_view both_protocols[] = {"h2", "http/1.1"};

/// A directory of its own, removed with its object.
class scratch_dir {
public:
  scratch_dir() {
    std::string name = std::filesystem::temp_directory_path() / "mica-tls-XXXXXX";
    CAF_REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }

  ~scratch_dir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  scratch_dir(const scratch_dir&) = delete;
  scratch_dir& operator=(const scratch_dir&) = delete;

  std::string path(const std::string& name) const {
    return path_ / name;
  }

  /// Writes a file and returns its path. Each writing makes a new inode.
  std::string write(const std::string& name, const std::string& text) const {
    std::filesystem::remove(path_ / name);
    std::ofstream out{path_ / name};
    out << text;
    return path(name);
  }

private:
  std::filesystem::path path_;
};

/// An authority, and what it signs.
struct test_authority {
  explicit test_authority(std::string name = "mica test authority") {
    auto made = net::make_authority(options(std::move(name), {}));
    CAF_REQUIRE(made);
    pair = *made;
  }

  static net::certificate_options options(std::string subject,
                                          std::vector<std::string> names) {
    auto now = std::chrono::system_clock::now();
    return {std::move(subject), std::move(names),
            net::certificate_use::server_and_client, now - 1h, now + 24h};
  }

  net::key_pair sign(const net::certificate_options& what) const {
    auto made = net::make_certificate(what, pair);
    CAF_REQUIRE(made);
    return *made;
  }

  net::key_pair issue(std::vector<std::string> names) const {
    return sign(options("test", std::move(names)));
  }

  net::key_pair pair;
};

/// Carries what `from` wants to write to `to`, `slice` bytes at a time; returns the
/// bytes.
inline std::string carry(session& from, session& to, size_t slice = std::string::npos) {
  std::string bytes;
  std::string_view parts[4];
  while (auto n = from.output(parts)) {
    size_t size = 0;
    for (size_t i = 0; i < n; ++i) {
      bytes += parts[i];
      size += parts[i].size();
    }
    from.sent(size);
  }
  std::string_view rest = bytes;
  for (; !rest.empty(); rest.remove_prefix(std::min(slice, rest.size())))
    to.receive(rest.substr(0, slice));
  return bytes;
}

/// Lets both talk until they are silent.
inline void join(session& a, session& b, size_t slice = std::string::npos) {
  while (a.output_size() + b.output_size() > 0) {
    carry(a, b, slice);
    carry(b, a, slice);
  }
}

/// Reads until there is nothing more.
inline std::string read_all(session& from, size_t step = 4096) {
  std::string result;
  std::string buffer(step, '\0');
  while (auto n = from.read(buffer))
    result.append(buffer, 0, n);
  return result;
}

/// Contexts whose files lie in a directory of their own.
struct tls_fixture {
  tls_fixture() {
    server.certificate_file = dir.path("server.pem");
    server.key_file = dir.path("server.key");
    client.ca_file = dir.write("ca.pem", authority.pair.certificate);
    use(authority.issue({"localhost", "127.0.0.1"}));
  }

  /// The server's certificate from now on.
  void use(const net::key_pair& from) {
    dir.write("server.pem", from.certificate);
    dir.write("server.key", from.key);
  }

  /// The client's certificate from now on.
  void show(const net::key_pair& from) {
    client.certificate_file = dir.write("client.pem", from.certificate);
    client.key_file = dir.write("client.key", from.key);
  }

  void make_contexts() {
    auto made_server = net::tls::server_context::make(server);
    auto made_client = net::tls::client_context::make(client);
    CAF_REQUIRE(made_server);
    CAF_REQUIRE(made_client);
    servers = *made_server;
    clients = *made_client;
  }

  struct pair {
    session client;
    session server;
  };

  /// Both sides, behind as much of a handshake as there can be.
  pair connect(std::string_view host = "localhost",
               std::span<const std::string_view> alpn = both_protocols) {
    if (!servers)
      make_contexts();
    pair result{clients->connect(host, alpn), servers->accept()};
    join(result.client, result.server);
    return result;
  }

  scratch_dir dir;
  test_authority authority;
  net::tls_server_options server;
  net::tls_client_options client;
  std::shared_ptr<net::tls::server_context> servers;
  std::shared_ptr<net::tls::client_context> clients;
};

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// Like a check, but shows both texts.
inline void check_contains(const std::string& text, const std::string& part) {
  if (!contains(text, part))
    CAF_ERROR("\"" << text << "\" does not contain \"" << part << "\"");
  else
    CAF_CHECK(true);
}

} // namespace mica::test
