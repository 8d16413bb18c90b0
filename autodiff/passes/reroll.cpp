// reroll: numbers that are computed alike become tensors.
//
// A node's level is the longest path to it. Nodes of one level do not depend on each other, so those of one operation
// are a group: their operands are packed into vectors, and the operation is applied once. A sum of many terms counts as
// one node: of products it is a dot product, and dot products of one level that share a vector are a matrix product.
// What is packed is mostly a group already, or a part of one in some order: a slice, a transpose, a repetition, a
// gather.
//
// Reading order: Sum, Analysis (sums, levels, groups), Reroller (pack, then what is made of groups).
#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "wengert/autodiff/ops/kernels_matmul.hpp"
#include "wengert/autodiff/ops/structural_contract.hpp"
#include "wengert/autodiff/passes/known.hpp"
#include "wengert/autodiff/passes/passes.hpp"
#include "wengert/autodiff/passes/rebuild.hpp"

namespace wengert::passes {

using graph::Attribute;
using graph::Graph;
using graph::no_node;
using graph::NodeId;

namespace {

constexpr std::size_t least_group = 8;     // of elementwise nodes
constexpr std::size_t least_terms = 8;     // of a sum
constexpr std::size_t least_products = 4;  // of a dot product, with at most
constexpr std::size_t most_plain = 2;      // terms that are none, and
constexpr std::size_t least_product = 16;  // multiplications in all dot products of a group
constexpr std::uint32_t none = 0xFFFFFFFFU;

/// A tree of additions, each used by the next one only, as one node.
struct Sum {
  std::vector<NodeId> a, b;    ///< products a[k]·b[k]; if any, they are nothing else's operands
  std::vector<NodeId> plain;   ///< other terms
  std::vector<NodeId> inside;  ///< the additions and products, ascending; the last is the sum
  bool scaled = false;         ///< the products are `scale`
  std::uint64_t shared = 0;    ///< hash of b, if others of the level have it too
};

enum class What : std::uint8_t { number, sum, inside, leaf, other };

struct Group {
  std::uint32_t level = 0;
  What what = What::number;
  std::vector<NodeId> members;
};

std::uint64_t hash_of(std::span<const NodeId> nodes) {
  std::uint64_t hash = nodes.size();
  for (const NodeId node : nodes) hash = mix_hash(hash, node);
  return hash;
}

class Analysis {
 public:
  explicit Analysis(const Graph& graph)
      : what(graph.size(), What::other), sum_of(graph.size(), none), level(graph.size(), 0), g_(graph) {
    for (NodeId id = 0; id < g_.size(); ++id) {
      if (g_.operands(id).empty())
        what[id] = What::leaf;
      else if (is_number(id))
        what[id] = What::number;
    }
    find_uses();
    for (NodeId id = 0; id < g_.size(); ++id) {
      if (is_sum(id) && !feeds_sum(id)) find_sum(id);
    }
    for (NodeId id = 0; id < g_.size(); ++id) find_level(id);
    find_groups();
  }

  std::vector<What> what;             // by node
  std::vector<std::uint32_t> sum_of;  // by node: place in `sums`, of its last node
  std::vector<std::uint32_t> level;   // by node
  std::vector<Sum> sums;
  std::vector<Group> groups;

 private:
  /// An elementwise primitive of numbers that gives a number.
  [[nodiscard]] bool is_number(NodeId id) const {
    if (!g_.operation(id).elementwise || g_.type(id) != Type{}) return false;
    const auto operands = g_.operands(id);
    return std::all_of(operands.begin(), operands.end(), [&](NodeId x) { return g_.type(x) == Type{}; });
  }
  [[nodiscard]] bool is_sum(NodeId id) const {
    return what[id] == What::number && known(g_.operation_id(id)) == Known::add;
  }
  [[nodiscard]] bool used_once(NodeId id) const { return uses_[id] == 1; }
  [[nodiscard]] bool feeds_sum(NodeId id) const { return used_once(id) && is_sum(user_[id]); }
  [[nodiscard]] bool is_product(NodeId id) const {
    const Known operation = known(g_.operation_id(id));
    return what[id] == What::number && used_once(id) && (operation == Known::mul || operation == Known::scale);
  }

  void find_uses() {
    uses_.assign(g_.size(), 0);
    user_.assign(g_.size(), no_node);
    for (const NodeId output : g_.outputs()) uses_[output] += 2;
    for (NodeId id = 0; id < g_.size(); ++id) {
      for (const NodeId operand : g_.operands(id)) {
        ++uses_[operand];
        user_[operand] = id;
      }
    }
  }

