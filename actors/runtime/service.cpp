#include "mica/actors/service.hpp"

#include "runtime/log.hpp"
#include "runtime/service_impl.hpp"
#include "runtime/signals.hpp"

#include <cstdlib>
#include <iostream>
#include <utility>

namespace mica {

service::service(std::string name, service_options options)
  : impl_(std::make_unique<detail::service_impl>(std::move(name), std::move(options))) {
  // nop
}

service::~service() {
  // nop
}

content_types& service::codecs() {
  return impl_->types();
}

void service::init(int argc, char** argv) {
  using action = detail::flags_outcome::action;
  auto outcome = detail::parse_flags(impl_->config(), argc, argv);
  switch (outcome.what) {
    case action::go_on:
      impl_->add_codecs();
      return;
    case action::print_and_exit:
      std::cout << outcome.text << std::flush;
      std::exit(0);
    case action::refuse:
      std::cerr << outcome.text << std::endl;
      std::exit(1);
  }
}

expected<void> service::start() {
  return impl_->start();
}

void service::stop() {
  impl_->stop();
}

int service::run(int argc, char** argv) {
  init(argc, argv);
  return run();
}

int service::run() {
  detail::stop_signals signals;
  if (auto ok = start(); !ok) {
    std::cerr << name() << ": " << to_string(ok.error()) << std::endl;
    return 1;
  }
  signals.wait();
  stop();
  return 0;
}

const std::string& service::name() const noexcept {
  return impl_->name();
}

std::string service::node_id() const {
  return impl_->node_id();
}

std::string service::address() const {
  return impl_->address();
}

void service::add_handler(handle_options options,
                          std::function<std::unique_ptr<handler>()> make) {
  impl_->add_handler({options, std::move(make)});
}

void service::add_subscriber(std::string topic, subscribe_options options,
                             std::function<std::unique_ptr<event_handler>()> make) {
  impl_->add_subscriber({std::move(topic), std::move(options), std::move(make)});
}

} // namespace mica
