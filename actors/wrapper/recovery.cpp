#include "mica/actors/wrapper_logging.hpp"

#include "wrapper/line_text.hpp"

#include <exception>
#include <string>
#include <utility>

namespace mica {

handler_wrapper recovery(recovery_options how) {
  return [how = std::move(how)](handler_function next) -> handler_function {
    return [how, next](context& call, const google::protobuf::Message& request) {
      auto answer = [&](std::string_view what) {
        if (how.report)
          how.report(call.endpoint(), what);
        std::string text = "the handler failed";
        if (how.text_bytes > 0)
          text += ": " + detail::line_text(what, how.text_bytes);
        call.fail(error{how.code, std::move(text)});
      };
      try {
        next(call, request);
      } catch (const std::exception& x) {
        answer(x.what());
      } catch (...) {
        answer("an exception that is no std::exception");
      }
    };
  };
}

} // namespace mica
