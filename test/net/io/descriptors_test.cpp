#define CAF_SUITE descriptors

#include "net/io/live.hpp"

#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>

using namespace mica::test;

namespace {

constexpr int few = 96;

/// The program `few_descriptors_server.cpp`.
class server {
public:
  server() {
    int out[2];
    int in[2];
    CAF_REQUIRE(pipe2(out, O_CLOEXEC) == 0 && pipe2(in, O_CLOEXEC) == 0);
    auto count = std::to_string(few);
    child_ = fork();
    CAF_REQUIRE(child_ >= 0);
    if (child_ == 0) {
      dup2(in[0], STDIN_FILENO);
      dup2(out[1], STDOUT_FILENO);
      execl(MICA_FEW_DESCRIPTORS_SERVER, MICA_FEW_DESCRIPTORS_SERVER, count.c_str(),
            nullptr);
      _exit(127);
    }
    ::close(out[1]);
    ::close(in[0]);
    output_ = out[0];
    input_ = in[1];
    address = line();
  }

  server(const server&) = delete;

  ~server() {
    stop();
  }

  /// Reads what it says next.
  std::string line() {
    std::string result;
    for (char c; ::read(output_, &c, 1) == 1 && c != '\n';)
      result += c;
    return result;
  }

  /// Returns the exit code, -1 if it was killed.
  int stop() {
    if (child_ < 0)
      return -1;
    ::close(input_);
    ::close(output_);
    int status = 0;
    waitpid(std::exchange(child_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  std::string address;

private:
  pid_t child_ = -1;
  int input_ = -1;
  int output_ = -1;
};

} // namespace

// With EMFILE, CAF's acceptor would spin and nobody would be served any more.
CAF_TEST(more peers than descriptors wait for their turn) {
  server few_descriptors;
  std::vector<raw_peer> peers;
  for (int i = 0; i < 2 * few; ++i) {
    peers.emplace_back(few_descriptors.address);
    CAF_REQUIRE(peers.back().connected());
    peers.back().send("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  CAF_CHECK_EQUAL(few_descriptors.line(), "paused");
  // Everyone is served when those before have left.
  for (auto& peer : peers) {
    CAF_CHECK(peer.response().find("200 OK") != std::string::npos);
    peer.close();
  }
  CAF_CHECK_EQUAL(few_descriptors.stop(), 0);
}
