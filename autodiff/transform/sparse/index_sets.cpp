#include "wengert/autodiff/transform/sparse/index_sets.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "wengert/graph/types.hpp"

namespace wengert::detail {

IndexSets::IndexSets(std::size_t columns) : table_(1024), single_(columns), column_met_(columns) {}

std::uint64_t IndexSets::hash_of(const Node& node) const noexcept {
  if (node.is_union()) return mix_hash(mix_hash(1, node.first), node.second);
  std::uint64_t hash = 0;
  for (const std::uint32_t index : elements(node)) hash = mix_hash(hash, index);
  return hash;
}

template <class Same>
SetId& IndexSets::place(std::uint64_t hash, const Same& same) {
  if (2 * nodes_.size() >= table_.size()) rehash();
  const std::size_t mask = table_.size() - 1;
  std::size_t at = hash & mask;
  while (table_[at] != empty_set && !same(nodes_[table_[at]])) at = (at + 1) & mask;
  return table_[at];
}

void IndexSets::rehash() {
  table_.assign(2 * table_.size(), empty_set);
  const std::size_t mask = table_.size() - 1;
  for (SetId set = 1; set < nodes_.size(); ++set) {
    std::size_t at = hash_of(nodes_[set]) & mask;
    while (table_[at] != empty_set) at = (at + 1) & mask;
    table_[at] = set;
  }
}

SetId IndexSets::listed(std::span<const std::uint32_t> wanted) {
  std::uint64_t hash = 0;
  for (const std::uint32_t index : wanted) hash = mix_hash(hash, index);
  SetId& there =
      place(hash, [&](const Node& node) { return !node.is_union() && std::ranges::equal(elements(node), wanted); });
  if (there == empty_set) {
    there = static_cast<SetId>(nodes_.size());
    nodes_.push_back({pool_.size(), empty_set, static_cast<std::uint32_t>(wanted.size())});
    pool_.insert(pool_.end(), wanted.begin(), wanted.end());
  }
  return there;
}

SetId IndexSets::united(SetId a, SetId b) {
  SetId& there = place(mix_hash(mix_hash(1, a), b),
                       [&](const Node& node) { return node.is_union() && node.first == a && node.second == b; });
  if (there == empty_set) {
    there = static_cast<SetId>(nodes_.size());
    nodes_.push_back({a, b, 0});
  }
  return there;
}

SetId IndexSets::single(std::uint32_t index) {
  SetId& there = single_[index];
  if (there == empty_set) there = listed(std::array{index});
  return there;
}

SetId IndexSets::join(SetId a, SetId b) {
  if (a == b || b == empty_set) return a;
  if (a == empty_set) return b;
  if (a > b) std::swap(a, b);
  const Node x = nodes_[a], y = nodes_[b];
  if (y.is_union() && (y.first == a || y.second == a)) return b;
  if (!x.is_union() && !y.is_union()) {
    const auto p = elements(x), q = elements(y);
    merged_.clear();
    std::ranges::set_union(p, q, std::back_inserter(merged_));
    if (merged_.size() == p.size()) return a;
    if (merged_.size() == q.size()) return b;
    if (merged_.size() <= most_listed) return listed(merged_);
  }
  return united(a, b);
}

void IndexSets::list(SetId set, std::vector<std::uint32_t>& into) {
  const std::size_t begin = into.size();
  if (!nodes_[set].is_union()) {
    const auto all = elements(nodes_[set]);
    into.insert(into.end(), all.begin(), all.end());
    return;
  }
  if (set_met_.size() < nodes_.size()) {
    set_met_.resize(nodes_.size());
    written_.resize(nodes_.size());
  }
  ++call_;
  const auto add = [&](std::uint32_t index) {
    if (std::exchange(column_met_[index], call_) != call_) into.push_back(index);
  };
  stack_.assign(1, set);
  while (!stack_.empty()) {
    const SetId at = stack_.back();
    stack_.pop_back();
    if (std::exchange(set_met_[at], call_) == call_) continue;
    const Node& node = nodes_[at];
    if (!node.is_union()) {
      for (const std::uint32_t index : elements(node)) add(index);
    } else if (const Written row = written_[at]; row.end > row.begin) {
      for (std::size_t k = row.begin; k < row.end; ++k) add(into[k]);
    } else {
      stack_.push_back(static_cast<SetId>(node.first));
      stack_.push_back(node.second);
    }
  }
  std::sort(into.begin() + static_cast<std::ptrdiff_t>(begin), into.end());
  written_[set] = {begin, into.size()};
}

}  // namespace wengert::detail
