/// Column: a side table of a graph, from node ids to 32-bit values (indices of strings, scopes, locations).
///
/// Few entries are kept as sorted pairs (8 bytes an entry, found by bisection); once half of the nodes have one,
/// as one value a node (4 bytes a node). A table without entries costs nothing.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace wengert::graph {
struct GraphTestAccess;  // see graph.hpp
class Verifier;
}  // namespace wengert::graph

namespace wengert::graph::detail {

inline constexpr std::uint32_t no_value = 0xFFFFFFFFU;

class Column {
 public:
  /// The value at `key`, or no_value.
  [[nodiscard]] std::uint32_t operator[](std::uint32_t key) const noexcept {
    if (!dense_.empty()) {
      return key < dense_.size() ? dense_[key] : no_value;
    }
    const auto found = std::lower_bound(sparse_.begin(), sparse_.end(), key, before);
    return found != sparse_.end() && found->first == key ? found->second : no_value;
  }

  /// Calls `f(key, value)` for every entry, keys ascending.
  template <class F>
  void for_each(F&& f) const {
    for (const auto& [key, value] : sparse_) {
      f(key, value);
    }
    for (std::size_t key = 0; key < dense_.size(); ++key) {
      if (dense_[key] != no_value) {
        f(static_cast<std::uint32_t>(key), dense_[key]);
      }
    }
  }

  [[nodiscard]] bool empty() const noexcept { return sparse_.empty() && dense_.empty(); }
  [[nodiscard]] std::size_t bytes() const noexcept {
    return sparse_.capacity() * sizeof(Entry) + dense_.capacity() * sizeof(std::uint32_t);
  }

 private:
  friend class ColumnBuilder;
  friend struct graph::GraphTestAccess;
  friend class graph::Verifier;
  using Entry = std::pair<std::uint32_t, std::uint32_t>;
  static bool before(const Entry& entry, std::uint32_t key) noexcept { return entry.first < key; }

  std::vector<Entry> sparse_;         // strictly ascending keys; empty when dense_ is not
  std::vector<std::uint32_t> dense_;  // indexed by key
};

/// Collects entries in any order; the last one for a key counts.
class ColumnBuilder {
 public:
  /// `value` may be no_value: no entry.
  void set(std::uint32_t key, std::uint32_t value) {
    sorted_ = sorted_ && (entries_.empty() || entries_.back().first < key);
    entries_.emplace_back(key, value);
  }

  /// The column over keys below `keys`.
  [[nodiscard]] Column freeze(std::size_t keys) && {
    if (!sorted_) {
      std::stable_sort(entries_.begin(), entries_.end(),
                       [](const auto& a, const auto& b) { return a.first < b.first; });
      std::size_t kept = 0;
      for (std::size_t i = 0; i < entries_.size(); ++i) {
        if (i + 1 == entries_.size() || entries_[i + 1].first != entries_[i].first) {
          entries_[kept++] = entries_[i];
        }
      }
      entries_.resize(kept);
    }
    std::erase_if(entries_, [](const auto& entry) { return entry.second == no_value; });
    Column column;
    if (entries_.size() > keys / 2) {
      column.dense_.assign(keys, no_value);
      for (const auto& [key, value] : entries_) {
        column.dense_[key] = value;
      }
    } else {
      column.sparse_ = std::move(entries_);
      column.sparse_.shrink_to_fit();
    }
    return column;
  }

 private:
  std::vector<Column::Entry> entries_;
  bool sorted_ = true;
};

}  // namespace wengert::graph::detail
