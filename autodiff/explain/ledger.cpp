#include "wengert/autodiff/explain/ledger.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "wengert/autodiff/explain/dependence.hpp"
#include "wengert/autodiff/explain/gradient_source.hpp"
#include "wengert/autodiff/ops/hook.hpp"
#include "wengert/autodiff/record/sweep.hpp"
#include "wengert/graph/error.hpp"

namespace wengert {

using graph::Graph;
using graph::NodeId;

namespace {

constexpr std::size_t most_top = 1000;
constexpr double epsilon = std::numeric_limits<double>::epsilon();
constexpr double infinity = std::numeric_limits<double>::infinity();

/// One of the largest products that reach a node: it came from number `rank` of `user`'s, along edge `position`.
template <class Cotangent>
struct Prefix {
  Cotangent product{};
  NodeId user = graph::no_node;
  std::uint32_t position = 0;
  std::uint16_t rank = 0;
  bool shown = false;  ///< on one of the paths of the ledger
};

/// The order of products: what is not a number comes first.
double magnitude(double product) { return std::isnan(product) ? infinity : std::abs(product); }
double magnitude(const Array& product) { return magnitude(detail::norm(product)); }

/// Counts with a logarithm for what does not fit.
struct Counts {
  std::vector<std::uint64_t> exact;  // the largest number stands for all that do not fit
  std::vector<double> log10;
  static constexpr std::uint64_t too_many = std::numeric_limits<std::uint64_t>::max();

  explicit Counts(std::size_t nodes) : exact(nodes, 0), log10(nodes, -infinity) {}
  void set_one(NodeId id) {
    exact[id] = 1;
    log10[id] = 0;
  }
  void add(NodeId to, NodeId from) { add(to, exact[from], log10[from]); }
  void add(NodeId to, std::uint64_t count, double log) {
    if (count == 0) return;
    const std::uint64_t before = exact[to];
    if (WENGERT_HOLDS("ledger: count does not fit",
                      before > too_many - count || count == too_many || before == too_many)) {
      const double larger = std::max(log10[to], log), smaller = std::min(log10[to], log);
      log10[to] = larger + WENGERT_NUMBER("ledger: sum of large counts",
                                          std::log1p(std::pow(10.0, smaller - larger)) / std::log(10.0));
      exact[to] = too_many;
      return;
    }
    exact[to] = before + WENGERT_INDEX("ledger: paths of a user", count);
    log10[to] = std::log10(static_cast<double>(exact[to]));
  }
  [[nodiscard]] PathCount of(NodeId id) const {
    return {exact[id] == too_many ? std::nullopt : std::optional(exact[id]), log10[id]};
  }
};

/// Adds a contribution to what has arrived at a node.
void add_to(double& sum, double term) { WENGERT_ADD("ledger: contribution to a sum", sum, term); }
void add_to(Array& sum, const Array& term) {
  sum = sum.size() == 0 && sum.rank() == 1 ? term : detail::sum_of(sum, term);
}

/// What differs between numbers and arrays.
struct ScalarWork {
  using Cotangent = double;
  const detail::Dependence& d;
  [[nodiscard]] double one(NodeId) const { return 1.0; }
  [[nodiscard]] double contribution(NodeId id, std::uint32_t k, double cotangent) const {
    return WENGERT_NUMBER("ledger: contribution of an edge", d.contribution(id, k, cotangent));
  }
};
struct ArrayWork {
  using Cotangent = Array;
  const detail::Dependence& d;
  [[nodiscard]] Array one(NodeId id) const { return Array::uniform(d.graph().type(id), 1.0).dense(); }
  [[nodiscard]] Array contribution(NodeId id, std::uint32_t k, const Array& cotangent) const {
    return d.contribution(id, k, cotangent);
  }
};

/// The sweeps of a ledger, from the output to the input.
template <class Work>
class Bookkeeper {
 public:
  using Cotangent = typename Work::Cotangent;

  Bookkeeper(const detail::Dependence& d, NodeId input, std::vector<bool> active, std::size_t width)
      : work_{d},
        d_(d),
        graph_(d.graph()),
        input_(input),
        active_(std::move(active)),
        width_(width),
        counts_(graph_.size()) {}

