#include "mica/net/init_actor.hpp"

#include <caf/error.hpp>
#include <caf/make_message.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/sec.hpp>
#include <caf/system_messages.hpp>

#include <exception>
#include <string>

namespace mica::net {

namespace {

caf::error to_reason(std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& x) {
    return caf::make_error(caf::sec::runtime_error, std::string{x.what()});
  } catch (...) {
    return caf::make_error(caf::sec::runtime_error,
                           std::string{"an exception that is no std::exception"});
  }
}

} // namespace

void init_actor(caf::scheduled_actor* self) {
  self->set_default_handler(caf::drop);
  self->set_down_handler([](caf::scheduled_actor*, caf::down_msg&) {
    // nop
  });
  self->set_exception_handler([](caf::scheduled_actor*, std::exception_ptr& thrown) {
    return to_reason(thrown);
  });
}

} // namespace mica::net