  void find_sum(NodeId root) {
    Sum sum;
    std::vector<NodeId> terms, open{root};
    while (!open.empty()) {
      const NodeId id = open.back();
      open.pop_back();
      if (id == root || (is_sum(id) && feeds_sum(id))) {
        sum.inside.push_back(id);
        open.push_back(g_.operands(id)[1]);
        open.push_back(g_.operands(id)[0]);
      } else {
        terms.push_back(id);
      }
    }
    std::size_t products = 0, scaled = 0;
    for (const NodeId term : terms) {
      if (!is_product(term)) continue;
      ++products;
      scaled += known(g_.operation_id(term)) == Known::scale ? 1u : 0u;
    }
    if (products >= least_products && products + most_plain >= terms.size() && (scaled == 0 || scaled == products)) {
      for (const NodeId term : terms) {
        if (is_product(term)) {
          sum.a.push_back(g_.operands(term)[0]);
          sum.b.push_back(g_.operands(term)[1]);
          sum.inside.push_back(term);
        } else {
          sum.plain.push_back(term);
        }
      }
      sum.scaled = scaled != 0;
    } else if (terms.size() >= least_terms) {
      sum.plain = std::move(terms);
    } else {
      return;
    }
    for (const NodeId id : sum.inside) what[id] = What::inside;
    what[root] = What::sum;
    std::sort(sum.inside.begin(), sum.inside.end());
    sum_of[root] = static_cast<std::uint32_t>(sums.size());
    sums.push_back(std::move(sum));
  }

  void find_level(NodeId id) {
    const auto above = [&](std::span<const NodeId> operands) {
      for (const NodeId x : operands) level[id] = std::max(level[id], level[x] + 1);
    };
    if (what[id] == What::sum) {
      const Sum& sum = sums[sum_of[id]];
      above(sum.a), above(sum.b), above(sum.plain);
    } else if (what[id] != What::inside) {
      above(g_.operands(id));
    }
  }

  /// Which of its vectors a dot product shares with most others of its level; that one is called b.
  void find_shared() {
    std::map<std::pair<std::uint32_t, std::uint64_t>, std::size_t> count;
    for (NodeId id = 0; id < g_.size(); ++id) {
      if (what[id] != What::sum || sums[sum_of[id]].a.empty()) continue;
      ++count[{level[id], hash_of(sums[sum_of[id]].a)}];
      ++count[{level[id], hash_of(sums[sum_of[id]].b)}];
    }
    for (NodeId id = 0; id < g_.size(); ++id) {
      if (what[id] != What::sum || sums[sum_of[id]].a.empty()) continue;
      Sum& sum = sums[sum_of[id]];
      const std::size_t of_a = count[{level[id], hash_of(sum.a)}], of_b = count[{level[id], hash_of(sum.b)}];
      if (of_a > of_b) std::swap(sum.a, sum.b);
      if (std::max(of_a, of_b) > 1) sum.shared = hash_of(sum.b);
    }
  }

  void find_groups() {
    find_shared();
    // Level, kind, number of terms, shared vector, node.
    std::vector<std::tuple<std::uint32_t, std::uint32_t, std::uint64_t, std::uint64_t, NodeId>> keys;
    for (NodeId id = 0; id < g_.size(); ++id) {
      if (what[id] == What::number) {
        keys.emplace_back(level[id], static_cast<std::uint32_t>(graph::index_of(g_.operation_id(id))), 0, 0, id);
      } else if (what[id] == What::sum) {
        const Sum& sum = sums[sum_of[id]];
        const std::uint64_t terms = (std::uint64_t{sum.a.size()} << 32U) | sum.plain.size();
        keys.emplace_back(level[id], (1U << 16U) + (sum.scaled ? 1U : 0U), terms, sum.shared, id);
      }
    }
    std::sort(keys.begin(), keys.end());
    const auto same = [](const auto& x, const auto& y) {
      return std::get<0>(x) == std::get<0>(y) && std::get<1>(x) == std::get<1>(y) && std::get<2>(x) == std::get<2>(y) &&
             std::get<3>(x) == std::get<3>(y);
    };
    for (std::size_t begin = 0, end = 0; begin < keys.size(); begin = end) {
      Group group;
      for (end = begin; end < keys.size() && same(keys[begin], keys[end]); ++end)
        group.members.push_back(std::get<4>(keys[end]));
      group.level = std::get<0>(keys[begin]);
      group.what = what[group.members[0]];
      const std::size_t count = group.members.size();
      const std::size_t products = group.what == What::sum ? sums[sum_of[group.members[0]]].a.size() : 0;
      if (group.what == What::number ? count >= least_group : products == 0 || count * products >= least_product)
        groups.push_back(std::move(group));
    }
  }

