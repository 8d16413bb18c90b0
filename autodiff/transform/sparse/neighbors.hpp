// The graphs whose vertices are coloured, and the orders to colour them in.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "wengert/autodiff/transform/sparse/coloring.hpp"

namespace wengert::detail {

/// Columns of a pattern; those that share a row are neighbours. Not stored: rows are walked.
struct ColumnGraph {
  const SparsityPattern& by_row;
  const SparsityPattern& by_column;  ///< its transpose

  [[nodiscard]] std::size_t size() const noexcept { return by_column.rows(); }
  /// A neighbour is met once for every row shared.
  template <class F>
  void neighbors(std::uint32_t column, const F& f) const {
    for (const std::uint32_t row : by_column.row(column))
      for (const std::uint32_t other : by_row.row(row))
        if (other != column) f(other);
  }
};

/// Vertices of a symmetric pattern; an element off the diagonal makes neighbours.
struct SymmetricGraph {
  const SparsityPattern& pattern;

  [[nodiscard]] std::size_t size() const noexcept { return pattern.rows(); }
  template <class F>
  void neighbors(std::uint32_t vertex, const F& f) const {
    for (const std::uint32_t other : pattern.row(vertex))
      if (other != vertex) f(other);
  }
};

/// Vertices by a number that moves by one at a time: each in the list of its number, doubly linked.
class Buckets {
 public:
  Buckets(const std::vector<std::uint32_t>& number, std::size_t most)
      : number_(number), head_(most + 1, none), next_(number.size(), none), before_(number.size(), none) {
    for (std::size_t v = number.size(); v-- > 0;) insert(static_cast<std::uint32_t>(v));
  }
  [[nodiscard]] std::uint32_t number(std::uint32_t v) const noexcept { return number_[v]; }
  [[nodiscard]] bool empty(std::size_t number) const noexcept { return head_[number] == none; }
  std::uint32_t take(std::size_t number) {
    const std::uint32_t v = head_[number];
    remove(v);
    return v;
  }
  void move(std::uint32_t v, std::uint32_t number) {
    remove(v);
    number_[v] = number;
    insert(v);
  }

 private:
  static constexpr std::uint32_t none = 0xFFFFFFFFu;
  void insert(std::uint32_t v) {
    std::uint32_t& head = head_[number_[v]];
    next_[v] = head;
    before_[v] = none;
    if (head != none) before_[head] = v;
    head = v;
  }
  void remove(std::uint32_t v) {
    if (before_[v] == none)
      head_[number_[v]] = next_[v];
    else
      next_[before_[v]] = next_[v];
    if (next_[v] != none) before_[next_[v]] = before_[v];
  }
  std::vector<std::uint32_t> number_;
  std::vector<std::uint32_t> head_, next_, before_;
};

/// The vertices in the order to colour them in.
template <class Graph>
std::vector<std::uint32_t> ordered(const Graph& graph, ColoringOrder order) {
  const auto count = static_cast<std::uint32_t>(graph.size());
  std::vector<std::uint32_t> result(count);
  for (std::uint32_t v = 0; v < count; ++v) result[v] = v;
  if (order == ColoringOrder::natural || count == 0) return result;

  // Each neighbour counts once, however often it is met.
  std::vector<std::uint32_t> met(count, count);
  const auto distinct = [&](std::uint32_t v, const auto& f) {
    graph.neighbors(v, [&](std::uint32_t other) {
      if (met[other] == v) return;
      met[other] = v;
      f(other);
    });
  };
  std::vector<std::uint32_t> degree(count, 0);
  std::uint32_t most = 0;
  for (std::uint32_t v = 0; v < count; ++v) {
    distinct(v, [&](std::uint32_t) { ++degree[v]; });
    most = std::max(most, degree[v]);
  }
  met.assign(count, count);
  std::vector<bool> taken(count, false);
  if (order == ColoringOrder::largest_first) {
    std::ranges::stable_sort(result, [&](std::uint32_t a, std::uint32_t b) { return degree[a] > degree[b]; });
  } else if (order == ColoringOrder::smallest_last) {
    Buckets buckets(degree, most);
    std::uint32_t least = 0;
    for (std::uint32_t at = count; at-- > 0;) {
      while (buckets.empty(least)) ++least;
      const std::uint32_t v = buckets.take(least);
      result[at] = v;
      taken[v] = true;
      distinct(v, [&](std::uint32_t other) {
        if (!taken[other]) buckets.move(other, buckets.number(other) - 1);
      });
      if (least > 0) --least;
    }
  } else {
    Buckets buckets(std::vector<std::uint32_t>(count, 0), most);
    std::uint32_t largest = 0;
    for (std::uint32_t at = 0; at < count; ++at) {
      while (buckets.empty(largest)) --largest;
      const std::uint32_t v = buckets.take(largest);
      result[at] = v;
      taken[v] = true;
      distinct(v, [&](std::uint32_t other) {
        if (!taken[other]) buckets.move(other, buckets.number(other) + 1);
      });
      if (largest < most) ++largest;
    }
  }
  return result;
}

}  // namespace wengert::detail