  void run() {
    count();
    find_largest();
  }

  /// Calls visit(operand, k) for each edge from the node that lies on a path.
  template <class Visit>
  void for_each_edge(NodeId id, Visit&& visit) const {
    if (!active_[id] || id == input_) return;
    const auto operands = graph_.operands(id);
    for (std::uint32_t k = 0; k < operands.size(); ++k)
      if (WENGERT_HOLDS("ledger: edge lies on a path", active_[operands[k]] && d_.flows(id, k))) visit(operands[k], k);
  }

  /// Number of paths from the output, edges, roundings.
  void count() {
    std::vector<std::uint32_t> uses(graph_.size(), 0), depth(graph_.size(), 0);
    roundings_.assign(graph_.size(), 0);
    counts_.set_one(d_.root());
    for (NodeId id = d_.root() + 1; id-- > 0;) {
      if (WENGERT_HOLDS("ledger: node lies on a path", active_[id])) ++nodes_;
      if (uses[id] > 1) roundings_[id] += WENGERT_INDEX("ledger: roundings of a sum", uses[id] - 1);
      for_each_edge(id, [&](NodeId operand, std::uint32_t) {
        edges_ += WENGERT_INDEX("ledger: an edge", std::size_t{1});
        ++uses[operand];
        counts_.add(operand, id);
        depth[operand] = std::max(depth[operand], depth[id] + WENGERT_INDEX("ledger: length of a path", 1u));
        roundings_[operand] =
            std::max(roundings_[operand], roundings_[id] + WENGERT_INDEX("ledger: roundings of a product", 1u));
      });
    }
    longest_ = depth[input_];
  }

  void find_largest() {
    begin_.assign(graph_.size() + 1, 0);
    for (NodeId id = 0; id < graph_.size(); ++id) {
      const std::uint64_t paths = active_[id] ? counts_.exact[id] : 0;
      if (paths > width_) truncated_ = truncated_ || id != input_;
      begin_[id + 1] = begin_[id] + std::min<std::uint64_t>(width_, paths);
    }
    prefixes_.resize(begin_.back());
    kept_.assign(graph_.size(), 0);
    prefixes_[begin_[d_.root()]].product = work_.one(d_.root());
    kept_[d_.root()] = 1;
    for (NodeId id = d_.root() + 1; id-- > 0;) {
      for_each_edge(id, [&](NodeId operand, std::uint32_t k) {
        for (std::uint16_t rank = 0; rank < kept_[id]; ++rank)
          insert(operand, {work_.contribution(id, k, prefix(id, rank).product), id, k, rank});
      });
    }
  }

  [[nodiscard]] Prefix<Cotangent>& prefix(NodeId id, std::size_t rank) { return prefixes_[begin_[id] + rank]; }

  /// Keeps the list of the node sorted; equal ones stay in the order in which they came.
  void insert(NodeId id, Prefix<Cotangent> candidate) {
    const std::size_t room = begin_[id + 1] - begin_[id];
    std::size_t at = kept_[id];
    const double size = magnitude(candidate.product);
    if (WENGERT_HOLDS("ledger: not among the largest", at == room && !(size > magnitude(prefix(id, at - 1).product))))
      return;
    if (at == room) --at;
    for (; at > 0 && size > magnitude(prefix(id, at - 1).product); --at) prefix(id, at) = std::move(prefix(id, at - 1));
    prefix(id, at) = std::move(candidate);
    if (kept_[id] < room) ++kept_[id];
  }

  /// The steps of the path that ends with number `rank` of the input's, and marks it as shown.
  std::vector<PathStep> steps_of(std::size_t rank) {
    std::vector<PathStep> steps;
    NodeId id = input_;
    while (true) {
      Prefix<Cotangent>& p = prefix(id, rank);
      p.shown = true;
      if (p.user == graph::no_node) break;
      const Prefix<Cotangent>& before = prefix(p.user, p.rank);
      PathStep step{.node = id, .position = p.position};
      describe(step, p.user, before.product, p.product);
      steps.push_back(step);
      rank = p.rank;
      id = p.user;
    }
    std::reverse(steps.begin(), steps.end());
    return steps;
  }