  const Graph& g_;
  std::vector<std::uint32_t> uses_;  // by node; an output counts as two
  std::vector<NodeId> user_;         // by node: the last one
};

class Reroller {
 public:
  explicit Reroller(const Graph& graph)
      : old_(graph),
        found_(graph),
        rebuild_(graph),
        b_(rebuild_.builder()),
        new_of_(graph.size(), no_node),
        member_(graph.size()) {}

  [[nodiscard]] bool finds() const { return !found_.groups.empty(); }

  Rewrite run() && {
    // Level by level, since a member may come before the operands of another.
    std::vector<std::tuple<std::uint32_t, NodeId, std::uint32_t>> order;
    std::vector<bool> grouped(old_.size(), false);
    for (std::uint32_t k = 0; k < found_.groups.size(); ++k) {
      order.emplace_back(found_.groups[k].level, found_.groups[k].members[0], k);
      for (const NodeId member : found_.groups[k].members) grouped[member] = true;
    }
    for (NodeId id = 0; id < old_.size(); ++id) {
      if (!rebuild_.needed(id) || grouped[id] || found_.what[id] == What::inside) continue;
      if (found_.what[id] == What::leaf)
        leaf(id);
      else
        order.emplace_back(found_.level[id], id, none);
    }
    std::sort(order.begin(), order.end());
    for (const auto& [level, id, group] : order) {
      if (group != none)
        make(found_.groups[group]);
      else if (found_.what[id] == What::sum)
        for (const NodeId inside : found_.sums[found_.sum_of[id]].inside) single(inside);
      else
        single(id);
    }
    for (const NodeId output : old_.outputs()) static_cast<void>(number(output));
    return rebuild_.finished();
  }

 private:
  struct Member {
    std::uint32_t vector = none;  // place in vectors_
    std::int64_t place = 0;       // in the vector
  };

  // --- Numbers

  void leaf(NodeId id) {
    const std::size_t before = b_.size();
    new_of_[id] = rebuild_.leaf(id);
    rebuild_.placed(id, new_of_[id], before);
    if (old_.operation_id(id) == graph::variable_operation && old_.type(id) == Type{}) {
      member_[id] = {0, static_cast<std::int64_t>(variables_.size())};
      variables_.push_back(new_of_[id]);
    }
  }
  /// The node that is the value of an old node: of a member, an element of its vector.
  NodeId number(NodeId id) {
    if (new_of_[id] == no_node) {
      const std::size_t before = b_.size();
      new_of_[id] = b_.add(id_of(Known::to_scalar), {vector(member_[id].vector)}, member_[id].place);
      rebuild_.placed(id, new_of_[id], before);
    }
    return new_of_[id];
  }
  void single(NodeId id) {
    operands_.clear();
    for (const NodeId operand : old_.operands(id)) operands_.push_back(number(operand));
    const std::size_t before = b_.size();
    new_of_[id] = b_.add(old_.operation_id(id), operands_, old_.attribute(id));
    rebuild_.placed(id, new_of_[id], before);
  }
  /// The vector of a place; the first is that of the variables.
  NodeId vector(std::uint32_t place) {
    if (vectors_[place] == no_node) vectors_[place] = b_.add(id_of(Known::stack), variables_, std::int64_t{0});
    return vectors_[place];
  }

  // --- Packing

  NodeId reshaped(NodeId x, const Shape& to) {
    if (b_.type(x).shape == to) return x;
    return b_.add(id_of(Known::reshape), {x}, ops::attribute_of(to.extents()));
  }
  static std::int64_t size_of_list(std::span<const NodeId> nodes) { return static_cast<std::int64_t>(nodes.size()); }

