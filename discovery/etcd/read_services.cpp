#include "etcd/wire.hpp"

#include "records/merge.hpp"

namespace mica::discovery::etcd {

namespace {

stored_records stored(const range& from) {
  stored_records result;
  result.reserve(from.items.size());
  for (const auto& item : from.items)
    result.emplace_back(item.key, item.value);
  return result;
}

} // namespace

found_service read_service(const std::string& service, const range& from) {
  found_service result;
  result.found = merge_service(service, stored(from), result.ignored);
  return result;
}

found_services read_services(const range& from) {
  found_services result;
  result.services = merge_services(stored(from), result.ignored);
  return result;
}

} // namespace mica::discovery::etcd
