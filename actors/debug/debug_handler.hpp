// Debug.Health and Debug.Stats, on every service.

#pragma once

#include "mica/actors/handler.hpp"
#include "server/pending_call.hpp"

#include <memory>

namespace mica::detail {

/// Answers as Go Micro's Debug handler does. Written by hand: the generator's output
/// can't be part of what the generator's users link.
class debug_handler : public handler {
public:
  explicit debug_handler(std::shared_ptr<server_environment> env);

  const service_descriptor& descriptor() const noexcept override;

  void invoke(size_t method, context& call,
              const google::protobuf::Message& request) override;

private:
  std::shared_ptr<server_environment> env_;
};

} // namespace mica::detail
