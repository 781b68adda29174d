#define CAF_SUITE consul.http_worker

#include "http/worker.hpp"

#include "fake_agent.hpp"

#include <caf/test/unit_test.hpp>

#include <condition_variable>
#include <mutex>

using namespace mica::discovery;
using namespace mica::test::consul;
using namespace std::chrono_literals;

using mica::errc;

namespace {

std::unique_ptr<http_worker> make(http_worker_limits limits = {}) {
  auto result = http_worker::make(limits);
  if (!result)
    CAF_FAIL(result.error().detail);
  return std::move(*result);
}

/// Outcomes as they come: the body, or the name of the error.
class outcomes {
public:
  http_worker::completion take() {
    return [this](mica::expected<http_answer> x) {
      std::lock_guard guard{mutex_};
      seen_.push_back(x ? x->body : std::string{to_string(x.error().reason)});
      changed_.notify_all();
    };
  }

  /// All of them, once there are `count`; fewer after ten seconds.
  std::vector<std::string> await(size_t count) {
    std::unique_lock guard{mutex_};
    changed_.wait_for(guard, 10s, [&] { return seen_.size() >= count; });
    return seen_;
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> seen_;
};

http_request get(const fake_agent& from, const std::string& path = "/") {
  http_request result;
  result.method = "GET";
  result.url = "http://" + from.address() + path;
  return result;
}

/// Answers with the path; hangs on `/hang`.
fake_reply echo(const std::string& head) {
  auto path = head.substr(head.find('/'), head.find(" HTTP") - head.find('/'));
  return path == "/hang" ? fake_reply{"", true} : fake_reply{http_reply(path)};
}

} // namespace

CAF_TEST(many requests are answered each with its own answer) {
  fake_agent agent{echo};
  outcomes seen;
  auto worker = make();
  std::vector<std::string> expected;
  for (int i = 0; i < 200; ++i) {
    expected.push_back("/" + std::to_string(i));
    CAF_REQUIRE(worker->start(get(agent, expected.back()), seen.take()) != 0);
  }
  auto got = seen.await(200);
  std::sort(got.begin(), got.end());
  std::sort(expected.begin(), expected.end());
  CAF_CHECK_EQUAL(got, expected);
}

CAF_TEST(a PUT says what it carries and nothing else) {
  fake_agent agent{echo};
  outcomes seen;
  auto worker = make();
  auto request = get(agent, "/put");
  request.method = "PUT";
  request.body = "12345";
  CAF_REQUIRE(worker->start(request, seen.take()) != 0);
  request.body.clear();
  CAF_REQUIRE(worker->start(request, seen.take()) != 0);
  CAF_CHECK_EQUAL(seen.await(2), (std::vector<std::string>{"/put", "/put"}));
  size_t with_body = 0;
  for (const auto& head : agent.heads()) {
    CAF_CHECK(head.starts_with("PUT /put HTTP/1.1\r\n"));
    CAF_CHECK_EQUAL(head.find("Content-Type"), std::string::npos);
    CAF_CHECK_EQUAL(head.find("Expect"), std::string::npos);
    CAF_CHECK_NOT_EQUAL(head.find("Content-Length: "), std::string::npos);
    with_body += head.find("Content-Length: 5\r\n") != std::string::npos;
  }
  CAF_CHECK_EQUAL(with_body, 1u);
}

CAF_TEST(a cancelled request is not answered and frees its place) {
  fake_agent agent{echo};
  outcomes seen;
  outcomes given_up;
  auto worker = make({.active = 1});
  auto first = worker->start(get(agent, "/hang"), given_up.take());
  auto second = worker->start(get(agent, "/never-sent"), given_up.take());
  CAF_REQUIRE(worker->start(get(agent, "/third"), seen.take()) != 0);
  worker->cancel(second);
  worker->cancel(first);
  worker->cancel(first);
  worker->cancel(12'345);
  CAF_CHECK_EQUAL(seen.await(1), std::vector<std::string>{"/third"});
  CAF_CHECK(given_up.await(0).empty());
  for (const auto& head : agent.heads())
    CAF_CHECK_EQUAL(head.find("never-sent"), std::string::npos);
}

CAF_TEST(beyond the line a request is refused) {
  fake_agent agent{echo};
  outcomes given_up;
  auto worker = make({.active = 1, .waiting = 2});
  size_t refused = 0;
  for (int i = 0; i < 10; ++i)
    refused += worker->start(get(agent, "/hang"), given_up.take()) == 0;
  // One is under way, or about to be.
  CAF_CHECK_GREATER_OR_EQUAL(refused, 7u);
  CAF_CHECK_LESS_OR_EQUAL(refused, 8u);
}

CAF_TEST(time in line counts) {
  fake_agent agent{echo};
  outcomes seen;
  auto worker = make({.active = 1});
  auto request = get(agent, "/hang");
  request.timeout = 100ms;
  for (int i = 0; i < 5; ++i)
    CAF_REQUIRE(worker->start(request, seen.take()) != 0);
  CAF_CHECK_EQUAL(seen.await(5), std::vector<std::string>(5, "timeout"));
}

CAF_TEST(a worker that ends answers nothing more) {
  fake_agent agent{echo};
  outcomes given_up;
  auto worker = make({.active = 2});
  for (int i = 0; i < 5; ++i)
    CAF_REQUIRE(worker->start(get(agent, "/hang"), given_up.take()) != 0);
  worker.reset();
  CAF_CHECK(given_up.await(0).empty());
}

CAF_TEST(a worker can end in a completion) {
  fake_agent agent{echo};
  outcomes seen;
  auto worker = make();
  CAF_REQUIRE(worker->start(get(agent, "/hang"), seen.take()) != 0);
  // The completion runs on the worker's thread; the pointer is ours until then.
  std::mutex ready;
  ready.lock();
  auto end = [&, take = seen.take()](mica::expected<http_answer> x) {
    std::lock_guard guard{ready};
    worker.reset();
    take(std::move(x));
  };
  CAF_REQUIRE(worker->start(get(agent, "/last"), end) != 0);
  ready.unlock();
  CAF_CHECK_EQUAL(seen.await(1), std::vector<std::string>{"/last"});
}
