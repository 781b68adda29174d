#include "mica/codecs/codec.hpp"

#include "proto/explain.hpp"
#include "proto/string_sink.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/message.h>
#include <google/protobuf/stubs/logging.h>

#include <limits>

namespace mica {

namespace {

namespace pb = google::protobuf;

// Protobuf counts in int; a body may not be larger.
constexpr auto max_size = static_cast<size_t>(std::numeric_limits<int>::max());

// From here on a sink costs less than clearing what is written over.
constexpr size_t large_bytes = 16 * 1024;

// protobuf's own way clears all of `out` first. @pre `message.ByteSizeLong()` was asked
bool append_large(const pb::Message& message, std::string& out) {
  proto::string_sink sink{out};
  pb::io::CodedOutputStream coded{&sink};
  coded.EnableAliasing(true);
  message.SerializeWithCachedSizes(&coded);
  return !coded.HadError();
}

// What protobuf logged while this thread decodes. It names the field that is no
// UTF-8, which its API does not, and a peer must not be able to fill our log.
thread_local std::string* captured = nullptr;
pb::LogHandler* previous = nullptr;

void on_log(pb::LogLevel level, const char* file, int line, const std::string& text) {
  if (captured && level != pb::LOGLEVEL_FATAL)
    *captured = text;
  else if (previous)
    previous(level, file, line, text);
}

class capture {
public:
  capture() {
    captured = &text_;
  }

  ~capture() {
    captured = nullptr;
  }

  const std::string& text() const noexcept {
    return text_;
  }

private:
  std::string text_;
};

error invalid(const pb::Message& message, const std::string& what) {
  return {errc::invalid_argument, message.GetDescriptor()->full_name() + ": " + what};
}

error too_large(const pb::Message& message, size_t size) {
  return {errc::limit_exceeded, message.GetDescriptor()->full_name() + ": "
                                    + std::to_string(size)
                                    + " bytes are more than protobuf's 2 GiB"};
}

error incomplete(const pb::Message& message) {
  return invalid(message,
                 "required fields missing: " + message.InitializationErrorString());
}

error refused(std::string_view body, const pb::Message& message,
              const std::string& log) {
  if (auto why = proto::explain(body, *message.GetDescriptor()); !why.empty())
    return invalid(message, why);
  // "String field 'a.b' contains invalid UTF-8 data when parsing ..."
  if (auto begin = log.find('\''); begin != std::string::npos)
    if (auto end = log.find('\'', begin + 1);
        end != std::string::npos && log.find("UTF-8") != std::string::npos)
      return invalid(message, "field " + log.substr(begin + 1, end - begin - 1)
                                  + " is not valid UTF-8");
  return invalid(message, "not a protobuf encoding of this message");
}

class proto_bodies final : public codec {
public:
  std::string_view name() const noexcept override {
    return "proto";
  }

  expected<void> encode(const pb::Message& message, std::string& out) const override {
    if (!message.IsInitialized())
      return incomplete(message);
    auto size = message.ByteSizeLong();
    if (size > max_size)
      return too_large(message, size);
    auto begin = out.size();
    if (size < large_bytes) {
      out.resize(begin + size);
      message.SerializeWithCachedSizesToArray(
          reinterpret_cast<uint8_t*>(out.data() + begin));
      return {};
    }
    out.reserve(begin + size);
    if (!append_large(message, out) || out.size() != begin + size) {
      out.resize(begin);
      return error{errc::internal, message.GetDescriptor()->full_name()
                                       + " was changed while it was encoded"};
    }
    return {};
  }

  expected<void> decode(std::string_view body, pb::Message& message) const override {
    if (body.size() > max_size)
      return too_large(message, body.size());
    capture log;
    if (!message.ParsePartialFromArray(body.data(), static_cast<int>(body.size())))
      return refused(body, message, log.text());
    if (!message.IsInitialized())
      return incomplete(message);
    return {};
  }
};

} // namespace

std::shared_ptr<const codec> proto_codec() {
  [[maybe_unused]] static const auto once = [] {
    previous = pb::SetLogHandler(&on_log);
    return true;
  }();
  return std::make_shared<proto_bodies>();
}

} // namespace mica
