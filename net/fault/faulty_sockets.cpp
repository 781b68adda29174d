#include "fault/fault_track.hpp"

#include <caf/io/broker.hpp>
#include <caf/io/system_messages.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace mica::net {

namespace {

using caf::io::broker;
using caf::io::connection_handle;
using time_point = caf::actor_clock::time_point;

/// One connection.
struct course {
  /// Descriptors are numbered anew when a connection has ended; their owners are not.
  caf::actor_id owner = 0;
  fault_track in;
  fault_track out;
  /// Until when output waits, and the last of what was read.
  time_point out_ready{};
  time_point in_ready{};
  /// Nothing is read, or written, any more.
  bool in_over = false;
  bool out_over = false;
  bool was_reset = false;
};

class faulty_layer : public socket_layer {
public:
  faulty_layer(std::shared_ptr<socket_layer> inner, fault_plan plan)
    : inner_(inner ? std::move(inner) : native_sockets()),
      plan_(std::move(plan)) {
    // nop
  }

  // -- opening ------------------------------------------------------------------

  expected<std::pair<caf::io::accept_handle, std::string>>
  listen(broker& owner, std::string_view address) override {
    return inner_->listen(owner, address);
  }

  void unlisten(std::string_view bound) override {
    inner_->unlisten(bound);
  }

  expected<connection_handle> connect(broker& owner,
                                      std::string_view address) override {
    auto faults = plan_(count_++);
    for (const auto& x : faults)
      if (x.what == fault::kind::refuse)
        return error{errc::connection_failed, "Connection refused"};
    auto result = inner_->connect(owner, address);
    if (result)
      courses_[result->id()] = begin(owner, faults);
    return result;
  }

  expected<bool> connected(broker& owner, connection_handle which) override {
    return inner_->connected(owner, which);
  }

  bool room() override {
    return inner_->room();
  }

  // -- writing ------------------------------------------------------------------

  std::ptrdiff_t write(broker& owner, connection_handle to,
                       std::span<const std::string_view> parts) override {
    auto* known = find(owner, to);
    if (known == nullptr || known->out_over)
      return -1;
    auto& track = *known;
    if (track.out.empty())
      return inner_->write(owner, to, parts);
    scratch_.clear();
    for (auto part : parts)
      scratch_ += part;
    size_t taken = 0;
    auto more = true;
    while (more && taken < scratch_.size()) {
      auto what = track.out.next(scratch_.size() - taken);
      if (what.reset || what.half_close) {
        end_output(owner, to, track, what.reset);
        // The connection asks again, and hears of it then.
        return static_cast<std::ptrdiff_t>(taken);
      }
      auto now = owner.clock().now();
      if (what.delay.count() > 0)
        track.out_ready = now + what.delay;
      if (now < track.out_ready)
        break;
      auto done = put(owner, to, {scratch_.data() + taken, what.bytes}, what);
      if (done < 0)
        return taken > 0 ? static_cast<std::ptrdiff_t>(taken) : done;
      taken += static_cast<size_t>(done);
      track.out.passed(static_cast<size_t>(done));
      more = static_cast<size_t>(done) == what.bytes && !what.pause;
    }
    return static_cast<std::ptrdiff_t>(taken);
  }

  bool notify_writable(broker& owner, connection_handle which) override {
    auto* track = find(owner, which);
    // Writing tells it the rest.
    if (track == nullptr || track->out_over) {
      caf::anon_send(caf::actor{&owner}, writable_atom::value, which);
      return true;
    }
    auto wait = track->out_ready - owner.clock().now();
    if (wait.count() <= 0)
      return inner_->notify_writable(owner, which);
    caf::delayed_anon_send(caf::actor{&owner}, wait, writable_atom::value, which);
    return true;
  }

  // -- reading ------------------------------------------------------------------

