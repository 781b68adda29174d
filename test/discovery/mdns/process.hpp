// Another process: started with pipes, read line by line with a deadline.

#pragma once

#include <chrono>
#include <csignal>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace mica::test {

/// Lives as long as the object; killed at the end if it still runs.
class process {
public:
  explicit process(std::vector<std::string> command) {
    int in[2];
    int out[2];
    if (pipe(in) != 0 || pipe(out) != 0)
      throw std::runtime_error("no pipe for " + command[0]);
    std::vector<char*> argv;
    for (auto& x : command)
      argv.push_back(x.data());
    argv.push_back(nullptr);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(in[0], 0);
      dup2(out[1], 1);
      for (auto fd : {in[0], in[1], out[0], out[1]})
        close(fd);
      execv(argv[0], argv.data());
      _exit(127);
    }
    close(in[0]);
    close(out[1]);
    in_ = in[1];
    out_ = out[0];
  }

  process(const process&) = delete;
  process& operator=(const process&) = delete;

  ~process() {
    if (pid_ > 0)
      kill();
    close_input();
    close(out_);
  }

  /// The next line without its end; throws after `limit` or at the end of output.
  std::string line(std::chrono::milliseconds limit = std::chrono::seconds{20}) {
    auto end = std::chrono::steady_clock::now() + limit;
    for (;;) {
      auto stop = buffer_.find('\n');
      if (stop != std::string::npos) {
        auto result = buffer_.substr(0, stop);
        buffer_.erase(0, stop + 1);
        return result;
      }
      auto left = std::chrono::ceil<std::chrono::milliseconds>(
          end - std::chrono::steady_clock::now());
      pollfd x{out_, POLLIN, 0};
      if (left.count() <= 0 || poll(&x, 1, static_cast<int>(left.count())) <= 0)
        throw std::runtime_error("no line within the limit; read so far: " + buffer_);
      char bytes[4'096];
      auto n = read(out_, bytes, sizeof(bytes));
      if (n <= 0)
        throw std::runtime_error("the process ended; its last words: " + buffer_);
      buffer_.append(bytes, static_cast<size_t>(n));
    }
  }

  /// Writes a line to its input.
  void tell(const std::string& text) {
    auto bytes = text + '\n';
    if (write(in_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
      throw std::runtime_error("the process takes no more input");
  }

  void close_input() {
    if (in_ >= 0)
      close(in_);
    in_ = -1;
  }

  /// Ends it without a chance to clean up.
  void kill() {
    ::kill(pid_, SIGKILL);
    wait();
  }

  /// Waits for its end; its exit code, or -1 if a signal ended it.
  int wait() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

private:
  pid_t pid_ = -1;
  int in_ = -1;
  int out_ = -1;
  std::string buffer_;
};

} // namespace mica::test
