// Certificates as files, for real servers and their clients.

#pragma once

#include "mica/net/certificates.hpp"

#include <caf/test/unit_test.hpp>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace mica::test {

/// An authority and a certificate of it for servers and clients on loopback, in a
/// folder that goes with it.
struct certificate_files {
  certificate_files() {
    auto name = (std::filesystem::temp_directory_path() / "mica-tls.XXXXXX").string();
    CAF_REQUIRE(::mkdtemp(name.data()) != nullptr);
    dir = name;
    net::certificate_options options;
    options.subject = "test authority";
    options.use = net::certificate_use::server_and_client;
    options.not_before = std::chrono::system_clock::now() - std::chrono::hours{1};
    options.not_after = options.not_before + std::chrono::hours{24};
    auto authority = net::make_authority(options);
    CAF_REQUIRE(authority);
    options.subject = "server";
    options.names = {"127.0.0.1", "localhost"};
    auto pair = net::make_certificate(options, *authority);
    CAF_REQUIRE(pair);
    ca = write("ca.pem", authority->certificate);
    cert = write("cert.pem", pair->certificate);
    key = write("key.pem", pair->key);
  }

  certificate_files(const certificate_files&) = delete;
  certificate_files& operator=(const certificate_files&) = delete;

  ~certificate_files() {
    std::error_code ignored;
    std::filesystem::remove_all(dir, ignored);
  }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream out{dir / name};
    out << text;
    return (dir / name).string();
  }

  std::filesystem::path dir;
  std::string ca, cert, key;
};

} // namespace mica::test
