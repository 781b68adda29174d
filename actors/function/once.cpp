#include "function/once.hpp"

#include <string>
#include <utility>

namespace mica::detail {

handler_wrapper once(std::shared_ptr<one_shot> use) {
  return [use = std::move(use)](handler_function next) -> handler_function {
    return [use, next](context& call, const google::protobuf::Message& request) {
      if (!use->take())
        return call.fail(one_shot::refusal(std::string{call.service()}));
      call.on_done([use](const outcome& x) { use->finish(x.failure); });
      next(call, request);
    };
  };
}

} // namespace mica::detail
