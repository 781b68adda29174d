#include "http/worker.hpp"

#include "http/transfer.hpp"

#include <algorithm>
#include <csignal>
#include <deque>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace mica::discovery {

namespace {

using std::chrono::steady_clock;

/// Without anything to do the thread wakes up this often; curl's own timers come in
/// between.
constexpr int idle_wait_ms = 600'000;

/// Keeps signals away from a thread that is started while this lives: they are the
/// program's, whose main thread waits for them.
class signals_blocked {
public:
  signals_blocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }

  ~signals_blocked() {
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

private:
  sigset_t before_;
};

} // namespace

/// What the thread works on. It shares ownership with the worker, so that it may
/// outlive it by a moment if the worker ends on the thread itself.
class http_worker::engine {
public:
  explicit engine(http_worker_limits limits)
    : limits_(limits),
      multi_(curl_multi_init()) {
    if (multi_)
      curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS,
                        static_cast<long>(limits_.active));
  }

  ~engine() {
    // The transfers leave before the handle they hang on.
    for (auto& [number, x] : active_)
      curl_multi_remove_handle(multi_, x->transfer.handle());
    active_.clear();
    if (multi_)
      curl_multi_cleanup(multi_);
  }

  engine(const engine&) = delete;
  engine& operator=(const engine&) = delete;

  bool usable() const noexcept {
    return multi_ != nullptr;
  }

  uint64_t start(http_request request, completion done, part_handler part) {
    auto x = std::make_unique<job>(std::move(request), limits_.header_bytes,
                                   std::move(done), std::move(part));
    std::lock_guard guard{mutex_};
    if (waiting_.size() >= limits_.waiting)
      return 0;
    x->number = ++last_number_;
    waiting_.push_back(std::move(x));
    curl_multi_wakeup(multi_);
    return last_number_;
  }

  void cancel(uint64_t number) {
    std::unique_ptr<job> dropped;
    std::lock_guard guard{mutex_};
    auto found = std::find_if(waiting_.begin(), waiting_.end(),
                              [number](const auto& x) { return x->number == number; });
    if (found != waiting_.end()) {
      dropped = std::move(*found);
      waiting_.erase(found);
      return;
    }
    cancelled_.push_back(number);
    curl_multi_wakeup(multi_);
  }

  void stop() {
    std::lock_guard guard{mutex_};
    stopped_ = true;
    curl_multi_wakeup(multi_);
  }

  void run() {
    pthread_setname_np(pthread_self(), "mica.http");
    while (take_orders()) {
      int running = 0;
      curl_multi_perform(multi_, &running);
      // A completion may begin the next request or make room for one in line.
      if (!finish_done() && !look_again_)
        curl_multi_poll(multi_, nullptr, 0, idle_wait_ms, nullptr);
    }
  }

  std::thread thread;

private:
  struct job {
    job(http_request request, size_t header_bytes, completion then, part_handler part)
      : transfer(std::move(request), header_bytes, std::move(part)),
        done(std::move(then)),
        deadline(steady_clock::now() + transfer.request().timeout) {
      // nop
    }

    http_transfer transfer;
    completion done;
    steady_clock::time_point deadline;
    uint64_t number = 0;
  };

  /// Does what other threads asked for; false to stop.
  bool take_orders() {
    std::vector<std::unique_ptr<job>> begun;
    std::vector<uint64_t> cancelled;
    {
      std::lock_guard guard{mutex_};
      if (stopped_)
        return false;
      cancelled.swap(cancelled_);
      while (!waiting_.empty() && active_.size() + begun.size() < limits_.active) {
        begun.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
      }
    }
    for (auto number : cancelled)
      if (auto found = active_.find(number); found != active_.end())
        take_out(found);
    for (auto& x : begun)
      begin(std::move(x));
    // What was cancelled or ended at once made room for others in line.
    std::lock_guard guard{mutex_};
    look_again_ = active_.size() < limits_.active && !waiting_.empty();
    return true;
  }

  void begin(std::unique_ptr<job> x) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        x->deadline - steady_clock::now());
    if (left.count() <= 0) {
      x->done(mica::error{errc::timeout, "no connection became free in time"});
      return;
    }
    auto prepared = x->transfer.prepare(left);
    if (!prepared) {
      x->done(std::move(prepared.error()));
      return;
    }
    if (auto code = curl_multi_add_handle(multi_, x->transfer.handle());
        code != CURLM_OK) {
      x->done(mica::error{errc::internal, curl_multi_strerror(code)});
      return;
    }
    numbers_.emplace(x->transfer.handle(), x->number);
    active_.emplace(x->number, std::move(x));
  }

  /// Completes what curl is done with; true if there was something.
  bool finish_done() {
    bool any = false;
    int left = 0;
    while (auto message = stopped() ? nullptr : curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE)
        continue;
      // The message does not outlive the handle's removal.
      auto result = message->data.result;
      auto found = active_.find(numbers_.at(message->easy_handle));
      auto x = take_out(found);
      x->done(x->transfer.finish(result));
      any = true;
    }
    return any;
  }

  using active_map = std::map<uint64_t, std::unique_ptr<job>>;

  std::unique_ptr<job> take_out(active_map::iterator found) {
    auto x = std::move(found->second);
    active_.erase(found);
    numbers_.erase(x->transfer.handle());
    curl_multi_remove_handle(multi_, x->transfer.handle());
    return x;
  }

  bool stopped() {
    std::lock_guard guard{mutex_};
    return stopped_;
  }

  http_worker_limits limits_;
  CURLM* multi_;

  // Of the thread.
  active_map active_;
  std::map<CURL*, uint64_t> numbers_;
  bool look_again_ = false;

  // Of everyone.
  std::mutex mutex_;
  std::deque<std::unique_ptr<job>> waiting_;
  std::vector<uint64_t> cancelled_;
  uint64_t last_number_ = 0;
  bool stopped_ = false;
};

bool init_curl() {
  static const bool done = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return done;
}

expected<std::unique_ptr<http_worker>> http_worker::make(http_worker_limits limits) {
  if (!init_curl())
    return mica::error{errc::internal, "libcurl can't be initialized"};
  auto running = std::make_shared<engine>(limits);
  if (!running->usable())
    return mica::error{errc::internal, "libcurl has no memory"};
  try {
    signals_blocked guard;
    running->thread = std::thread{[running] { running->run(); }};
  } catch (const std::system_error& x) {
    return mica::error{errc::internal, std::string{"no thread for HTTP: "} + x.what()};
  }
  return std::unique_ptr<http_worker>{new http_worker(std::move(running))};
}

http_worker::http_worker(std::shared_ptr<engine> running)
  : engine_(std::move(running)) {
  // nop
}

http_worker::~http_worker() {
  engine_->stop();
  // An actor whose last reference a completion held ends on the thread itself.
  if (engine_->thread.get_id() == std::this_thread::get_id())
    engine_->thread.detach();
  else
    engine_->thread.join();
}

uint64_t http_worker::start(http_request request, completion done, part_handler part) {
  return engine_->start(std::move(request), std::move(done), std::move(part));
}

void http_worker::cancel(uint64_t number) {
  engine_->cancel(number);
}

} // namespace mica::discovery
