#include "broker/subscriber_core.hpp"

#include "mica/codecs/grpc.hpp"

#include <exception>
#include <utility>

namespace mica::detail {

namespace {

// A message that once held this much is not kept for the next event.
constexpr size_t max_kept_message_bytes = 64 * 1024;

std::string text_of(const std::exception_ptr& problem) {
  try {
    std::rethrow_exception(problem);
  } catch (const std::exception& x) {
    return x.what();
  } catch (...) {
    return "an exception that is no std::exception";
  }
}

// Go Micro's gRPC types put a prefix in front of the message here too: a flag, which is
// 0, and four bytes of length.
expected<std::string_view> without_prefix(std::string_view body) {
  auto byte = [&](size_t i) {
    return static_cast<uint32_t>(static_cast<uint8_t>(body[i]));
  };
  if (body.size() >= grpc::prefix_bytes && body[0] == 0
      && ((byte(1) << 24) | (byte(2) << 16) | (byte(3) << 8) | byte(4))
             == body.size() - grpc::prefix_bytes)
    return body.substr(grpc::prefix_bytes);
  return error{errc::invalid_argument,
               "the body has no gRPC prefix of its length in front of an uncompressed "
               "message"};
}

} // namespace

subscriber_core::subscriber_core(subscriber_factory make,
                                 std::vector<subscriber_wrapper> wrappers,
                                 std::shared_ptr<server_environment> env)
  : make_(std::move(make)),
    object_(make_()),
    env_(std::move(env)),
    message_(object_->make_message()) {
  if (wrappers.empty())
    return;
  chain_ = [this](event_context& context, const google::protobuf::Message& message) {
    return object_->take(context, message);
  };
  // The first listed becomes the outermost.
  for (auto i = wrappers.rbegin(); i != wrappers.rend(); ++i)
    chain_ = (*i)(std::move(chain_));
}

void subscriber_core::release() noexcept {
  object_.reset();
}

bool subscriber_core::replace_object(std::string& why) {
  object_.reset();
  try {
    object_ = make_();
    return true;
  } catch (...) {
    why = text_of(std::current_exception());
    return false;
  }
}

const mica::codec* subscriber_core::codec_of(std::string_view content_type) {
  if (codec_ != nullptr && content_type == content_type_)
    return codec_;
  const auto* entry = grpc::is_grpc(content_type)
                          ? grpc::find_codec(content_type, env_->types)
                          : env_->types.find(content_type);
  if (!entry)
    return nullptr;
  content_type_ = content_type;
  codec_ = entry->body.get();
  return codec_;
}

expected<void> subscriber_core::decode(const event& what) {
  auto type = what.content_type();
  const auto* codec = codec_of(type);
  if (!codec)
    return error{errc::unsupported_content_type,
                 "no codec for Content-Type " + std::string{type.substr(0, 64)}
                     + "; there are " + env_->types.names(),
                 env_->service};
  if (std::exchange(large_, what.body.size() > max_kept_message_bytes))
    message_.reset(message_->New());
  if (!grpc::is_grpc(type))
    return codec->decode(what.body, *message_);
  auto body = without_prefix(what.body);
  return body ? codec->decode(*body, *message_) : std::move(body.error());
}

handled subscriber_core::serve(const pending_event_ptr& what) {
  using outcome = handled::outcome;
  std::string why;
  if (!object_ && !replace_object(why))
    return {outcome::nack,
            {errc::internal, "the subscriber can't be made: " + why, env_->service}};
  if (message_)
    if (auto ok = decode(*what->what.what); !ok)
      return {outcome::hopeless, std::move(ok.error())};
  if (admit && !admit())
    return {outcome::refused};
  const google::protobuf::Message& message = message_ ? *message_ : nothing_;
  try {
    event_context context{what};
    auto result = chain_ ? chain_(context, message) : object_->take(context, message);
    if (what->deferred)
      return {outcome::deferred};
    if (result)
      return {};
    if (result.error().id.empty())
      result.error().id = env_->service;
    return {outcome::nack, std::move(result.error())};
  } catch (...) {
    auto text = text_of(std::current_exception());
    // Its state can't be trusted any more.
    if (!replace_object(why))
      text += "; and no new one can be made: " + why;
    return {outcome::nack,
            {errc::internal, "the subscriber threw: " + text, env_->service}};
  }
}

} // namespace mica::detail
