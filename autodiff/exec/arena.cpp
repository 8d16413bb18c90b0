#include "wengert/autodiff/exec/arena.hpp"

#include <iterator>

namespace wengert::exec {

void Arena::take_out(std::map<std::size_t, std::size_t>::iterator place) {
  const auto range = by_size_.equal_range(place->second);
  for (auto s = range.first; s != range.second; ++s) {
    if (s->second != place->first) continue;
    by_size_.erase(s);
    break;
  }
  by_offset_.erase(place);
}

void Arena::give(std::size_t offset, std::size_t size) {
  if (size == 0) return;
  auto next = by_offset_.lower_bound(offset);
  if (next != by_offset_.begin()) {
    const auto before = std::prev(next);
    if (before->first + before->second == offset) {
      offset = before->first, size += before->second;
      take_out(before);
      next = by_offset_.lower_bound(offset);
    }
  }
  if (next != by_offset_.end() && offset + size == next->first) {
    size += next->second;
    take_out(next);
  }
  by_offset_.emplace(offset, size);
  by_size_.emplace(size, offset);
}

std::size_t Arena::take(std::size_t size) {
  if (size == 0) return 0;
  const auto fit = by_size_.lower_bound(size);
  if (fit != by_size_.end()) {
    const std::size_t offset = fit->second, all = fit->first;
    take_out(by_offset_.find(offset));
    give(offset + size, all - size);
    return offset;
  }
  // The free piece at the end grows.
  std::size_t offset = end_;
  if (!by_offset_.empty()) {
    const auto back = std::prev(by_offset_.end());
    if (back->first + back->second == end_) {
      offset = back->first;
      take_out(back);
    }
  }
  end_ = offset + size;
  return offset;
}

}  // namespace wengert::exec