  void describe(PathStep& step, NodeId user, double, double product) const {
    step.factor = WENGERT_NUMBER("ledger: factor of an edge", d_.local(user, step.position));
    step.product = product;
  }
  void describe(PathStep& step, NodeId, const Array& before, const Array& product) const {
    step.product = detail::norm(product);
    const double size = detail::norm(before);
    step.factor = WENGERT_NUMBER("ledger: growth along an edge", size == 0 ? 0.0 : step.product / size);
  }

  /// The adjoints of the nodes on the paths; Σ|products| likewise, of numbers.
  void sweep_all(std::vector<Cotangent>& adjoints, std::vector<double>& magnitudes) const {
    adjoints.assign(graph_.size(), Cotangent{});
    adjoints[d_.root()] = work_.one(d_.root());
    if constexpr (std::is_same_v<Cotangent, double>) {
      magnitudes.assign(graph_.size(), 0.0);
      magnitudes[d_.root()] = 1.0;
    } else {
      magnitudes.assign(graph_.size(), 0.0);
    }
    for (NodeId id = d_.root() + 1; id-- > 0;) {
      for_each_edge(id, [&](NodeId operand, std::uint32_t k) {
        const Cotangent term = work_.contribution(id, k, adjoints[id]);
        add_to(adjoints[operand], term);
        if constexpr (std::is_same_v<Cotangent, double>)
          WENGERT_ADD("ledger: magnitude of a contribution", magnitudes[operand],
                      std::abs(work_.contribution(id, k, magnitudes[id])));
        else
          WENGERT_ADD("ledger: norm of a contribution", magnitudes[operand], detail::norm(term));
      });
    }
  }

  /// The sum over the paths that are not shown, and their number: each leaves the shown ones at one edge.
  Cotangent sweep_rest(PathCount& count) {
    std::vector<Cotangent> rest(graph_.size(), Cotangent{});
    std::vector<bool> any(graph_.size(), false);
    Counts counts(graph_.size());
    prefix(d_.root(), 0).shown = true;  // of every path, also where none is shown
    for (NodeId id = d_.root() + 1; id-- > 0;) {
      for_each_edge(id, [&](NodeId operand, std::uint32_t k) {
        if (WENGERT_HOLDS("ledger: rest arrives", any[id])) {
          add_to(rest[operand], work_.contribution(id, k, rest[id]));
          any[operand] = true;
          counts.add(operand, id);
        }
        for (std::uint16_t rank = 0; rank < kept_[id]; ++rank) {
          if (!prefix(id, rank).shown || goes_on(id, rank, operand, k)) continue;
          add_to(rest[operand], work_.contribution(id, k, prefix(id, rank).product));
          any[operand] = true;
          counts.add(operand, WENGERT_INDEX("ledger: path that leaves the shown", std::uint64_t{1}), 0.0);
        }
      });
    }
    count = counts.of(input_);
    return any[input_] ? rest[input_] : Cotangent{};
  }

  /// A shown path goes from the shown prefix along that edge.
  bool goes_on(NodeId id, std::uint16_t rank, NodeId operand, std::uint32_t k) {
    for (std::size_t n = 0; n < kept_[operand]; ++n) {
      const Prefix<Cotangent>& p = prefix(operand, n);
      if (WENGERT_HOLDS("ledger: shown path goes on", p.shown && p.user == id && p.rank == rank && p.position == k))
        return true;
    }
    return false;
  }