  void received(broker& owner, connection_handle which,
                std::vector<char>& bytes) override {
    inner_->received(owner, which, bytes);
    auto* known = find(owner, which);
    if (known == nullptr || known->in_over)
      return bytes.clear();
    auto& track = *known;
    if (track.in.empty())
      return;
    auto all = std::exchange(bytes, {});
    auto rest = std::span<char>{all};
    // What goes through at once stays in `bytes`; the first piece does.
    auto at_once = track.in_ready <= owner.clock().now();
    while (!rest.empty()) {
      auto what = track.in.next(rest.size());
      if (what.reset || what.half_close) {
        end_input(owner, which, track, what.reset);
        return;
      }
      if (what.delay.count() > 0) {
        at_once = false;
        track.in_ready = std::max(track.in_ready, owner.clock().now()) + what.delay;
        continue;
      }
      auto piece = rest.first(what.bytes);
      rest = rest.subspan(what.bytes);
      track.in.passed(what.bytes);
      if (what.drop)
        continue;
      for (auto& x : piece)
        x = static_cast<char>(x ^ what.mask);
      if (at_once)
        bytes.insert(bytes.end(), piece.begin(), piece.end());
      else
        bring_later(owner, which, track, {piece.begin(), piece.end()});
      at_once = at_once && !what.pause;
    }
  }

  // -- ending -------------------------------------------------------------------

  void abort(broker& owner, connection_handle which) override {
    if (find(owner, which) == nullptr)
      return;
    courses_.erase(which.id());
    inner_->abort(owner, which);
  }

  void half_close(broker& owner, connection_handle which) override {
    if (auto* track = find(owner, which); track != nullptr && !track->was_reset)
      inner_->half_close(owner, which);
  }

  std::optional<connection_handle> keep_writing(broker& owner,
                                                connection_handle which) override {
    auto* track = find(owner, which);
    if (track == nullptr || track->was_reset)
      return std::nullopt;
    auto result = inner_->keep_writing(owner, which);
    if (result) {
      auto same = *track;
      courses_[result->id()] = std::move(same);
    }
    return result;
  }

  // -- asking -------------------------------------------------------------------

  bool quiet(broker& owner, connection_handle which) override {
    auto* track = find(owner, which);
    return track != nullptr && !track->was_reset
           && track->in_ready <= owner.clock().now() && inner_->quiet(owner, which);
  }

  bool peer_left(broker& owner, connection_handle which) override {
    auto* track = find(owner, which);
    return track == nullptr || track->was_reset || inner_->peer_left(owner, which);
  }

  // An accepted connection asks first of all.
  std::pair<std::string, std::string> addresses(broker& owner,
                                                connection_handle which) override {
    courses_[which.id()] = begin(owner, plan_(count_++));
    return inner_->addresses(owner, which);
  }

private:
  static course begin(broker& owner, const std::vector<fault>& faults) {
    course result;
    result.owner = owner.id();
    result.in = {faults, fault::direction::in};
    result.out = {faults, fault::direction::out};
    return result;
  }

  /// Null for a connection that has ended.
  course* find(broker& owner, connection_handle which) {
    auto i = courses_.find(which.id());
    return i != courses_.end() && i->second.owner == owner.id() ? &i->second : nullptr;
  }

  std::ptrdiff_t put(broker& owner, connection_handle to, std::span<char> bytes,
                     const fault_track::step& what) {
    if (what.drop)
      return static_cast<std::ptrdiff_t>(bytes.size());
    for (auto& x : bytes)
      x = static_cast<char>(x ^ what.mask);
    std::string_view part{bytes.data(), bytes.size()};
    return inner_->write(owner, to, {&part, 1});
  }

  void end_output(broker& owner, connection_handle which, course& track, bool reset) {
    track.out_over = true;
    if (reset)
      end_input(owner, which, track, true);
    else
      inner_->half_close(owner, which);
  }

  void end_input(broker& owner, connection_handle which, course& track, bool reset) {
    track.in_over = true;
    if (reset) {
      track.out_over = true;
      track.was_reset = true;
      inner_->abort(owner, which);
    }
    caf::anon_send(caf::actor{&owner}, caf::io::connection_closed_msg{which});
  }

  void bring_later(broker& owner, connection_handle which, const course& track,
                   std::vector<char> bytes) {
    auto wait = track.in_ready - owner.clock().now();
    caf::actor to{&owner};
    if (wait.count() <= 0)
      caf::anon_send(to, received_atom::value, which, std::move(bytes));
    else
      caf::delayed_anon_send(to, wait, received_atom::value, which, std::move(bytes));
  }

  std::shared_ptr<socket_layer> inner_;
  fault_plan plan_;
  size_t count_ = 0;
  std::unordered_map<int64_t, course> courses_;
  std::string scratch_;
};

} // namespace

std::shared_ptr<socket_layer> faulty_sockets(std::shared_ptr<socket_layer> inner,
                                             fault_plan plan) {
  return std::make_shared<faulty_layer>(std::move(inner), std::move(plan));
}

} // namespace mica::net
