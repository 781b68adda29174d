// A program on loopback that speaks HTTP as badly as a test wants it to.

#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace mica::test::consul {

/// What the fake sends for one request.
struct fake_reply {
  /// Raw bytes, header included.
  std::string bytes;
  /// True: then silence until the fake ends. False: the connection is closed.
  bool hangs = false;
};

/// Returns the bytes of an answer with everything right about it.
std::string http_reply(const std::string& body, const std::string& index = "1",
                       const std::string& status = "200 OK");

/// Listens on an ephemeral port until it is destroyed. One request a connection.
class fake_agent {
public:
  /// @param answer gets the head of a request and says what to send; called on
  ///               threads of the fake, one call at a time.
  explicit fake_agent(std::function<fake_reply(const std::string& head)> answer);

  ~fake_agent();

  fake_agent(const fake_agent&) = delete;
  fake_agent& operator=(const fake_agent&) = delete;

  /// `127.0.0.1:PORT`.
  const std::string& address() const noexcept {
    return address_;
  }

  size_t requests() const noexcept {
    return requests_;
  }

  /// The heads of all requests so far.
  std::vector<std::string> heads();

private:
  void accept_all();
  void serve(int socket);
  bool wait_for(int socket, short events) const;

  std::function<fake_reply(const std::string&)> answer_;
  std::string address_;
  int listener_ = -1;
  /// Readable once the fake ends.
  int end_[2] = {-1, -1};
  std::atomic<size_t> requests_{0};
  std::mutex mutex_;
  std::vector<std::string> heads_;
  std::vector<std::thread> connections_;
  std::thread acceptor_;
};

/// An address on loopback on which nobody listens: bound and not listening.
class refused_address {
public:
  refused_address();
  ~refused_address();

  refused_address(const refused_address&) = delete;
  refused_address& operator=(const refused_address&) = delete;

  const std::string& text() const noexcept {
    return text_;
  }

private:
  std::string text_;
  /// After the text, which is written while this is made.
  int socket_ = -1;
};

} // namespace mica::test::consul