  Work work_;
  const detail::Dependence& d_;
  const Graph& graph_;
  NodeId input_;
  std::vector<bool> active_;
  std::size_t width_;
  Counts counts_;
  std::vector<std::uint32_t> roundings_;
  std::vector<std::size_t> begin_;  // of each node's prefixes
  std::vector<std::uint16_t> kept_;
  std::vector<Prefix<Cotangent>> prefixes_;
  std::size_t edges_ = 0, nodes_ = 0, longest_ = 0;
  bool truncated_ = false;
};

/// The cosine; 0 where either vanishes.
double cosine(const Array& a, const Array& b) {
  const double size = detail::norm(a) * detail::norm(b);
  return size > 0 ? WENGERT_NUMBER("ledger: alignment", std::clamp(detail::dot(a, b) / size, -1.0, 1.0)) : size;
}
double cosine(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<double>::quiet_NaN();
  return a == 0 || b == 0 ? 0 : (a > 0) == (b > 0) ? 1 : -1;
}

double size_of(double x) { return x; }
double size_of(const Array& x) { return x.size() == 0 ? 0 : detail::norm(x); }
/// ⟨a, b⟩/‖b‖².
double share_of(double a, double b) { return WENGERT_NUMBER("ledger: share of a number", a / b); }
double share_of(const Array& a, const Array& b) {
  return a.size() == 0 ? 0 : WENGERT_NUMBER("ledger: share of a tensor", detail::dot(a, b) / detail::dot(b, b));
}
std::string name_or_label(const detail::AnyHandle& value, const Graph& graph, NodeId id) {
  std::string name = detail::name_of(value);
  if (name.empty() && id != graph::no_node) name = node_label(graph, id);
  return name;
}
/// Of what is not finite: 0 where both are the same.
double distance(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)) ? 0.0 : std::abs(a - b); }
double distance(const Array& a, const Array& b) {
  double sum = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) sum = std::hypot(sum, distance(a.element(i), b.element(i)));
  return sum;
}

/// The adjoint of x by the engine's own sweep.
Array engine_gradient(const detail::AnyHandle& y, const detail::AnyHandle& x, std::source_location where) {
  const Adjoints adjoints = y.tensor == nullptr ? backward(y.scalar, where) : backward(*y.tensor, where);
  return x.tensor == nullptr ? Array::scalar(adjoints[x.scalar]) : adjoints[*x.tensor].value().dense();
}
Array elements_of(const detail::AnyHandle& x) {
  return x.tensor == nullptr ? Array::scalar(x.scalar.value()) : x.tensor->value().dense();
}
void take(double& to, const Array& from) { to = from.element(0); }
void take(Array& to, const Array& from) { to = from; }

template <class Work>
void fill(Ledger& ledger, const detail::Dependence& d, std::vector<bool> active, const Array& derivative,
          std::size_t top) {
  using Cotangent = typename Work::Cotangent;
  // Of tensors the norm of a product is no product of norms: more are kept on the way than are shown.
  const std::size_t width =
      std::is_same_v<Cotangent, double> ? std::max<std::size_t>(top, 1) : std::max<std::size_t>(4 * top, 32);
  Bookkeeper<Work> books(d, ledger.input, std::move(active), width);
  books.run();
  ledger.count = books.counts_.of(ledger.input);
  ledger.edges = books.edges_;
  ledger.nodes = books.nodes_;
  ledger.longest = books.longest_;
  ledger.exact = std::is_same_v<Cotangent, double> || !books.truncated_;

  std::vector<Cotangent> adjoints;
  std::vector<double> magnitudes;
  books.sweep_all(adjoints, magnitudes);
  Cotangent gradient{};
  take(gradient, derivative);
  ledger.gradient = size_of(gradient);
  Cotangent shown{};
  for (std::size_t rank = 0; rank < std::min<std::size_t>(top, books.kept_[ledger.input]); ++rank) {
    Path& path = ledger.paths.emplace_back();
    path.steps = books.steps_of(rank);
    const Cotangent& product = books.prefix(ledger.input, rank).product;
    path.product = size_of(product);
    path.share = share_of(product, gradient);
    path.alignment = cosine(product, gradient);
    add_to(shown, product);
    // Of the same path, node by node.
    std::size_t at = rank;
    NodeId id = ledger.input;
    for (std::size_t k = path.steps.size(); k-- > 0;) {
      const Prefix<Cotangent>& prefix = books.prefix(id, at);
      path.steps[k].alignment = cosine(prefix.product, adjoints[id]);
      at = prefix.rank;
      id = prefix.user;
    }
  }
  Cotangent rest = books.sweep_rest(ledger.remainder_count);
  if (top == 0 && ledger.input == d.root()) {  // the path without an edge
    rest = books.work_.one(d.root());
    ledger.remainder_count = ledger.count;
  }
  ledger.remainder = size_of(rest);
  const bool rest_exists = ledger.remainder_count.log10 > -infinity;
  ledger.remainder_share = rest_exists ? share_of(rest, gradient) : 0.0;
  Cotangent all = shown;
  if (rest_exists) add_to(all, rest);
  ledger.difference = distance(gradient, all);
  ledger.rounding = WENGERT_NUMBER("ledger: rounding", 2.0 * static_cast<double>(books.roundings_[ledger.input]) *
                                                           epsilon * magnitudes[ledger.input]);
  if constexpr (std::is_same_v<Cotangent, double>) {
    ledger.magnitude = magnitudes[ledger.input];
  } else {
    if (gradient.dtype() == Dtype::f32)
      ledger.rounding *= static_cast<double>(std::numeric_limits<float>::epsilon()) / epsilon;
    // No sweep finds it, but where all paths are shown it is known.
    if (!rest_exists) {
      ledger.magnitude = 0.0;
      for (const Path& path : ledger.paths) *ledger.magnitude += path.product;
    }
  }
  if (ledger.magnitude && std::isfinite(*ledger.magnitude)) {
    const double cancelled = 1.0 - std::abs(size_of(gradient)) / *ledger.magnitude;
    ledger.cancellation = *ledger.magnitude == 0 ? 0.0 : cancelled < 0 ? 0.0 : cancelled;
  }
}

}  // namespace

