#include "fault/fault_track.hpp"

#include <algorithm>

namespace mica::net {

namespace {

using kind = fault::kind;

bool happens_once(kind what) {
  return what == kind::delay || what == kind::half_close || what == kind::reset;
}

// The first byte that a fault has nothing to do with any more.
uint64_t end_of(const fault& x) {
  return x.bytes > UINT64_MAX - x.at ? UINT64_MAX : x.at + x.bytes;
}

} // namespace

fault_track::fault_track(const std::vector<fault>& all, fault::direction side) {
  for (const auto& x : all)
    if (x.side == side && x.what != kind::refuse)
      faults_.push_back({x});
}

fault_track::step fault_track::next(size_t offered) {
  step result;
  result.bytes = offered;
  for (auto& x : faults_) {
    if (x.done)
      continue;
    if (position_ < x.what.at) {
      result.bytes = std::min<uint64_t>(result.bytes, x.what.at - position_);
      continue;
    }
    if (happens_once(x.what.what)) {
      x.done = true;
      step alone;
      apply(x.what, alone);
      return alone;
    }
    if (position_ >= end_of(x.what)) {
      x.done = true;
      continue;
    }
    result.bytes = std::min<uint64_t>(result.bytes, end_of(x.what) - position_);
    apply(x.what, result);
  }
  return result;
}

void fault_track::apply(const fault& what, step& to) const {
  switch (what.what) {
    case kind::delay:
      to.delay = what.time;
      break;
    case kind::drop:
      to.drop = true;
      break;
    case kind::slice:
      to.bytes = std::min(to.bytes, std::max<size_t>(what.size, 1));
      to.pause = true;
      break;
    case kind::corrupt:
      to.mask ^= what.mask;
      break;
    case kind::half_close:
      to.half_close = true;
      break;
    case kind::reset:
      to.reset = true;
      break;
    case kind::refuse:
      break;
  }
}

} // namespace mica::net
