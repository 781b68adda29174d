#define CAF_SUITE gossip.wire

#include "gossip/lzw.hpp"
#include "gossip/msgpack.hpp"
#include "gossip/stream.hpp"
#include "gossip/update.hpp"

#include "support.hpp"

#include <caf/test/unit_test.hpp>

#include <random>

using namespace mica;
using namespace mica::test;
using namespace mica::discovery::gossip;

namespace {

/// Packets of memberlist v0.7.0, as one node sent them to another.
const auto sample_ping =
    from_hex("0085a44e6f6465a161a55365714e6f01aa536f7572636541646472a47f000001aa536f"
             "757263654e6f6465a162aa536f75726365506f7274cd461b");
const auto sample_indirect =
    from_hex("0188a44e61636bc3a44e6f6465a162a4506f7274cd461ba55365714e6f03aa536f7572"
             "636541646472a47f000001aa536f757263654e6f6465a161aa536f75726365506f7274cd"
             "461aa6546172676574a47f000001");
const auto sample_ack = from_hex("0282a75061796c6f6164c0a55365714e6f01");
const auto sample_nack = from_hex("0b81a55365714e6f03");
const auto sample_alive =
    from_hex("0ca2583dbf0486a441646472a47f000001ab496e6361726e6174696f6e02a44d657461"
             "a76d6574612d6232a44e6f6465a162a4506f7274cd461ba356736ea6010502000000");
const auto sample_dead =
    from_hex("0c460832bd0583a446726f6da162ab496e6361726e6174696f6e02a44e6f6465a162");
const auto sample_suspect =
    from_hex("0c22f867240383a446726f6da161ab496e6361726e6174696f6e01a44e6f6465a162");
const auto sample_compound =
    from_hex("0702003b00100085a44e6f6465a162a55365714e6f01aa536f7572636541646472a47f"
             "000001aa536f757263654e6f6465a161aa536f75726365506f7274cd461a0868656c6c6f"
             "2d62792d676f73736970");
const auto sample_compressed =
    from_hex("0c8e1875680982a4416c676f00a3427566da0070000f0800f083200143a48290212387"
             "d41f000002ac4ae2664c18396ec2d049f3c64d00524dcad00963aa8dc8302dc49072f286"
             "4c99502aa1bc9143a799910da3accc71632a408181100f265cd8f061c489152f66dcd8f1"
             "63c891254fb608b3b2e54baa3269dad4907367cf9f10010404");
const auto sample_stream =
    from_hex("0683a44a6f696ec3a54e6f64657301ac5573657253746174654c656e0a87a441646472"
             "a47f000001ab496e6361726e6174696f6e01a44d657461a66d6574612d61a44e616d65a1"
             "61a4506f7274cd461aa5537461746500a356736ea601050200000073746174652d6f662d"
             "61");
const auto sample_stream_compressed =
    from_hex("0982a4416c676f00a3427566da0068000d0c22a5e44d1a37c34a397943a6cc9c00acaa"
             "cc2923670a9d3074ca3029e306c0215241c8909143ea0f00000156257133268c1c3718d3"
             "bc711380549332174db5c119a68518524ec2ec0cf513ca1b39749a19d950ca22c6320046"
             "5999e3c6548002024e020808");
const auto sample_stream_user = from_hex("0881aa557365724d73674c656e0c68656c6c6f2d62"
                                         "792d746370");

wire_options plain() {
  wire_options result;
  result.compress = false;
  return result;
}

wire_options encrypted(const std::string& key) {
  auto result = plain();
  result.keys = *keyring::make({key});
  return result;
}

message only(const std::string& bytes, const wire_options& options = plain()) {
  auto opened = unpack(bytes, options);
  if (!opened)
    CAF_FAIL(opened.error().detail);
  if (opened->messages.size() != 1)
    CAF_FAIL("not one message: " << opened->why.detail);
  return opened->messages.front();
}

const std::string localhost{"\x7f\0\0\1", 4};

stream_message whole(std::string_view bytes, const wire_options& options) {
  stream_reader reader{options};
  auto x = reader.feed(bytes);
  if (!x)
    CAF_FAIL(x.error().detail);
  if (!*x)
    CAF_FAIL("not whole");
  return std::move(**x);
}

} // namespace