  /// The numbers as a vector.
  NodeId pack(std::span<const NodeId> nodes) {
    const std::int64_t size = size_of_list(nodes);
    if (std::all_of(nodes.begin(), nodes.end(), [&](NodeId x) { return x == nodes[0]; }))
      return b_.add(id_of(Known::broadcast), {number(nodes[0])}, ops::attribute_of(std::array{size}));
    if (std::all_of(nodes.begin(), nodes.end(), [&](NodeId x) { return is_constant(x); })) {
      std::vector<double> values;
      for (const NodeId x : nodes) values.push_back(*rebuild_.number(new_of_[x]));
      return b_.constant(Array::from(values, Shape{size}));
    }
    const bool one_vector = member_[nodes[0]].vector != none && std::all_of(nodes.begin(), nodes.end(), [&](NodeId x) {
                              return member_[x].vector == member_[nodes[0]].vector;
                            });
    if (one_vector) {
      if (const NodeId part = strided(nodes); part != no_node) return part;
    }
    if (const NodeId repeated = repetition(nodes); repeated != no_node) return repeated;
    if (one_vector) {
      std::vector<std::int64_t> places;
      for (const NodeId x : nodes) places.push_back(member_[x].place);
      const NodeId at = b_.constant(Array::from(std::span<const std::int64_t>(places), Shape{size}));
      return b_.add(id_of(Known::gather), {vector(member_[nodes[0]].vector), at}, std::int64_t{0});
    }
    return pieces(nodes);
  }
  [[nodiscard]] bool is_constant(NodeId x) const {
    return old_.operation_id(x) == graph::constant_operation && rebuild_.number(new_of_[x]).has_value();
  }

  /// Elements of a vector at equal distances, or those of a matrix in it, column by column; else no_node.
  NodeId strided(std::span<const NodeId> nodes) {
    const auto at = [&](std::int64_t k) { return member_[nodes[static_cast<std::size_t>(k)]].place; };
    const std::int64_t size = size_of_list(nodes), step = at(1) - at(0);
    std::int64_t row = 1;
    while (row < size && at(row) - at(row - 1) == step) ++row;
    if (row == size) return step == 0 ? no_node : sliced(nodes, at(0), step, size);
    const std::int64_t rows = size / row;
    if (size % row != 0 || at(row) - at(0) != 1 || step != rows) return no_node;
    for (std::int64_t k = 0; k < size; ++k)
      if (at(k) != at(0) + k / row + k % row * rows) return no_node;
    const NodeId block = reshaped(sliced(nodes, at(0), 1, size), Shape{row, rows});
    return reshaped(b_.add(id_of(Known::permute), {block}, std::vector<std::int64_t>{1, 0}), Shape{size});
  }
  NodeId sliced(std::span<const NodeId> nodes, std::int64_t start, std::int64_t step, std::int64_t count) {
    const NodeId from = vector(member_[nodes[0]].vector);
    if (start == 0 && step == 1 && count == b_.type(from).shape.size()) return from;
    const std::int64_t stop = start + step * (count - 1) + (step > 0 ? 1 : -1);
    return b_.add(id_of(Known::slice), {from}, std::vector<std::int64_t>{start, stop, step});
  }

  /// Runs of equal numbers, or the same numbers over and over; else no_node.
  NodeId repetition(std::span<const NodeId> nodes) {
    const std::size_t size = nodes.size();
    const auto all = [&](auto holds) {
      for (std::size_t k = 0; k < size; ++k)
        if (!holds(k)) return false;
      return true;
    };
    const auto run = static_cast<std::size_t>(
        std::find_if(nodes.begin(), nodes.end(), [&](NodeId x) { return x != nodes[0]; }) - nodes.begin());
    if (run > 1 && size % run == 0 && all([&](std::size_t k) { return nodes[k] == nodes[k - k % run]; })) {
      std::vector<NodeId> heads;
      for (std::size_t k = 0; k < size; k += run) heads.push_back(nodes[k]);
      const auto rows = static_cast<std::int64_t>(heads.size()), columns = static_cast<std::int64_t>(run);
      return repeated(reshaped(pack(heads), Shape{rows, 1}), rows, columns);
    }
    const auto period = static_cast<std::size_t>(std::find(nodes.begin() + 1, nodes.end(), nodes[0]) - nodes.begin());
    if (period > 1 && period < size && size % period == 0 &&
        all([&](std::size_t k) { return nodes[k] == nodes[k % period]; })) {
      const auto columns = static_cast<std::int64_t>(period);
      return repeated(pack(nodes.first(period)), static_cast<std::int64_t>(size) / columns, columns);
    }
    return no_node;
  }
  NodeId repeated(NodeId x, std::int64_t rows, std::int64_t columns) {
    return reshaped(b_.add(id_of(Known::broadcast), {x}, std::vector<std::int64_t>{rows, columns}),
                    Shape{rows * columns});
  }

