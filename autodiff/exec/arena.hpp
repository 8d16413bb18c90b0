// Arena: which places of one piece of memory are free, while a plan is made.
#pragma once

#include <cstddef>
#include <map>

namespace wengert::exec {

/// Places of whole lines. A freed place is put together with its free neighbours; what is asked for gets the smallest
/// free place that it fits into, else the end grows.
class Arena {
 public:
  /// The offset of a place of `size` bytes.
  [[nodiscard]] std::size_t take(std::size_t size);
  void give(std::size_t offset, std::size_t size);
  /// Bytes that it took at most.
  [[nodiscard]] std::size_t size() const noexcept { return end_; }

 private:
  void take_out(std::map<std::size_t, std::size_t>::iterator place);

  std::multimap<std::size_t, std::size_t> by_size_;  // size -> offset
  std::map<std::size_t, std::size_t> by_offset_;     // offset -> size
  std::size_t end_ = 0;
};

}  // namespace wengert::exec
