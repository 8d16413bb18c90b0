// IndexSets: sets of column numbers that many values of a program share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace wengert::detail {

/// A set in the table; equal small sets have equal numbers.
using SetId = std::uint32_t;
inline constexpr SetId empty_set = 0;

/// Sets that only grow in number. One of up to `most_listed` elements is listed, ascending, and stored once: a chain
/// through the same variables costs no memory. A larger one is the union of two others, and is listed when a row of a
/// pattern is written. So the partial sums of n terms cost n, not n².
class IndexSets {
 public:
  static constexpr std::size_t most_listed = 64;

  /// Sets of numbers below `columns`.
  explicit IndexSets(std::size_t columns);

  [[nodiscard]] SetId single(std::uint32_t index);
  [[nodiscard]] SetId join(SetId a, SetId b);
  /// The elements, ascending, appended to `into`.
  void list(SetId set, std::vector<std::uint32_t>& into);
  /// Sets there are.
  [[nodiscard]] std::size_t size() const noexcept { return nodes_.size(); }

 private:
  /// Listed: `count` elements of the pool from `first`. A union: of the sets `first` and `second`.
  struct Node {
    std::uint64_t first = 0;
    SetId second = 0;
    std::uint32_t count = 0;
    [[nodiscard]] bool is_union() const noexcept { return count == 0 && second != empty_set; }
  };
  [[nodiscard]] std::span<const std::uint32_t> elements(const Node& node) const noexcept {
    return std::span(pool_).subspan(node.first, node.count);
  }
  [[nodiscard]] SetId listed(std::span<const std::uint32_t> elements);
  [[nodiscard]] SetId united(SetId a, SetId b);
  template <class Same>
  [[nodiscard]] SetId& place(std::uint64_t hash, const Same& same);
  void rehash();
  [[nodiscard]] std::uint64_t hash_of(const Node& node) const noexcept;

  std::vector<Node> nodes_{Node{}};
  std::vector<std::uint32_t> pool_;
  std::vector<SetId> table_;  // by hash; open addressing, a power of two; 0: free
  std::vector<SetId> single_;
  // Of list(): which columns and sets were met, by the number of the call.
  std::vector<std::uint32_t> column_met_, set_met_;
  std::uint32_t call_ = 0;
  std::vector<SetId> stack_;
  std::vector<std::uint32_t> merged_;
  // Rows that were written before: of a union that is met again, its elements stand in `into` from here.
  struct Written {
    std::size_t begin = 0, end = 0;
  };
  std::vector<Written> written_;  // by set
};

}  // namespace wengert::detail