  /// Parts of several vectors one after the other, if they are few; else number by number.
  NodeId pieces(std::span<const NodeId> nodes) {
    std::vector<std::size_t> begins;
    for (std::size_t k = 0; k < nodes.size(); ++k)
      if (k == 0 || member_[nodes[k]].vector != member_[nodes[k - 1]].vector) begins.push_back(k);
    std::vector<NodeId> parts;
    if (begins.size() > 1 && begins.size() * least_products <= nodes.size()) {
      for (std::size_t k = 0; k < begins.size(); ++k) {
        const std::size_t end = k + 1 < begins.size() ? begins[k + 1] : nodes.size();
        parts.push_back(pack(nodes.subspan(begins[k], end - begins[k])));
      }
      return b_.add(id_of(Known::concatenate), parts, std::int64_t{0});
    }
    for (const NodeId x : nodes) parts.push_back(number(x));
    return b_.add(id_of(Known::stack), parts, std::int64_t{0});
  }

  // --- Groups

  void make(const Group& group) {
    const std::size_t before = b_.size();
    const NodeId made = group.what == What::number ? elementwise(group) : sums(group);
    for (std::size_t k = 0; k < group.members.size(); ++k)
      member_[group.members[k]] = {static_cast<std::uint32_t>(vectors_.size()), static_cast<std::int64_t>(k)};
    vectors_.push_back(made);
    rebuild_.located(group.members[0], before);
  }

  NodeId elementwise(const Group& group) {
    const std::size_t arity = old_.operands(group.members[0]).size();
    std::vector<NodeId> operands;
    for (std::size_t position = 0; position < arity; ++position)
      operands.push_back(pack(column(group, [&](NodeId id) { return old_.operands(id)[position]; })));
    return b_.add(old_.operation_id(group.members[0]), operands);
  }
  template <class F>
  static std::vector<NodeId> column(const Group& group, F&& of) {
    std::vector<NodeId> nodes;
    for (const NodeId member : group.members) nodes.push_back(of(member));
    return nodes;
  }

  [[nodiscard]] const Sum& sum(NodeId id) const { return found_.sums[found_.sum_of[id]]; }

  NodeId sums(const Group& group) {
    const Sum& first = sum(group.members[0]);
    const auto count = static_cast<std::int64_t>(group.members.size());
    if (first.a.empty()) {
      const std::int64_t terms = size_of_list(first.plain);
      const NodeId all = pack(rows(group, [](const Sum& s) -> const auto& { return s.plain; }));
      return b_.add(id_of(Known::sum), {reshaped(all, Shape{count, terms})}, std::vector<std::int64_t>{1});
    }
    const std::int64_t terms = size_of_list(first.a);
    const NodeId a = pack(rows(group, [](const Sum& s) -> const auto& { return s.a; }));
    const bool shares =
        std::all_of(group.members.begin(), group.members.end(), [&](NodeId id) { return sum(id).b == first.b; });
    NodeId y = no_node;
    if (shares) {
      const std::int64_t flags = first.scaled ? kernels::mask_second : kernels::plain;
      y = b_.add(id_of(Known::matmul), {reshaped(a, Shape{count, terms}), reshaped(pack(first.b), Shape{terms, 1})},
                 flags);
      y = reshaped(y, Shape{count});
    } else {
      const NodeId b = pack(rows(group, [](const Sum& s) -> const auto& { return s.b; }));
      const NodeId products = b_.add(id_of(first.scaled ? Known::scale : Known::mul), {a, b});
      y = b_.add(id_of(Known::sum), {reshaped(products, Shape{count, terms})}, std::vector<std::int64_t>{1});
    }
    for (std::size_t k = 0; k < first.plain.size(); ++k)
      y = b_.add(id_of(Known::add), {y, pack(column(group, [&](NodeId id) { return sum(id).plain[k]; }))});
    return y;
  }
  /// The lists of all members one after the other.
  template <class F>
  [[nodiscard]] std::vector<NodeId> rows(const Group& group, F&& of) const {
    std::vector<NodeId> nodes;
    for (const NodeId member : group.members) {
      const std::vector<NodeId>& row = of(sum(member));
      nodes.insert(nodes.end(), row.begin(), row.end());
    }
    return nodes;
  }

  const Graph& old_;
  const Analysis found_;
  Rebuild rebuild_;
  graph::GraphBuilder& b_;
  std::vector<NodeId> new_of_;  // by old node: the number, once it is there
  std::vector<Member> member_;  // by old node
  std::vector<NodeId> vectors_{no_node};
  std::vector<NodeId> variables_;  // the numbers among them
  std::vector<NodeId> operands_;
};

}  // namespace

Rewrite reroll(const Graph& graph) {
  Rewrite out = remove_dead(graph);
  for (;;) {
    Reroller reroller(out.graph);
    if (!reroller.finds()) return out;
    Rewrite next = std::move(reroller).run();
    out = composed(std::move(out), std::move(next));
  }
}

}  // namespace wengert::passes