CAF_TEST(packets of memberlist are read and written back byte for byte) {
  ping p{1, "a", {localhost, 17'947, "b"}};
  CAF_CHECK(only(sample_ping) == message{p});
  CAF_CHECK_EQUAL(write(p), sample_ping);
  indirect_ping i{3, localhost, 17'947, "b", true, {localhost, 17'946, "a"}};
  CAF_CHECK(only(sample_indirect) == message{i});
  CAF_CHECK_EQUAL(write(i), sample_indirect);
  CAF_CHECK(only(sample_ack) == message{ack{1}});
  CAF_CHECK_EQUAL(write(ack{1}), sample_ack);
  CAF_CHECK(only(sample_nack) == message{nack{3}});
  CAF_CHECK_EQUAL(write(nack{3}), sample_nack);
  alive a{2, "b", localhost, 17'947, "meta-b2", {1, 5, 2, 0, 0, 0}};
  CAF_CHECK(only(sample_alive) == message{a});
  CAF_CHECK(*pack({write(a)}, true, plain()) == sample_alive);
  CAF_CHECK(only(sample_dead) == (message{dead{2, "b", "b"}}));
  CAF_CHECK(*pack({write(dead{2, "b", "b"})}, true, plain()) == sample_dead);
  CAF_CHECK(only(sample_suspect) == (message{suspect{1, "b", "a"}}));
  CAF_CHECK(*pack({write(suspect{1, "b", "a"})}, true, plain()) == sample_suspect);
}

CAF_TEST(compound packets of memberlist hold their parts) {
  ping p{1, "b", {localhost, 17'946, "a"}};
  auto opened = unpack(sample_compound, plain());
  CAF_REQUIRE(opened);
  CAF_REQUIRE_EQUAL(opened->messages.size(), 2u);
  CAF_CHECK(opened->messages[0] == message{p});
  CAF_CHECK(opened->messages[1] == message{user{"hello-by-gossip"}});
  CAF_CHECK(*pack({write(p), write(user{"hello-by-gossip"})}, false, plain())
            == sample_compound);
}

CAF_TEST(compressed packets of memberlist are inflated) {
  auto opened = unpack(sample_compressed, plain());
  CAF_REQUIRE(opened);
  CAF_CHECK_EQUAL(opened->broken, 0u);
  CAF_REQUIRE_EQUAL(opened->messages.size(), 2u);
  CAF_CHECK(std::holds_alternative<alive>(opened->messages[0]));
}

CAF_TEST(packets of Go Micro are read) {
  CAF_CHECK(std::holds_alternative<ack>(only(gossip_capture("ack"))));
  CAF_CHECK(std::holds_alternative<ping>(only(gossip_capture("ping"))));
  for (auto name : {"broadcast-small", "broadcast-service", "deregister"}) {
    auto opened = unpack(gossip_capture(name), plain());
    CAF_REQUIRE(opened);
    CAF_CHECK_EQUAL(opened->broken, 0u);
    auto updates = 0;
    for (auto& x : opened->messages) {
      auto said = std::get_if<user>(&x);
      if (!said)
        continue;
      ++updates;
      auto read = parse_update(said->bytes);
      CAF_REQUIRE(read);
      CAF_CHECK_EQUAL(read->type, update::service_type);
      CAF_CHECK_EQUAL(read->metadata["Content-Type"], "application/json");
      CAF_CHECK_EQUAL(write(*read), said->bytes);
      auto why = std::string{};
      CAF_CHECK(discovery::parse_service_record(read->data, why));
      auto removes = name == std::string{"deregister"};
      CAF_CHECK_EQUAL(read->what, removes ? update::remove : update::create);
      CAF_CHECK_EQUAL(read->expires == 0, removes);
    }
    CAF_CHECK_EQUAL(updates, 1);
  }
}

CAF_TEST(state exchanges of memberlist and Go Micro are read in any slices) {
  auto options = plain();
  std::vector<std::string> samples{sample_stream, sample_stream_compressed,
                                   gossip_capture("pushpull.c2s"),
                                   gossip_capture("pushpull.s2c"), sample_stream_user};
  for (auto& bytes : samples) {
    auto expected = whole(bytes, options);
    for (size_t size = 1; size < bytes.size(); ++size) {
      stream_reader reader{options};
      for (size_t at = 0; at < bytes.size(); at += size) {
        auto x = reader.feed(std::string_view{bytes}.substr(at, size));
        CAF_REQUIRE(x);
        auto last = at + size >= bytes.size();
        CAF_REQUIRE_EQUAL(x->has_value(), last);
        if (last)
          CAF_REQUIRE(**x == expected);
      }
    }
  }
  auto state = std::get<push_pull>(whole(sample_stream, options));
  CAF_CHECK(state.join);
  CAF_CHECK_EQUAL(state.user, "state-of-a");
  CAF_REQUIRE_EQUAL(state.nodes.size(), 1u);
  CAF_CHECK_EQUAL(state.nodes[0].meta, "meta-a");
  CAF_CHECK_EQUAL(write(state), sample_stream);
  CAF_CHECK_EQUAL(write_stream_user("hello-by-tcp"), sample_stream_user);
}

CAF_TEST(what is compressed inflates to the same) {
  std::mt19937 random{1};
  for (auto size : {0, 1, 2, 255, 4'096, 70'000, 300'000})
    for (auto letters : {1, 2, 40, 256}) {
      std::string text;
      for (auto i = 0; i < size; ++i)
        text += static_cast<char>(random() % static_cast<unsigned>(letters));
      auto back = inflate_lzw(deflate_lzw(text), text.size());
      CAF_REQUIRE(back);
      CAF_REQUIRE(*back == text);
    }
}

CAF_TEST(a packet that inflates too far is refused) {
  auto options = plain();
  options.compress = true;
  auto bomb = compressed(write(user{std::string(1'000'000, 'x')}));
  CAF_CHECK_LESS(bomb.size(), 10'000u);
  auto opened = unpack(bomb, options);
  CAF_REQUIRE(opened);
  CAF_CHECK(opened->messages.empty());
  CAF_CHECK_EQUAL(opened->broken, 1u);
  CAF_CHECK(opened->why.reason == errc::limit_exceeded);
}

CAF_TEST(layers within layers are refused beyond the limit) {
  auto bytes = write(ack{1});
  for (auto i = 0; i < 5; ++i)
    bytes = compressed(bytes);
  auto opened = unpack(bytes, plain());
  CAF_REQUIRE(opened);
  CAF_CHECK(opened->messages.empty());
  CAF_CHECK_EQUAL(opened->broken, 1u);
}

CAF_TEST(cut and changed packets do no harm) {
  for (auto& bytes : {sample_ping, sample_indirect, sample_alive, sample_compound,
                      sample_compressed, gossip_capture("broadcast-service")}) {
    for (size_t i = 0; i < bytes.size(); ++i) {
      auto cut = unpack(bytes.substr(0, i), plain());
      CAF_CHECK(!cut || cut->messages.size() < 3);
      auto changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ 0x55);
      auto opened = unpack(changed, plain());
      // A checksum covers all behind it, but not that there is one.
      if (bytes[0] == '\x0c' && i > 0)
        CAF_CHECK(!opened);
    }
  }
}

CAF_TEST(encrypted packets open with the right key only) {
  auto options = encrypted("0123456789abcdef");
  auto bytes = *pack({write(ack{7})}, true, options);
  CAF_CHECK(only(bytes, options) == message{ack{7}});
  auto other = unpack(bytes, encrypted("fedcba9876543210"));
  CAF_REQUIRE(!other);
  CAF_CHECK(other.error().reason == errc::permission_denied);
  CAF_CHECK(!unpack(write(ack{7}), options));
  for (size_t i = 0; i < bytes.size(); ++i) {
    auto changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    CAF_CHECK(!unpack(changed, options));
    CAF_CHECK(!unpack(bytes.substr(0, i), options));
  }
  CAF_CHECK(*pack({write(ack{7})}, true, options) != bytes);
}

CAF_TEST(old keys still decrypt) {
  auto old = encrypted("0123456789abcdef");
  auto both = plain();
  both.keys = *keyring::make({"0123456789abcdef0123456789abcdef", "0123456789abcdef"});
  CAF_CHECK(only(*pack({write(ack{7})}, true, old), both) == message{ack{7}});
  CAF_CHECK(!unpack(*pack({write(ack{7})}, true, both), old));
  auto wrong = keyring::make({"short"});
  CAF_REQUIRE(!wrong);
  CAF_CHECK(wrong.error().reason == errc::invalid_argument);
  CAF_CHECK_EQUAL(wrong.error().detail.find("short"), std::string::npos);
}

CAF_TEST(encrypted streams open with the right key only) {
  auto options = encrypted("0123456789abcdef01234567");
  auto bytes = *dress(sample_stream, options);
  auto expected = whole(sample_stream, plain());
  CAF_CHECK(whole(bytes, options) == expected);
  CAF_CHECK_EQUAL(bytes[0], '\x0a');
  for (auto other : {plain(), encrypted("fedcba9876543210")}) {
    stream_reader reader{other};
    auto x = reader.feed(bytes);
    CAF_REQUIRE(!x);
    CAF_CHECK(x.error().reason == errc::permission_denied);
  }
  stream_reader reader{options};
  auto x = reader.feed(sample_stream);
  CAF_REQUIRE(!x);
  CAF_CHECK(x.error().reason == errc::permission_denied);
  // The length is protected too.
  auto longer = bytes;
  longer[4] = static_cast<char>(longer[4] + 1);
  stream_reader second{options};
  CAF_CHECK(!second.feed(longer + '\0'));
}

CAF_TEST(a compressed and encrypted stream is both) {
  auto options = encrypted("0123456789abcdef");
  options.compress = true;
  push_pull state{true, {}, std::string(100'000, 'x')};
  auto bytes = *dress(write(state), options);
  CAF_CHECK_LESS(bytes.size(), 5'000u);
  CAF_CHECK(whole(bytes, options) == stream_message{state});
}

CAF_TEST(streams that announce too much are refused at once) {
  auto options = plain();
  options.limits.stream_bytes = 10'000;
  options.limits.members = 10;
  auto refused = [&](const std::string& bytes) {
    stream_reader reader{options};
    auto x = reader.feed(bytes);
    return !x && x.error().reason == errc::limit_exceeded;
  };
  std::string many(1, '\6');
  append(many, push_pull_header{21, 0, false});
  CAF_CHECK(refused(many));
  std::string long_state(1, '\6');
  append(long_state, push_pull_header{0, 10'001, false});
  CAF_CHECK(refused(long_state));
  std::string long_user(1, '\x8');
  msgpack_writer{long_user}.map(1).text("UserMsgLen").number(10'001);
  CAF_CHECK(refused(long_user));
  CAF_CHECK(refused(from_hex("0982a4416c676f00a3427566dbffffffff")));
  CAF_CHECK(refused(std::string(1, '\6') + std::string(10'001, '\x80')));
  options.keys = *keyring::make({"0123456789abcdef"});
  CAF_CHECK(refused(from_hex("0affffffff")));
}

CAF_TEST(numbers and texts of other msgpack writers are read) {
  auto bytes = from_hex("83a16101d90162ce00010000c40163d2000000ff");
  msgpack_reader in{bytes};
  std::vector<uint64_t> numbers;
  CAF_CHECK(in.fields([&](std::string_view) {
    numbers.push_back(0);
    return in.number(numbers.back());
  }));
  CAF_CHECK_EQUAL(numbers, (std::vector<uint64_t>{1, 65'536, 255}));
  msgpack_reader negative{std::string_view{"\xff"}};
  uint64_t ignored = 0;
  CAF_CHECK(!negative.number(ignored));
}

CAF_TEST(unknown fields of any type are passed over) {
  for (auto value : {"c0", "c2", "2a", "e0", "cb0000000000000000", "c403010203",
                     "93010203", "8201020304", "d40102", "c7020102ff", "dc00020102",
                     "de00010102", "cf0000000000000001", "d9026161"}) {
    auto bytes = from_hex("0282a178") + from_hex(value) + from_hex("a55365714e6f09");
    CAF_CHECK(only(bytes) == message{ack{9}});
  }
  // Deep nesting is no reason to recurse without end.
  auto deep = from_hex("0282a178") + std::string(1'000, '\x91') + from_hex("01");
  auto result = unpack(deep, plain());
  CAF_REQUIRE(result);
  CAF_CHECK_EQUAL(result->broken, 1u);
}
