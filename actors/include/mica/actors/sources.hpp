// The other parts of a service that can be replaced: selector, codec, transport, client
// and server. Needs CAF; mica/actors/service.hpp does not. For the registry and the
// broker: registry_source.hpp, broker_source.hpp.

#pragma once

#include "mica/actors/service.hpp"
#include "mica/codecs/codec.hpp"
#include "mica/discovery/selector.hpp"
#include "mica/net/transport.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace mica {

using transport_source = net::transport_source;
using selector_source = discovery::selector_source;

/// A codec and the content type that it stands for.
class codec_source {
public:
  /// @param type e.g. `application/cbor`; of those that are there, it replaces the one.
  codec_source(std::string type, std::shared_ptr<const codec> made)
    : type_(std::move(type)),
      codec_(std::move(made)) {
    // nop
  }

  /// The content type.
  const std::string& name() const noexcept {
    return type_;
  }

  const std::shared_ptr<const codec>& get() const noexcept {
    return codec_;
  }

private:
  std::string type_;
  std::shared_ptr<const codec> codec_;
};

/// What carries the calls that a service makes, instead of its transport's half.
class client_source {
public:
  /// @param carries `messages`: it is given mucp alone; `bytes`: gRPC as well.
  client_source(std::string name, net::pool_function pool,
                net::carriage carries = net::carriage::messages)
    : name_(std::move(name)),
      pool_(std::move(pool)),
      carries_(carries) {
    // nop
  }

  const std::string& name() const noexcept {
    return name_;
  }

  const net::pool_function& pool() const noexcept {
    return pool_;
  }

  net::carriage carries() const noexcept {
    return carries_;
  }

private:
  std::string name_;
  net::pool_function pool_;
  net::carriage carries_;
};

/// What brings calls to a service's handlers, instead of its transport's half. The
/// node announces its name as `protocol`.
class server_source {
public:
  server_source(std::string name, net::listen_function listen)
    : name_(std::move(name)),
      listen_(std::move(listen)) {
    // nop
  }

  const std::string& name() const noexcept {
    return name_;
  }

  const net::listen_function& listen() const noexcept {
    return listen_;
  }

private:
  std::string name_;
  net::listen_function listen_;
};

inline void apply_option(service_options& to, selector_source x) {
  to.selector = std::make_shared<const selector_source>(std::move(x));
}

/// May be given more than once.
inline void apply_option(service_options& to, codec_source x) {
  to.more_codecs.push_back(std::make_shared<const codec_source>(std::move(x)));
}

inline void apply_option(service_options& to, client_source x) {
  to.client = std::make_shared<const client_source>(std::move(x));
}

inline void apply_option(service_options& to, server_source x) {
  to.server = std::make_shared<const server_source>(std::move(x));
}

namespace net {

// Here, where a call with a transport looks for it.
inline void apply_option(service_options& to, transport_source x) {
  to.transport = std::make_shared<const transport_source>(std::move(x));
}

} // namespace net

} // namespace mica
