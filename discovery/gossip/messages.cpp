#include "gossip/messages.hpp"

#include "gossip/msgpack.hpp"

#include <algorithm>

namespace mica::discovery::gossip {

namespace {

constexpr std::string_view mapped_prefix{"\0\0\0\0\0\0\0\0\0\0\xff\xff", 12};

bool read(msgpack_reader& from, std::string& to) {
  std::string_view text;
  if (!from.text(text))
    return false;
  to = text;
  return true;
}

bool read(msgpack_reader& from, versions& to) {
  std::string_view text;
  if (!from.text(text))
    return false;
  to = {};
  // Fewer than six are no statement (memberlist ignores them).
  if (text.size() >= to.size())
    std::copy_n(text.begin(), to.size(), to.begin());
  return true;
}

/// Reads a field of the origin; false if it is none or broken.
bool read_origin(msgpack_reader& from, std::string_view key, origin& to, bool& known) {
  known = true;
  if (key == "SourceAddr")
    return read(from, to.addr);
  if (key == "SourcePort")
    return from.number_to(to.port);
  if (key == "SourceNode")
    return read(from, to.node);
  known = false;
  return true;
}

bool read(msgpack_reader& from, indirect_ping& to) {
  return from.fields([&](std::string_view key) {
    auto known = false;
    if (!read_origin(from, key, to.source, known))
      return false;
    if (known)
      return true;
    if (key == "SeqNo")
      return from.number_to(to.seq);
    if (key == "Target")
      return read(from, to.target);
    if (key == "Port")
      return from.number_to(to.port);
    if (key == "Node")
      return read(from, to.node);
    if (key == "Nack")
      return from.boolean(to.nack);
    return from.skip();
  });
}

bool read(msgpack_reader& from, nack& to) {
  return from.fields([&](std::string_view key) {
    return key == "SeqNo" ? from.number_to(to.seq) : from.skip();
  });
}

/// `suspect` and `dead`, which look alike.
template <class Claim>
bool read_claim(msgpack_reader& from, Claim& to) {
  return from.fields([&](std::string_view key) {
    if (key == "Incarnation")
      return from.number_to(to.incarnation);
    if (key == "Node")
      return read(from, to.node);
    if (key == "From")
      return read(from, to.from);
    return from.skip();
  });
}

bool read(msgpack_reader& from, suspect& to) {
  return read_claim(from, to);
}

bool read(msgpack_reader& from, dead& to) {
  return read_claim(from, to);
}

bool read(msgpack_reader& from, alive& to) {
  return from.fields([&](std::string_view key) {
    if (key == "Incarnation")
      return from.number_to(to.incarnation);
    if (key == "Node")
      return read(from, to.node);
    if (key == "Addr")
      return read(from, to.addr);
    if (key == "Port")
      return from.number_to(to.port);
    if (key == "Meta")
      return read(from, to.meta);
    if (key == "Vsn")
      return read(from, to.vsn);
    return from.skip();
  });
}

std::string_view view(const versions& x) {
  return {reinterpret_cast<const char*>(x.data()), x.size()};
}

std::string begin(message_type type) {
  return std::string(1, static_cast<char>(type));
}

/// Fields of an origin that is one; they sort behind all others but `Target`.
void append_origin(msgpack_writer& out, const origin& x) {
  if (x.addr.empty())
    return;
  out.text("SourceAddr").text(x.addr);
  out.text("SourceNode").text(x.node);
  out.text("SourcePort").number(x.port);
}

uint8_t origin_fields(const origin& x) {
  return x.addr.empty() ? 0 : 3;
}

template <class Claim>
std::string write_claim(message_type type, const Claim& x) {
  auto result = begin(type);
  msgpack_writer out{result};
  out.map(3).text("From").text(x.from);
  out.text("Incarnation").number(x.incarnation).text("Node").text(x.node);
  return result;
}

mica::error broken(std::string what) {
  return {errc::protocol_error, "gossip: " + std::move(what)};
}

template <class T>
expected<message> parse(std::string_view bytes, const char* what) {
  msgpack_reader from{bytes};
  T result;
  if (read(from, result))
    return message{std::move(result)};
  return broken(std::string{"a message of type "} + what
                + (from.short_input() ? " is cut off at byte "
                                      : " has a field of the wrong type before byte ")
                + std::to_string(from.at()));
}

bool fits(const std::string& name, const gossip_limits& limits) {
  return !name.empty() && name.size() <= limits.name_bytes;
}

/// Checks what every consumer relies on.
expected<message> checked(expected<message> x, const gossip_limits& limits) {
  if (!x)
    return x;
  if (auto found = std::get_if<alive>(&*x)) {
    if (!fits(found->node, limits) || found->meta.size() > limits.meta_bytes)
      return broken("an alive message without a name, or with too long a name or meta");
    auto ip = to_ip(found->addr);
    if (!ip || ip->unspecified() || found->port == 0)
      return broken("the alive message of " + found->node + " has no usable address");
  } else if (auto claim = std::get_if<suspect>(&*x)) {
    if (!fits(claim->node, limits) || claim->from.size() > limits.name_bytes)
      return broken("a suspect message without a name or with too long a name");
  } else if (auto end = std::get_if<dead>(&*x)) {
    if (!fits(end->node, limits) || end->from.size() > limits.name_bytes)
      return broken("a dead message without a name or with too long a name");
  }
  return x;
}

} // namespace

bool read(msgpack_reader& from, ping& to) {
  return from.fields([&](std::string_view key) {
    auto known = false;
    if (!read_origin(from, key, to.source, known))
      return false;
    if (known)
      return true;
    if (key == "SeqNo")
      return from.number_to(to.seq);
    if (key == "Node")
      return read(from, to.node);
    return from.skip();
  });
}

bool read(msgpack_reader& from, ack& to) {
  return from.fields([&](std::string_view key) {
    return key == "SeqNo" ? from.number_to(to.seq) : from.skip();
  });
}

bool read(msgpack_reader& from, push_pull_header& to) {
  return from.fields([&](std::string_view key) {
    if (key == "Nodes")
      return from.number(to.nodes);
    if (key == "UserStateLen")
      return from.number(to.user_bytes);
    if (key == "Join")
      return from.boolean(to.join);
    return from.skip();
  });
}

bool read(msgpack_reader& from, push_node& to) {
  return from.fields([&](std::string_view key) {
    if (key == "Name")
      return read(from, to.name);
    if (key == "Addr")
      return read(from, to.addr);
    if (key == "Port")
      return from.number_to(to.port);
    if (key == "Meta")
      return read(from, to.meta);
    if (key == "Incarnation")
      return from.number_to(to.incarnation);
    if (key == "State")
      return from.number_to(to.state, 3);
    if (key == "Vsn")
      return read(from, to.vsn);
    return from.skip();
  });
}

std::optional<ip_address> to_ip(std::string_view bytes) {
  ip_address result;
  if (bytes.size() == 16 && bytes.starts_with(mapped_prefix))
    bytes.remove_prefix(mapped_prefix.size());
  if (bytes.size() != 4 && bytes.size() != 16)
    return std::nullopt;
  result.v6 = bytes.size() == 16;
  std::copy(bytes.begin(), bytes.end(), result.bytes.begin());
  return result;
}

std::string to_bytes(const ip_address& x) {
  return {reinterpret_cast<const char*>(x.bytes.data()), x.size()};
}

// Keys are sorted, as memberlist's encoder does.

std::string write(const ping& x) {
  auto result = begin(message_type::ping);
  msgpack_writer out{result};
  out.map(2 + origin_fields(x.source)).text("Node").text(x.node);
  out.text("SeqNo").number(x.seq);
  append_origin(out, x.source);
  return result;
}

std::string write(const indirect_ping& x) {
  auto result = begin(message_type::indirect_ping);
  msgpack_writer out{result};
  out.map(5 + origin_fields(x.source)).text("Nack").boolean(x.nack);
  out.text("Node").text(x.node).text("Port").number(x.port);
  out.text("SeqNo").number(x.seq);
  append_origin(out, x.source);
  out.text("Target").text(x.target);
  return result;
}

std::string write(const ack& x) {
  auto result = begin(message_type::ack);
  msgpack_writer out{result};
  out.map(2).text("Payload").nil().text("SeqNo").number(x.seq);
  return result;
}

std::string write(const nack& x) {
  auto result = begin(message_type::nack);
  msgpack_writer{result}.map(1).text("SeqNo").number(x.seq);
  return result;
}

std::string write(const suspect& x) {
  return write_claim(message_type::suspect, x);
}

std::string write(const dead& x) {
  return write_claim(message_type::dead, x);
}

std::string write(const alive& x) {
  auto result = begin(message_type::alive);
  msgpack_writer out{result};
  out.map(6).text("Addr").text(x.addr).text("Incarnation").number(x.incarnation);
  out.text("Meta").text(x.meta).text("Node").text(x.node);
  out.text("Port").number(x.port).text("Vsn").text(view(x.vsn));
  return result;
}

std::string write(const user& x) {
  return begin(message_type::user) + x.bytes;
}

void append(std::string& to, const push_pull_header& x) {
  msgpack_writer out{to};
  out.map(3).text("Join").boolean(x.join).text("Nodes").number(x.nodes);
  out.text("UserStateLen").number(x.user_bytes);
}

void append(std::string& to, const push_node& x) {
  msgpack_writer out{to};
  out.map(7).text("Addr").text(x.addr).text("Incarnation").number(x.incarnation);
  out.text("Meta").text(x.meta).text("Name").text(x.name).text("Port").number(x.port);
  out.text("State").number(static_cast<uint8_t>(x.state));
  out.text("Vsn").text(view(x.vsn));
}

expected<message> parse_message(std::string_view bytes, const gossip_limits& limits) {
  if (bytes.empty())
    return broken("a message without a type");
  auto body = bytes.substr(1);
  switch (static_cast<message_type>(bytes[0])) {
    case message_type::ping:
      return parse<ping>(body, "ping");
    case message_type::indirect_ping:
      return parse<indirect_ping>(body, "indirect ping");
    case message_type::ack:
      return parse<ack>(body, "ack");
    case message_type::nack:
      return parse<nack>(body, "nack");
    case message_type::suspect:
      return checked(parse<suspect>(body, "suspect"), limits);
    case message_type::alive:
      return checked(parse<alive>(body, "alive"), limits);
    case message_type::dead:
      return checked(parse<dead>(body, "dead"), limits);
    case message_type::user:
      return message{user{std::string{body}}};
    default:
      return broken("a message of the unknown type "
                    + std::to_string(static_cast<uint8_t>(bytes[0])));
  }
}

} // namespace mica::discovery::gossip
