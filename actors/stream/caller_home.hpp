// Where the streams of a client run.

#pragma once

#include "mica/actors/call.hpp"
#include "stream/stream_home.hpp"

#include <caf/io/network/multiplexer.hpp>

#include <memory>
#include <mutex>

namespace mica::detail {

/// Runs a stream where continuations of a `caller` run, by one continuation after the
/// other: for actors that know nothing of streams (`mica::from(self)`).
class continuation_home final : public stream_home,
                                public std::enable_shared_from_this<continuation_home> {
public:
  /// @param run gets a function that it calls with a way to go on, once.
  explicit continuation_home(std::function<void(caller::start)> run);

  /// Lets the last continuation go.
  ~continuation_home() override;

  /// Asks for the way back. Call where continuations run. False: there is none.
  bool arm();

  void wake(std::shared_ptr<stream_core> stream) override;

private:
  void go_on(const std::shared_ptr<stream_core>& stream);

  const std::function<void(caller::start)> run_;
  std::mutex mtx_;
  caller::finish next_;
  std::shared_ptr<stream_core> waiting_;
};

/// The I/O lane itself, whoever else lives there.
class lane_home final : public stream_home {
public:
  /// @param lane outlives the streams.
  explicit lane_home(caf::io::network::multiplexer& lane) : lane_(lane) {
    // nop
  }

  void wake(std::shared_ptr<stream_core> stream) override;

  bool on_lane() const noexcept override {
    return true;
  }

private:
  caf::io::network::multiplexer& lane_;
};

/// Runs a stream on whatever thread wakes it: for streams that failed before they
/// began, which nobody but their user knows.
class nowhere final : public stream_home {
public:
  void wake(std::shared_ptr<stream_core> stream) override;
};

} // namespace mica::detail
