// Where the user's code of a stream runs.

#pragma once

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include <memory>
#include <mutex>
#include <vector>

namespace mica::detail {

class stream_core;
class server_stream;

/// Message to an actor that is a home: there is something to do for this stream.
struct stream_wakeup {
  std::shared_ptr<stream_core> stream;
};

class shell_home;

/// Message to a shell: there is something to do for some of its streams.
struct shell_wakeup {
  std::shared_ptr<shell_home> home;
};

/// Message to a shell: a call with a stream.
struct opened_stream {
  std::shared_ptr<server_stream> stream;
};

/// Runs streams, one at a time and never two at once.
class stream_home {
public:
  virtual ~stream_home();

  /// Sees to it that `stream->run()` is called once, at the home. Any thread.
  virtual void wake(std::shared_ptr<stream_core> stream) = 0;

  /// True if the I/O lane is the home: what arrives there is served on the spot.
  virtual bool on_lane() const noexcept {
    return false;
  }
};

/// An actor that takes `stream_wakeup`.
class actor_home final : public stream_home {
public:
  /// Asks the actor itself whether it runs on the I/O lane.
  explicit actor_home(caf::actor actor);

  void wake(std::shared_ptr<stream_core> stream) override;

  bool on_lane() const noexcept override {
    return on_lane_;
  }

private:
  caf::actor actor_;
  bool on_lane_;
};

/// The home of all streams of one shell: one message wakes it for those that were woken
/// since its last look.
class shell_home final : public stream_home,
                         public std::enable_shared_from_this<shell_home> {
public:
  explicit shell_home(caf::actor shell);

  void wake(std::shared_ptr<stream_core> stream) override;

  bool on_lane() const noexcept override {
    return on_lane_;
  }

  /// Runs the streams that were woken. At the shell.
  void run();

private:
  caf::actor shell_;
  bool on_lane_;
  std::mutex mtx_;
  /// The shell holds them as long as they matter to anybody; a dead one does not run
  /// them.
  std::vector<std::weak_ptr<stream_core>> woken_;
  /// What `run` is at, kept for its memory.
  std::vector<std::weak_ptr<stream_core>> running_;
};

} // namespace mica::detail

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::detail::stream_wakeup)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::detail::opened_stream)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(mica::detail::shell_wakeup)
