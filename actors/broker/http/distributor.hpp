// Publishing: from the post office by the registry's word to the pool.

#pragma once

#include "broker/http/outbox.hpp"
#include "broker/http/post_office.hpp"

#include "mica/net/pool.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mica::broker::http {

/// Lives on the I/O lane. Its actor asks the registry and keeps the time.
class distributor : public std::enable_shared_from_this<distributor> {
public:
  using time_point = outbox::time_point;

  struct helpers {
    /// `update` shall hear of this service from now on.
    std::function<void(const std::string& service)> watch;
    /// `update` or `not_found` shall answer.
    std::function<void(const std::string& service)> look_up;
    /// `tick` shall be called then.
    std::function<void(time_point when)> wake_at;
    std::function<time_point()> now;
    /// For the log.
    std::function<void(const std::string& line)> report;
  };

  distributor(const http_broker_options& options, bool secure, uint64_t seed);

  /// Call both before all others.
  void use(helpers what);
  void use(std::shared_ptr<net::pool> pool);

  void publish(std::vector<publication_ptr> what);

  /// As `recipient_table`.
  void add(const announcement& what);
  void remove(const std::string& id);

  void update(const discovery::snapshot& x);
  void not_found(const std::string& service, const error& why);

  void tick();

  /// Fails what is not answered yet.
  void close(const error& why);

private:
  bool knows_all() const noexcept {
    return knows_v1_ && knows_v2_;
  }

  void found(const std::string& service);
  void pump();
  void send(outbox::posting&& what);
  void answered(uint64_t number, expected<http_response> response);

  helpers helpers_;
  std::shared_ptr<net::pool> pool_;
  outbox outbox_;
  /// Waits for the registry's first answers.
  std::vector<publication_ptr> parked_;
  bool watching_ = false;
  bool knows_v1_ = false;
  bool knows_v2_ = false;
  bool asking_v1_ = false;
  bool asking_v2_ = false;
  bool pumping_ = false;
  bool too_many_ = false;
  time_point armed_ = time_point::max();
};

} // namespace mica::broker::http
