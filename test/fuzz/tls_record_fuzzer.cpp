// TLS as both sides read it: what comes never breaks more than its connection, a failed
// connection stays failed and says why, slicing does not change the outcome.
//
// The first octet is the slice size, the second chooses who reads and what:
//   0, 1  a server or a client reads the rest instead of a handshake
//   2, 3  the same behind a handshake
//   4, 5  a handshake whose bytes to the server or to the client are changed: pairs of
//         a position (two octets) and what is added there
// The numbers of chance in a handshake differ from run to run: for 2 to 5 slicing is
// not compared.

#include "mica/net/certificates.hpp"
#include "tls/session.hpp"

#include "invariant.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

using namespace mica;
using namespace mica::net;
using mica::fuzz::require;
using tls::session;

using state = session::state;

namespace {

constexpr std::string_view protocols[] = {"h2", "http/1.1"};

struct contexts {
  contexts() {
    using namespace std::chrono_literals;
    auto now = std::chrono::system_clock::now();
    certificate_options options{
        "fuzz", {}, certificate_use::server_and_client, now - 1h, now + 24h};
    auto authority = make_authority(options);
    require(bool{authority}, "an authority can be made");
    options.names = {"localhost"};
    auto pair = make_certificate(options, *authority);
    require(bool{pair}, "a certificate can be made");
    std::string dir = std::filesystem::temp_directory_path() / "mica-fuzz-XXXXXX";
    require(mkdtemp(dir.data()) != nullptr, "there is a directory for files");
    std::ofstream{dir + "/ca"} << authority->certificate;
    std::ofstream{dir + "/certificate"} << pair->certificate;
    std::ofstream{dir + "/key"} << pair->key;
    // Mutual: the server reads certificates too.
    auto server = tls::server_context::make(
        {dir + "/certificate", dir + "/key", dir + "/ca", {}, {}});
    auto client = tls::client_context::make(
        {dir + "/ca", dir + "/certificate", dir + "/key", {}, true, {}});
    std::filesystem::remove_all(dir);
    require(server && client, "the files are read");
    servers = *server;
    clients = *client;
  }

  std::shared_ptr<tls::server_context> servers;
  std::shared_ptr<tls::client_context> clients;
};

contexts& all() {
  static contexts result;
  return result;
}

std::string take_output(session& from) {
  std::string result;
  std::string_view part[1];
  while (from.output(part) > 0) {
    result += part[0];
    from.sent(part[0].size());
  }
  require(from.output_size() == 0, "what was sent is gone");
  return result;
}

std::string read_all(session& from) {
  std::string result;
  char buffer[1000];
  while (auto n = from.read(buffer))
    result.append(buffer, n);
  return result;
}

void feed(session& to, std::string_view bytes, size_t slice) {
  for (; !bytes.empty(); bytes.remove_prefix(std::min(slice, bytes.size())))
    to.receive(bytes.substr(0, slice));
}

// What must hold at the end, whatever came.
void check(session& x) {
  require(take_output(x).size() <= 64 * 1024, "the output is bounded");
  bool failed = x.current() == state::failed;
  require(failed == bool{x.failure()}, "who has failed says why, and nobody else");
  require(!failed || !x.failure().detail.empty(), "a failure has a text");
  if (!failed)
    return;
  auto text = x.failure().detail;
  x.receive("\x16\x03\x01");
  x.receive_eof();
  x.close();
  require(x.write("x") == 0 && read_all(x).empty(), "a failed session carries nothing");
  require(x.current() == state::failed && x.failure().detail == text,
          "failed is for ever");
}

struct outcome {
  state last;
  std::string text;

  bool operator==(const outcome&) const = default;
};

outcome read_raw(std::string_view bytes, size_t slice, bool server) {
  auto x = server ? all().servers->accept()
                  : all().clients->connect("localhost", protocols, "fuzz");
  take_output(x);
  feed(x, bytes, slice);
  require(read_all(x).empty(), "nobody is believed without a handshake");
  x.receive_eof();
  // Quoted is what had come until then.
  auto text = x.failure().detail;
  outcome result{x.current(), text.substr(0, text.find('"'))};
  require(result.last == state::failed, "no handshake without a peer");
  check(x);
  return result;
}

struct change {
  size_t position;
  char added;
};

// Carries everything until both are silent; changes what goes to the server or to the
// client.
void join(session& client, session& server, std::vector<change> changes,
          bool to_server) {
  size_t position = 0;
  auto carry = [&](session& from, session& to, bool changed) {
    auto bytes = take_output(from);
    for (const auto& x : changes)
      if (changed && x.position >= position && x.position - position < bytes.size()) {
        auto& octet = bytes[x.position - position];
        octet = static_cast<char>(octet + x.added);
      }
    if (changed)
      position += bytes.size();
    to.receive(bytes);
  };
  for (int rounds = 0; client.output_size() + server.output_size() > 0; ++rounds) {
    require(rounds < 20, "a handshake ends");
    carry(client, server, to_server);
    carry(server, client, !to_server);
  }
}

void read_behind_handshake(std::string_view bytes, size_t slice, bool server) {
  auto client = all().clients->connect("localhost", protocols, "fuzz");
  auto accepted = all().servers->accept();
  join(client, accepted, {}, false);
  require(client.current() == state::open && accepted.current() == state::open,
          "an undisturbed handshake succeeds");
  auto& reader = server ? accepted : client;
  feed(reader, bytes, slice);
  require(read_all(reader).empty(), "nothing comes of records that nobody sealed");
  reader.receive_eof();
  read_all(reader);
  check(reader);
}

void change_handshake(std::string_view bytes, bool server) {
  auto client = all().clients->connect("localhost", protocols, "fuzz");
  auto accepted = all().servers->accept();
  std::vector<change> changes;
  for (; bytes.size() >= 3; bytes.remove_prefix(3))
    changes.push_back({static_cast<size_t>(static_cast<unsigned char>(bytes[0])) * 256
                           + static_cast<unsigned char>(bytes[1]),
                       bytes[2]});
  join(client, accepted, std::move(changes), server);
  client.write("question");
  accepted.receive(take_output(client));
  auto heard = read_all(accepted);
  require(heard.empty() || heard == "question", "what is heard was said");
  check(client);
  check(accepted);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 3)
    return 0;
  auto slice = std::max<size_t>(data[0], 1);
  bool server = data[1] % 2 == 0;
  std::string_view bytes{reinterpret_cast<const char*>(data) + 2, size - 2};
  switch (data[1] % 6 / 2) {
    case 0:
      require(read_raw(bytes, bytes.size(), server) == read_raw(bytes, slice, server),
              "slicing changes nothing");
      break;
    case 1:
      read_behind_handshake(bytes, slice, server);
      break;
    default:
      change_handshake(bytes, server);
  }
  return 0;
}
