// The flags of TLS. Those of the server are Go Micro's (its tool's, in fact: `micro
// api` and `micro web` have them); those of the client are mica's own.

#include "runtime/flags.hpp"

namespace mica::detail {

void flag_reader::add_server_tls(CLI::App& app) {
  auto& tls = to_.server_tls;
  enable_tls_given_ = app.add_flag("--enable_tls", enable_tls_,
                                   "speak TLS; default: if there is a certificate")
                          ->envname("MICRO_ENABLE_TLS");
  app.add_option("--tls_cert_file", tls.certificate_file,
                 "the server's certificate chain in PEM, leaf first")
      ->envname("MICRO_TLS_CERT_FILE");
  app.add_option("--tls_key_file", tls.key_file, "the key of the certificate in PEM")
      ->envname("MICRO_TLS_KEY_FILE");
  app.add_option("--tls_client_ca_file", tls.client_ca_file,
                 "let in only clients with a certificate of these authorities")
      ->envname("MICRO_TLS_CLIENT_CA_FILE");
  app.add_option("--tls_client_names", client_names_,
                 "of these clients let in only those with one of these names, "
                 "comma-separated (mica's own)")
      ->allow_extra_args(false)
      ->envname("MICA_TLS_CLIENT_NAMES");
}

void flag_reader::add_client_tls(CLI::App& app) {
  auto& tls = to_.client_tls;
  app.add_flag("--client_tls", to_.client_secure, "call over TLS (mica's own)")
      ->envname("MICA_CLIENT_TLS");
  app.add_option("--client_tls_ca_file", tls.ca_file,
                 "authorities to trust in PEM; default: the system's (mica's own)")
      ->envname("MICA_CLIENT_TLS_CA_FILE");
  app.add_option("--client_tls_cert_file", tls.certificate_file,
                 "our certificate for servers that want one, in PEM (mica's own)")
      ->envname("MICA_CLIENT_TLS_CERT_FILE");
  app.add_option("--client_tls_key_file", tls.key_file,
                 "the key of our certificate in PEM (mica's own)")
      ->envname("MICA_CLIENT_TLS_KEY_FILE");
  app.add_option("--client_tls_server_name", tls.server_name,
                 "the name in the server's certificate; default: the host that is "
                 "called (mica's own)")
      ->envname("MICA_CLIENT_TLS_SERVER_NAME");
  app.add_flag("--client_tls_insecure", insecure_,
               "believe every certificate: for trials by hand (mica's own)")
      ->envname("MICA_CLIENT_TLS_INSECURE");
}

void flag_reader::finish_tls() {
  auto& server = to_.server_tls;
  split_list(client_names_, server.client_names);
  if (enable_tls_given_ != nullptr && enable_tls_given_->count() > 0) {
    if (!enable_tls_)
      server = {};
    else if (server.certificate_file.empty())
      throw CLI::ValidationError(
          "--enable_tls: name a certificate by --tls_cert_file and its key by "
          "--tls_key_file; `mica cert` makes some");
  }
  if (server.certificate_file.empty() != server.key_file.empty())
    throw CLI::ValidationError(
        "--tls_cert_file and --tls_key_file stand together only");
  if (!server && !server.client_ca_file.empty())
    throw CLI::ValidationError("--tls_client_ca_file: without --tls_cert_file there is "
                               "no TLS in which clients could show a certificate");
  if (server.client_ca_file.empty() && !server.client_names.empty())
    throw CLI::ValidationError(
        "--tls_client_names: name the authority of these clients "
        "by --tls_client_ca_file");
  auto& client = to_.client_tls;
  if (client.certificate_file.empty() != client.key_file.empty())
    throw CLI::ValidationError(
        "--client_tls_cert_file and --client_tls_key_file stand together only");
  if (insecure_)
    client.verify = false;
}

} // namespace mica::detail
