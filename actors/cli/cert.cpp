#include "cli/cert.hpp"

#include "cli/commands.hpp"
#include "cli/file_pair.hpp"
#include "mica/net/certificates.hpp"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <iostream>

namespace mica::cli {

namespace {

using time_point = std::chrono::system_clock::time_point;

constexpr auto day = std::chrono::hours{24};

// Clocks of other machines may be behind.
constexpr auto slack = std::chrono::hours{1};

// Beyond, dates leave what a certificate can hold.
constexpr int most_days = 36'500;

constexpr auto examples = R"(
Examples:
  mica cert ca --dir certs
  mica cert server --dir certs --name localhost --ip 127.0.0.1
  mica cert client --dir certs --name greeter.client

These are for development: whoever holds ca.key can pass for every server that trusts
ca.pem.)";

int complain(const error& what) {
  std::cerr << "error: " << what.detail << std::endl;
  return what.reason == errc::invalid_argument ? usage : failed;
}

std::string joined(const std::vector<std::string>& names) {
  std::string result;
  for (const auto& name : names)
    result += (result.empty() ? "" : ", ") + name;
  return result;
}

void report(const file_pair& files, const std::string& what, int days) {
  std::cout << files.certificate << "  " << what << ", " << days << " days\n"
            << files.key << "  its key: keep it secret\n";
}

} // namespace

cert_command::cert_command(CLI::App& app)
  : command_(app.add_subcommand("cert", "make certificates for development")),
    authority_(command_->add_subcommand("ca", "make an authority: ca.pem, ca.key")),
    server_(command_->add_subcommand(
        "server", "make a server's certificate, signed by the authority: server.pem, "
                  "server.key")),
    client_(command_->add_subcommand(
        "client",
        "make a client's certificate for mutual TLS: client.pem, client.key")) {
  command_->require_subcommand(1);
  command_->footer(examples);
  for (auto* kind : {authority_, server_, client_}) {
    kind->add_option("--dir", dir_, "directory of the files; default: this one");
    kind->add_flag("--force", force_, "replace what is there");
    kind->add_option("--days", kind == authority_ ? authority_days_ : leaf_days_,
                     kind == authority_ ? "how long it is valid; default 3650"
                                        : "how long it is valid; default 90")
        ->check(CLI::Range(1, most_days));
  }
  for (auto* kind : {server_, client_}) {
    auto which = kind == server_
                     ? "DNS name to serve; without --name and --ip: localhost, "
                       "127.0.0.1, ::1"
                     : "name by which servers know it, a DNS name or a URI";
    auto* names =
        kind->add_option("--name", names_, std::string{which} + "; repeatable")
            ->allow_extra_args(false);
    if (kind == client_)
      names->required();
    kind->add_option("--file", file_, "base name of the files")->check([](auto& text) {
      return text.find('/') == text.npos ? "" : "a base name holds no /; see --dir";
    });
  }
  server_->add_option("--ip", addresses_, "address to serve; repeatable")
      ->allow_extra_args(false);
}

bool cert_command::parsed() const {
  return command_->parsed();
}

int cert_command::run(time_point now) const {
  return authority_->parsed() ? make_authority(now) : make_leaf(now);
}

int cert_command::make_authority(time_point now) const {
  net::certificate_options options;
  options.subject = "mica development authority";
  options.not_before = now - slack;
  options.not_after = now + authority_days_ * day;
  auto made = net::make_authority(options);
  if (!made)
    return complain(made.error());
  auto files = files_of(dir_, "ca");
  if (auto ok = write_pair(files, *made, force_); !ok)
    return complain(ok.error());
  report(files, "authority", authority_days_);
  std::cout << "\ntrust it by --client_tls_ca_file=" << files.certificate << '\n';
  return done;
}

int cert_command::make_leaf(time_point now) const {
  bool serves = server_->parsed();
  auto authority_files = files_of(dir_, "ca");
  auto authority = read_pair(authority_files);
  if (!authority)
    return complain({errc::not_found, authority.error().detail
                                          + "; make an authority first: mica cert ca "
                                            "--dir "
                                          + dir_});
  net::certificate_options options;
  options.names = names_;
  options.names.insert(options.names.end(), addresses_.begin(), addresses_.end());
  if (options.names.empty())
    options.names = {"localhost", "127.0.0.1", "::1"};
  // Only people read it; the names are what counts.
  options.subject = options.names.front().substr(0, 64);
  options.use = serves ? net::certificate_use::server : net::certificate_use::client;
  options.not_before = now - slack;
  options.not_after = now + leaf_days_ * day;
  auto made = net::make_certificate(options, *authority);
  if (!made)
    return complain(made.error());
  auto base = !file_.empty() ? file_ : serves ? "server" : "client";
  auto files = files_of(dir_, base);
  if (files.key == authority_files.key)
    return complain({errc::invalid_argument, "--file: ca is the authority's"});
  if (auto ok = write_pair(files, *made, force_); !ok)
    return complain(ok.error());
  report(files, joined(options.names), leaf_days_);
  std::cout << (serves ? "\nserve with it by --tls_cert_file="
                       : "\nshow it by --client_tls_cert_file=")
            << files.certificate
            << (serves ? " --tls_key_file=" : " --client_tls_key_file=") << files.key
            << '\n';
  return done;
}

} // namespace mica::cli
