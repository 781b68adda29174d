#include "grpc/zlib.hpp"

#include <algorithm>

namespace mica::grpc {

namespace {

// First guess of the decompressed size: this many times the compressed one.
constexpr size_t usual_ratio = 4;

constexpr size_t least_step = 1024;

// zlib chooses the format by this number (deflateInit2 in zlib.h).
int window_bits(coding x) {
  return x == coding::gzip ? MAX_WBITS + 16 : MAX_WBITS;
}

// zlib does not write there.
Bytef* input_of(std::string_view bytes) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast)
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
}

error broken(coding from, std::string_view what) {
  return {errc::protocol_error, "a message that is compressed by "
                                    + std::string{to_string(from)}
                                    + " can't be decompressed: " + std::string{what}};
}

} // namespace

inflater::inflater(coding from)
  : from_(from),
    ready_(inflateInit2(&stream_, window_bits(from)) == Z_OK) {
  // nop
}

inflater::~inflater() {
  if (ready_)
    inflateEnd(&stream_);
}

expected<void> inflater::run(std::string_view bytes, size_t limit, std::string& out) {
  if (!ready_ || inflateReset(&stream_) != Z_OK)
    return error{errc::internal, "no memory to decompress a message"};
  stream_.next_in = input_of(bytes);
  stream_.avail_in = static_cast<uInt>(bytes.size());
  out.clear();
  auto step = std::max(bytes.size() * usual_ratio, least_step);
  for (;;) {
    // One byte more than allowed tells a message of the limit's size from a larger one.
    auto old = out.size();
    out.resize(old + std::min(step, limit + 1 - old));
    stream_.next_out = reinterpret_cast<Bytef*>(out.data() + old);
    stream_.avail_out = static_cast<uInt>(out.size() - old);
    auto code = inflate(&stream_, Z_NO_FLUSH);
    out.resize(out.size() - stream_.avail_out);
    if (out.size() > limit)
      return error{errc::limit_exceeded, "a message of " + std::to_string(bytes.size())
                                             + " bytes has more than "
                                             + std::to_string(limit)
                                             + " decompressed (message_bytes)"};
    if (code == Z_STREAM_END)
      break;
    if (code != Z_OK && code != Z_BUF_ERROR)
      return broken(from_, stream_.msg ? stream_.msg : "it needs a dictionary");
    // Room is left and nothing more comes: the stream was cut.
    if (stream_.avail_out > 0)
      return broken(from_, "it ends too early");
    step = out.size();
  }
  if (stream_.avail_in > 0)
    return broken(from_, std::to_string(stream_.avail_in) + " bytes follow its end");
  return {};
}

bool deflate_onto(std::string& out, std::string_view bytes, coding as) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window_bits(as),
                   MAX_MEM_LEVEL - 1, Z_DEFAULT_STRATEGY)
      != Z_OK)
    return false;
  auto begin = out.size();
  // What is not smaller is of no use, so there need be no more room.
  out.resize(begin + bytes.size());
  stream.next_in = input_of(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data() + begin);
  stream.avail_out = static_cast<uInt>(bytes.size());
  auto code = deflate(&stream, Z_FINISH);
  deflateEnd(&stream);
  auto smaller = code == Z_STREAM_END && stream.avail_out > 0;
  out.resize(smaller ? out.size() - stream.avail_out : begin);
  return smaller;
}

} // namespace mica::grpc
