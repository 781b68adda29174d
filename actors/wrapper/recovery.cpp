#include "mica/actors/wrapper_logging.hpp"

#include "wrapper/line_text.hpp"

#include <exception>
#include <string>
#include <utility>

namespace mica {

namespace {

error failure(const recovery_options& how, std::string_view where,
              std::string_view what, std::string text) {
  if (how.report)
    how.report(where, what);
  if (how.text_bytes > 0)
    text += ": " + detail::line_text(what, how.text_bytes);
  return {how.code, std::move(text)};
}

constexpr std::string_view unknown = "an exception that is no std::exception";

} // namespace

handler_wrapper recovery(recovery_options how) {
  return [how = std::move(how)](handler_function next) -> handler_function {
    return [how, next](context& call, const google::protobuf::Message& request) {
      auto answer = [&](std::string_view what) {
        call.fail(failure(how, call.endpoint(), what, "the handler failed"));
      };
      try {
        next(call, request);
      } catch (const std::exception& x) {
        answer(x.what());
      } catch (...) {
        answer(unknown);
      }
    };
  };
}

subscriber_wrapper event_recovery(recovery_options how) {
  return [how = std::move(how)](subscriber_function next) -> subscriber_function {
    return [how, next](event_context& event,
                       const google::protobuf::Message& message) -> expected<void> {
      try {
        return next(event, message);
      } catch (const std::exception& x) {
        return failure(how, event.topic(), x.what(), "the subscriber failed");
      } catch (...) {
        return failure(how, event.topic(), unknown, "the subscriber failed");
      }
    };
  };
}

} // namespace mica
