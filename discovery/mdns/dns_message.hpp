// DNS messages as multicast DNS uses them (RFC 1035 section 4, RFC 6762 section 18).

#pragma once

#include "mica/codecs/expected.hpp"

#include "mdns/address.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace mica::discovery::mdns {

// Names are text in what follows: labels joined by dots, without the dot at the end,
// `greeter.micro`. A dot or backslash inside a label stands behind a backslash; every
// other byte is as it is on the wire. The root is the empty text.

/// Bytes of one label, and of a whole name on the wire (RFC 1035 section 3.1).
constexpr size_t max_label_bytes = 63;
constexpr size_t max_name_bytes = 255;

/// The largest UDP datagram over IPv4.
constexpr size_t max_datagram_bytes = 65'507;

/// Questions plus records of one message. Ours hold five, a busy Avahi's some dozens.
constexpr size_t max_message_records = 512;

/// Types of records and questions that matter here; others are read and skipped.
enum class rr_type : uint16_t {
  a = 1,
  ptr = 12,
  txt = 16,
  aaaa = 28,
  srv = 33,
  any = 255
};

/// What is asked. Class IN or ANY; questions of another class are not delivered.
struct question {
  std::string name;
  rr_type type = rr_type::ptr;
  /// The QU bit: the answer may come by unicast (RFC 6762 section 5.4).
  bool unicast = false;

  bool operator==(const question&) const = default;
};

/// Data of a PTR record.
struct ptr_data {
  std::string target;

  bool operator==(const ptr_data&) const = default;
};

/// Data of an SRV record (RFC 2782).
struct srv_data {
  uint16_t priority = 0;
  uint16_t weight = 0;
  uint16_t port = 0;
  std::string target;

  bool operator==(const srv_data&) const = default;
};

/// Data of a TXT record: its strings, one after the other without a gap. Where they
/// were cut has no meaning here; the writer cuts after every 255 bytes.
struct txt_data {
  std::string text;

  bool operator==(const txt_data&) const = default;
};

/// One resource record of class IN. Those of other classes and types are skipped.
struct record {
  std::string name;
  /// Seconds; 0 takes the record back.
  uint32_t ttl = 0;
  /// The address is an A or an AAAA record.
  std::variant<ptr_data, srv_data, txt_data, ip_address> data;

  bool operator==(const record&) const = default;
};

/// A DNS message. Authorities are left out: only probes have them.
struct message {
  uint16_t id = 0;
  bool response = false;
  bool authoritative = false;
  bool truncated = false;
  /// Neither is ever non-zero in multicast DNS; such messages are to be ignored.
  uint8_t opcode = 0;
  uint8_t rcode = 0;
  std::vector<question> questions;
  std::vector<record> answers;
  std::vector<record> additionals;

  bool operator==(const message&) const = default;
};

/// Reads a message. Bytes behind the last record are ignored.
///
/// Fails with `errc::protocol_error` on a message that ends early, compression
/// pointers that don't point backwards, labels and names above their limits, record
/// data that doesn't fill its length; with `errc::limit_exceeded` above
/// `max_message_records`. The text names the part and the offset.
expected<message> parse_message(std::string_view bytes);

/// Writes a message; names are compressed where an earlier one ends in the same
/// labels, except inside SRV records (RFC 2782).
///
/// Fails with `errc::invalid_argument` on a name with an empty or overlong label and
/// with `errc::limit_exceeded` above `max_datagram_bytes`.
expected<std::string> write_message(const message& x);

/// Checks that a name can be put on the wire. The text says which label is at fault.
expected<void> check_name(std::string_view name);

/// Makes the text form of a name out of labels joined by dots, as Go Micro's services
/// and node ids are: a backslash is a plain character there.
std::string escape_name(std::string_view plain);

/// Undoes `escape_name`.
std::string unescape_name(std::string_view name);

} // namespace mica::discovery::mdns
