#include "etcd/etcd_client.hpp"

#include "etcd/wire.hpp"

#include <utility>

namespace mica::discovery::etcd {

etcd_client::etcd_client(agent_client& agent, credentials who,
                         std::chrono::milliseconds timeout)
  : agent_(agent),
    who_(std::move(who)),
    timeout_(timeout) {
  // nop
}

void etcd_client::ask(api_request request, handler done) {
  send(std::move(request), false, std::move(done));
}

void etcd_client::when_ready(std::function<void(expected<void>)> go) {
  if (who_.user.empty() || agent_.has_token())
    return go({});
  if (line_.size() >= waiting)
    return go(
        mica::error{errc::overloaded, "etcd at " + agent_.url()
                                          + ": too many requests wait for a token"});
  line_.push_back(std::move(go));
  if (!authenticating_)
    authenticate();
}

void etcd_client::forget_token() {
  agent_.use_token({});
}

void etcd_client::send(api_request request, bool again, handler done) {
  when_ready([this, again, request = std::move(request),
              done = std::move(done)](expected<void> ready) {
    if (!ready)
      return done(std::move(ready.error()));
    auto take = [this, again, request, done](expected<http_answer> answer) {
      if (!answer)
        return done(std::move(answer.error()));
      if (!who_.user.empty() && !again && wants_token(*answer)) {
        forget_token();
        return send(request, true, done);
      }
      if (auto failure = refused(*answer, agent_.url()))
        return done(std::move(failure));
      done(std::move(*answer));
    };
    agent_.start(request, timeout_, fail_over::at_once, std::move(take));
  });
}

void etcd_client::authenticate() {
  authenticating_ = true;
  agent_.start(authenticate_request(who_.user, who_.password), timeout_,
               fail_over::at_once, [this](expected<http_answer> answer) {
                 authenticating_ = false;
                 if (!answer)
                   return authenticated(std::move(answer.error()));
                 if (auto failure = refused(*answer, agent_.url())) {
                   // A wrong password is a bad argument to etcd.
                   if (answer->status == 400)
                     failure.reason = errc::unauthenticated;
                   return authenticated(std::move(failure));
                 }
                 auto token = parse_token(answer->body);
                 if (!token)
                   return authenticated(std::move(token.error()));
                 agent_.use_token(std::move(*token));
                 authenticated({});
               });
}

void etcd_client::authenticated(expected<void> outcome) {
  // They may come back into the line.
  auto line = std::exchange(line_, {});
  for (auto& go : line)
    go(outcome);
}

} // namespace mica::discovery::etcd
