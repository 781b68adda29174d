#include "mica/actors/function.hpp"

#include "function/one_shot.hpp"
#include "runtime/service_impl.hpp"
#include "runtime/signals.hpp"

#include <iostream>
#include <utility>

namespace mica {

namespace {

std::optional<error> wait_for_use(detail::service_impl& of,
                                  detail::stop_signals& signals) {
  auto& use = *of.one_use();
  auto withdrawn = false;
  while (!use.outcome()) {
    if (signals.wait(use.descriptor()) != 0)
      // A call that is under way is answered by the stop, within the drain time.
      break;
    use.clear();
    if (use.taken() && !std::exchange(withdrawn, true))
      of.withdraw_early();
  }
  return use.outcome();
}

} // namespace

function::function(std::string name, service_options options)
  : service(std::move(name), std::move(options)) {
  impl().serve_once(std::make_shared<detail::one_shot>());
}

function::~function() {
  // nop
}

int function::run(int argc, char** argv) {
  init(argc, argv);
  return run();
}

int function::run() {
  detail::stop_signals signals;
  if (auto ok = start(); !ok) {
    std::cerr << name() << ": " << to_string(ok.error()) << std::endl;
    return not_started;
  }
  wait_for_use(impl(), signals);
  stop();
  auto how = outcome();
  if (!how || !*how)
    return served;
  std::cerr << name() << ": " << to_string(*how) << std::endl;
  return failed;
}

std::optional<error> function::wait() {
  detail::stop_signals signals;
  return wait_for_use(impl(), signals);
}

std::optional<error> function::outcome() const {
  return impl().one_use()->outcome();
}

} // namespace mica