bool Ledger::reconciled() const noexcept {
  if (input == graph::no_node) return gradient == 0;
  if (!std::isfinite(gradient)) return difference == 0;
  return difference <= rounding;
}

namespace {

/// `recorded`: ∂y/∂x, where it was recorded.
Ledger ledger_of(const detail::AnyHandle& y, const detail::AnyHandle& x, const detail::AnyHandle* recorded,
                 const LedgerOptions& options, std::source_location where) {
  if (options.top > most_top) {
    throw ArgumentError{{.operation = "explain",
                         .problem = "top is " + std::to_string(options.top),
                         .expected = "at most 1000 paths",
                         .where = where}};
  }
  if (x.id() == 0) {
    throw ArgumentError{{.operation = "explain",
                         .problem = "the value that the gradient is of is a constant",
                         .expected = "a value of the recording",
                         .where = where}};
  }
  detail::Dependence d(y, "explain", where);
  Ledger ledger;
  // The sweep refuses a handle that is foreign or stale, and one that is no real number.
  const Array derivative = recorded == nullptr ? engine_gradient(y, x, where) : elements_of(*recorded);
  ledger.gradient = size_of(derivative);
  ledger.output = d.root();
  ledger.output_name = name_or_label(y, d.graph(), d.root());
  ledger.count.log10 = ledger.remainder_count.log10 = -infinity;
  ledger.count.exact = ledger.remainder_count.exact = 0;
  const NodeId input = d.find(x);
  std::vector<bool> active;
  if (input != graph::no_node) active = d.between(std::span(&input, 1));
  ledger.input_name = name_or_label(x, d.graph(), input);
  if (input == graph::no_node || !active[d.root()]) {
    ledger.magnitude = ledger.cancellation = 0.0;
    ledger.graph = std::move(d).take_graph();
    return ledger;
  }
  ledger.input = input;
  for (NodeId id = 0; id < d.graph().size(); ++id)
    ledger.tensors =
        ledger.tensors || (active[id] && id != input && !d.has_local(id)) || (active[id] && !d.is_scalar(id));
  if (ledger.tensors)
    fill<ArrayWork>(ledger, d, std::move(active), derivative, options.top);
  else
    fill<ScalarWork>(ledger, d, std::move(active), derivative, options.top);
  ledger.graph = std::move(d).take_graph();
  return ledger;
}

}  // namespace

Ledger explain(const detail::AnyHandle& y, const detail::AnyHandle& x, const LedgerOptions& options,
               std::source_location where) {
  return ledger_of(y, x, nullptr, options, where);
}

Ledger explain(const detail::AnyHandle& gradient, const LedgerOptions& options, std::source_location where) {
  const detail::GradientSource source(gradient, "explain", where);
  return ledger_of(source.of(), source.by(), &gradient, options, where);
}

}  // namespace wengert
