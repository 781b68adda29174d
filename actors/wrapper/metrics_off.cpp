// Stands for metrics.cpp without MICA_WITH_METRICS: everything is there, nothing
// counts.

#include "mica/actors/wrapper_metrics.hpp"

namespace mica {

metrics::metrics(metrics_options) {
  // nop
}

void metrics::identify(std::string, std::string, std::string) {
  // nop
}

handler_wrapper metrics::handler() const {
  return [](handler_function next) { return next; };
}

client_wrapper metrics::client() const {
  return [](client_function next) { return next; };
}

call_wrapper metrics::call() const {
  return [](call_function next) { return next; };
}

stream_wrapper metrics::stream() const {
  return [](stream_function next) { return next; };
}

subscriber_wrapper metrics::subscriber() const {
  return [](subscriber_function next) { return next; };
}

std::string metrics::text() const {
  return {};
}

bool metrics::available() noexcept {
  return false;
}

} // namespace mica
