// Programs under test, run as users run them.

#pragma once

#include "support/paths.hpp"

#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

extern char** environ;

namespace mica::test {

/// A child process whose output is read through pipes. Killed with its object.
class subprocess {
public:
  using clock = std::chrono::steady_clock;

  /// Starts the program; `command[0]` is its path or is looked up in PATH.
  explicit subprocess(std::vector<std::string> command) {
    int out[2];
    int err[2];
    if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0)
      throw std::runtime_error("pipe failed");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    posix_spawn_file_actions_adddup2(&actions, err[1], 2);
    std::vector<char*> argv;
    for (auto& x : command)
      argv.push_back(x.data());
    argv.push_back(nullptr);
    auto rc = posix_spawnp(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(out[1]);
    ::close(err[1]);
    out_fd_ = out[0];
    err_fd_ = err[0];
    if (rc != 0)
      throw std::runtime_error("can't start " + command[0]);
  }

  ~subprocess() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    close_fd(out_fd_);
    close_fd(err_fd_);
  }

  subprocess(const subprocess&) = delete;
  subprocess& operator=(const subprocess&) = delete;

  /// Reads until stdout or stderr holds `text`; false at the end of both or after the
  /// limit.
  bool wait_for(const std::string& text, clock::duration limit) {
    auto end = clock::now() + limit;
    auto seen = [&] {
      return out_.find(text) != std::string::npos
             || err_.find(text) != std::string::npos;
    };
    while (!seen())
      if (!read_some(end))
        return seen();
    return true;
  }

  void signal(int number) {
    ::kill(pid_, number);
  }

  /// Waits for the end; returns the exit status, or -1 if a signal or the limit ended
  /// the program.
  int wait(clock::duration limit) {
    auto end = clock::now() + limit;
    while (read_some(end))
      ; // repeat
    if (clock::now() >= end)
      ::kill(pid_, SIGKILL);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  const std::string& out() const noexcept {
    return out_;
  }

  const std::string& err() const noexcept {
    return err_;
  }

private:
  static void close_fd(int& fd) {
    if (fd >= 0)
      ::close(fd);
    fd = -1;
  }

  // False when both pipes are closed or time is up.
  bool read_some(clock::time_point end) {
    auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - clock::now());
    if (left.count() <= 0 || (out_fd_ < 0 && err_fd_ < 0))
      return false;
    pollfd fds[2] = {{out_fd_, POLLIN, 0}, {err_fd_, POLLIN, 0}};
    if (::poll(fds, 2, static_cast<int>(left.count())) <= 0)
      return false;
    take(fds[0], out_fd_, out_);
    take(fds[1], err_fd_, err_);
    return true;
  }

  static void take(const pollfd& event, int& fd, std::string& to) {
    if (event.revents == 0)
      return;
    char buffer[4096];
    auto n = ::read(fd, buffer, sizeof(buffer));
    if (n > 0)
      to.append(buffer, static_cast<size_t>(n));
    else
      close_fd(fd);
  }

  pid_t pid_ = -1;
  int out_fd_ = -1;
  int err_fd_ = -1;
  std::string out_;
  std::string err_;
};

/// How a program ended and what it said.
struct run_result {
  int status;
  std::string out;
  std::string err;
};

/// Runs a program to its end, for at most 20 s.
inline run_result run(std::vector<std::string> command) {
  subprocess child{std::move(command)};
  auto status = child.wait(std::chrono::seconds{20});
  return {status, child.out(), child.err()};
}

/// Path of a program of this build.
inline std::string program(const std::string& name) {
  return mica::test::build_path("bin/" + name);
}

} // namespace mica::test
