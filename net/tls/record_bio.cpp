#include "tls/record_bio.hpp"

#include <utility>

namespace mica::net::tls {

namespace {

// Written as pieces of their own: appending them to a growing string would move what
// lies there already.
constexpr size_t large_record_bytes = 4096;

} // namespace

void record_bio::lend(std::string_view bytes) {
  first_size_ += bytes.copy(first_.data() + first_size_, first_.size() - first_size_);
  lent_ = bytes;
}

void record_bio::give_back() {
  if (kept_at_ == kept_.size()) {
    // Memory too: an idle connection keeps none.
    kept_ = std::string{lent_};
    kept_at_ = 0;
  } else {
    kept_.erase(0, std::exchange(kept_at_, 0));
    kept_ += lent_;
  }
  lent_ = {};
}

size_t record_bio::take(char* to, size_t room) {
  if (kept_at_ < kept_.size()) {
    auto n = kept_.copy(to, room, kept_at_);
    kept_at_ += n;
    if (kept_at_ == kept_.size()) {
      kept_ = {};
      kept_at_ = 0;
    }
    return n;
  }
  auto n = lent_.copy(to, room);
  lent_.remove_prefix(n);
  return n;
}

int record_bio::on_read(BIO* bio, char* to, size_t room, size_t* taken) {
  BIO_clear_retry_flags(bio);
  *taken = static_cast<record_bio*>(BIO_get_data(bio))->take(to, room);
  if (*taken > 0)
    return 1;
  BIO_set_retry_read(bio);
  return 0;
}

int record_bio::on_write(BIO* bio, const char* bytes, size_t size, size_t* taken) {
  BIO_clear_retry_flags(bio);
  auto& out = static_cast<record_bio*>(BIO_get_data(bio))->out_;
  if (size >= large_record_bytes)
    out.push(std::string{bytes, size});
  else
    out.buffer().append(bytes, size);
  *taken = size;
  return 1;
}

long record_bio::on_control(BIO*, int what, long, void*) {
  return what == BIO_CTRL_FLUSH ? 1 : 0;
}

int record_bio::on_create(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

const BIO_METHOD* record_bio::method() {
  static const BIO_METHOD* const result = [] {
    auto* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "records");
    if (made != nullptr) {
      BIO_meth_set_read_ex(made, on_read);
      BIO_meth_set_write_ex(made, on_write);
      BIO_meth_set_ctrl(made, on_control);
      BIO_meth_set_create(made, on_create);
    }
    return made;
  }();
  return result;
}

bio_ptr record_bio::make(record_bio& from) {
  bio_ptr result{method() == nullptr ? nullptr : BIO_new(method())};
  if (result)
    BIO_set_data(result.get(), &from);
  return result;
}

} // namespace mica::net::tls
