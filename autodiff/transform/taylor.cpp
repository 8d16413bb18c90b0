// Reading order: Rule (the partials of a primitive as expressions, made once), TaylorSeries::Table (all series:
// interned, then planned by the order that is needed of each, then computed order by order), the front functions.
#include "wengert/autodiff/transform/taylor.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "wengert/autodiff/record/eager.hpp"
#include "wengert/autodiff/record/expand.hpp"
#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/autodiff/record/tensor_functions.hpp"
#include "wengert/graph/error.hpp"

namespace wengert {

using namespace detail;
using graph::NodeId;

namespace {

using SeriesId = std::uint32_t;
constexpr SeriesId no_series = 0xFFFFFFFFU;
constexpr std::size_t most_operands = 3;

/// The partials of a primitive, as a list of primitives of its operands and its value.
struct Rule {
  /// What an operand of a step, or a partial, is.
  struct Term {
    enum class Kind : std::uint8_t { none, operand, value, step, constant };
    Kind kind = Kind::none;
    std::size_t index = 0;  ///< of the operand or the step
    double number = 0;      ///< of the constant
  };
  struct Step {
    const Primitive* primitive = nullptr;
    std::array<Term, most_operands> operands{};
  };
  std::vector<Step> steps;                     ///< each after its operands
  std::array<Term, most_operands> partials{};  ///< none: no derivative flows through the operand
};

/// Records the rule on variables and reads back what it wrote. The numbers that are computed on the way mean nothing.
Rule make_rule(const Primitive& p) {
  Rule rule;
  Recording r;
  const std::vector<Scalar> x = r.variables(std::vector<double>(most_operands, 1.0));
  const Scalar y = r.variable(1.0);
  const auto arity = static_cast<std::size_t>(p.arity);
  std::array<Eager, most_operands> operands{Eager(x[0]), Eager(x[1]), Eager(x[2])};
  for (std::size_t k = 0; k < arity; ++k)
    if (p.truth_operands >> k & 1u) operands[k] = (operands[k] > Eager(0.0)).truth;
  for (std::size_t k = 0; k < arity; ++k) {
    if (!(p.differentiable >> k & 1u)) continue;
    const Scalar partial = p.recorded_contribution(k, Eager(1.0), Eager(y), operands.data()).scalar();
    if (partial.is_constant()) {
      rule.partials[k] = {Rule::Term::Kind::constant, 0, partial.value()};
      continue;
    }
    const Expansion e = expand(r, {partial}, {.ties = false});
    std::vector<Rule::Term> terms(e.graph.size());
    for (std::size_t j = 0; j < arity; ++j)
      if (const NodeId node = e.find(operands[j].scalar()); node != graph::no_node)
        terms[node] = {Rule::Term::Kind::operand, j, 0};
    if (const NodeId node = e.find(y); node != graph::no_node) terms[node] = {Rule::Term::Kind::value, 0, 0};
    for (NodeId node = 0; node < e.graph.size(); ++node) {
      if (terms[node].kind != Rule::Term::Kind::none) continue;
      const auto from = e.graph.operands(node);
      if (from.empty()) {
        terms[node] = {Rule::Term::Kind::constant, 0, e.values[node]};
        continue;
      }
      Rule::Step step{static_cast<const Primitive*>(&e.graph.operation(node)), {}};
      for (std::size_t j = 0; j < from.size(); ++j) step.operands[j] = terms[from[j]];
      terms[node] = {Rule::Term::Kind::step, rule.steps.size(), 0};
      rule.steps.push_back(step);
    }
    rule.partials[k] = terms[e.graph.outputs()[0]];
  }
  return rule;
}

/// Rules are made once for the process; a primitive lives as long as it does.
const Rule& rule_of(const Primitive& p) {
  static std::mutex mutex;
  static std::unordered_map<const Primitive*, std::unique_ptr<const Rule>> rules;
  {
    const std::lock_guard lock(mutex);
    if (const auto found = rules.find(&p); found != rules.end()) return *found->second;
  }
  auto rule = std::make_unique<const Rule>(make_rule(p));
  const std::lock_guard lock(mutex);
  return *rules.try_emplace(&p, std::move(rule)).first->second;
}

[[noreturn]] void refuse_argument(const std::string& problem, const std::string& expected, std::source_location where,
                                  const std::string& hint = {}) {
  throw ArgumentError{{.operation = "taylor", .problem = problem, .expected = expected, .where = where, .hint = hint}};
}

}  // namespace

/// All series. Operands have smaller ids; partials may have larger ones, but are needed to one order less.
class TaylorSeries::Table {
 public:
  Table(std::span<const Scalar> y, std::span<const Scalar> x, std::size_t order, std::source_location where)
      : order_(order), quotient_(&PrimitiveOf<ops::Div>::record) {
    build(y, x, where);
    plan();
    for (const Series& s : series_) total_ += s.orders;
    coefficients_.resize(total_);
    std::size_t begin = 0;
    for (Series& s : series_) {
      s.begin = begin;
      begin += s.orders;
      if (s.orders > 0) coefficients_[s.begin] = s.value;
    }
  }

  void advance(std::span<const double> x, std::source_location where) {
    if (x.size() != paths_.size())
      refuse_argument(std::to_string(x.size()) + " coefficients", std::to_string(paths_.size()) + ", one for each x",
                      where);
    if (known_ == order_)
      refuse_argument("order " + std::to_string(order_ + 1) + " was not planned for",
                      "an order up to " + std::to_string(order_), where, "the constructor takes the highest order");
    const std::size_t k = ++known_;
    for (std::size_t i = 0; i < paths_.size(); ++i)
      if (series_[paths_[i]].orders > k) coefficients_[series_[paths_[i]].begin + k] = x[i];
    for (const Series& s : series_)
      if (s.primitive != nullptr && s.orders > k) coefficients_[s.begin + k] = next(s, k);
  }

  [[nodiscard]] std::size_t known() const noexcept { return known_; }
  [[nodiscard]] std::size_t size() const noexcept { return series_.size(); }
  [[nodiscard]] std::size_t outputs() const noexcept { return outputs_.size(); }
  [[nodiscard]] double coefficient(std::size_t i, std::size_t k) const {
    const Series& s = series_[outputs_[i]];
    if (k >= s.orders) return k == 0 ? s.value : 0.0;  // a constant
    return coefficients_[s.begin + k];
  }

 private:
  struct Series {
    const Primitive* primitive = nullptr;  ///< null: a constant, or a path
    std::array<SeriesId, most_operands> operands{no_series, no_series, no_series};
    std::array<SeriesId, most_operands> partials{no_series, no_series, no_series};  ///< no_series: nothing flows
    double value = 0;                                                               ///< coefficient 0
    bool moves = false;      ///< depends on the path through partials
    std::size_t orders = 0;  ///< how many coefficients are needed; 0 of a constant
    std::size_t begin = 0;   ///< of them in coefficients_
  };
  struct Key {
    const Primitive* primitive;
    std::array<SeriesId, most_operands> operands;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const noexcept {
      std::size_t h = std::bit_cast<std::size_t>(key.primitive) >> 4;
      for (const SeriesId id : key.operands) h = (h ^ id) * 0x9E3779B97F4A7C15ULL ^ h >> 29;
      return h;
    }
  };

  SeriesId add(const Series& s) {
    if (series_.size() >= no_series - 1u)
      throw CapacityError{{.operation = "taylor", .problem = "more than 2^32 series", .expected = "fewer"}};
    series_.push_back(s);
    return static_cast<SeriesId>(series_.size() - 1);
  }
  SeriesId constant(double value) {
    const auto [at, is_new] = constants_.try_emplace(std::bit_cast<std::uint64_t>(value), no_series);
    if (is_new) {
      Series s;
      s.value = value;
      at->second = add(s);
    }
    return at->second;
  }
  /// The series of a primitive of others: the one that is there, or a new one.
  SeriesId apply(const Primitive& p, const std::array<SeriesId, most_operands>& operands) {
    std::array<double, most_operands> x{};
    bool moves = false;
    for (std::size_t k = 0; k < static_cast<std::size_t>(p.arity); ++k) {
      x[k] = series_[operands[k]].value;
      moves = moves ||
              WENGERT_HOLDS("taylor: operand moves", series_[operands[k]].moves && (p.differentiable >> k & 1u) != 0);
    }
    if (!moves) return constant(p.value(x.data()));
    const auto [at, is_new] = interned_.try_emplace(Key{&p, operands}, no_series);
    if (is_new) {
      Series s;
      s.primitive = &p;
      s.operands = operands;
      s.value = p.value(x.data());
      s.moves = true;
      at->second = add(s);
    }
    return at->second;
  }

  void build(std::span<const Scalar> y, std::span<const Scalar> x, std::source_location where) {
    for (const Scalar& path : x) {
      if (path.is_constant())
        refuse_argument("a value to expand along is a constant", "a value of the recording", where,
                        "make it with Recording::variable");
      Series s;
      s.value = path.value();
      s.moves = true;
      paths_.push_back(add(s));
    }
    std::vector<Scalar> all(y.begin(), y.end());
    all.insert(all.end(), x.begin(), x.end());
    Stream* const stream = stream_of(all, "taylor", where);
    if (stream == nullptr) {
      for (const Scalar& value : y) outputs_.push_back(constant(value.value()));
      return;
    }
    const std::vector<AnyHandle> outputs(y.begin(), y.end());
    const Expansion e = expand_stream(*stream, outputs, {.ties = false}, where);
    const graph::Graph& g = e.graph;
    std::vector<SeriesId> series_of(g.size(), no_series);
    for (std::size_t k = 0; k < x.size(); ++k) {
      for (std::size_t j = 0; j < k; ++j)
        if (x[j].id() == x[k].id())
          refuse_argument("values " + std::to_string(j) + " and " + std::to_string(k) + " to expand along are the same",
                          "distinct ones", where);
      const NodeId node = e.find(x[k]);
      if (node == graph::no_node) continue;  // y does not depend on it
      if (series_of[node] != no_series)
        refuse_argument("two of the values to expand along are equal expressions", "distinct ones", where);
      series_of[node] = paths_[k];
    }
    // Tensors that do not move are as constant as anything else.
    std::vector<bool> moves(g.size(), false);
    for (NodeId node = 0; node < g.size(); ++node) {
      if (series_of[node] != no_series) {
        moves[node] = true;
        continue;
      }
      const auto operands = g.operands(node);
      bool any = false;
      for (const NodeId operand : operands) any = any || moves[operand];
      const bool is_tensor = e.arrays.contains(node);
      if (!any) {
        if (!is_tensor) series_of[node] = constant(e.values[node]);
        continue;
      }
      moves[node] = true;
      const auto& primitive = static_cast<const Primitive&>(g.operation(node));
      if (is_tensor || !primitive.elementwise) refuse_tensor(primitive, g, node, where);
      std::array<SeriesId, most_operands> from{no_series, no_series, no_series};
      for (std::size_t k = 0; k < operands.size(); ++k) from[k] = series_of[operands[k]];
      series_of[node] = apply(primitive, from);
    }
    for (const NodeId node : g.outputs()) outputs_.push_back(series_of[node]);
  }
  [[noreturn]] static void refuse_tensor(const Primitive& primitive, const graph::Graph& g, NodeId node,
                                         std::source_location where) {
    const graph::Location line = g.location(node);
    refuse_argument("the path goes through a tensor: " + std::string(primitive.name) + " of " +
                        to_string(g.type(g.operands(node)[0])) +
                        (line.empty() ? "" : " at " + std::string(line.file) + ":" + std::to_string(line.line)),
                    "a program of scalars", where);
  }

  /// What is needed of each series: of y all orders, of an operand as many, of a partial one fewer. By falling order,
  /// so that the first that is asked is the most.
  void plan() {
    std::vector<std::vector<SeriesId>> wanted(order_ + 1);
    const auto want = [&](SeriesId id, std::size_t orders) {
      Series& s = series_[id];
      if (!s.moves || s.orders >= orders) return;
      s.orders = orders;
      wanted[orders - 1].push_back(id);
    };
    for (const SeriesId id : outputs_) want(id, order_ + 1);
    for (std::size_t orders = order_ + 1; orders > 0; --orders) {
      for (std::size_t n = 0; n < wanted[orders - 1].size(); ++n) {
        const SeriesId id = wanted[orders - 1][n];
        const Primitive* const primitive = series_[id].primitive;
        if (primitive == nullptr || orders == 1) continue;
        const auto operands = series_[id].operands;
        if (primitive != quotient_) find_partials(id);
        for (std::size_t k = 0; k < static_cast<std::size_t>(primitive->arity); ++k) {
          if (!series_[operands[k]].moves) continue;
          if (primitive != quotient_) {
            const SeriesId partial = series_[id].partials[k];
            if (partial == no_series) continue;
            want(partial, orders - 1);
          }
          want(operands[k], orders);
        }
      }
    }
  }

  void find_partials(SeriesId id) {
    const Series s = series_[id];
    const Rule& rule = rule_of(*s.primitive);
    std::vector<SeriesId> steps(rule.steps.size(), no_series);
    const auto series_of = [&](const Rule::Term& term) -> SeriesId {
      switch (term.kind) {
        case Rule::Term::Kind::operand:
          return s.operands[term.index];
        case Rule::Term::Kind::value:
          return id;
        case Rule::Term::Kind::step:
          return steps[term.index];
        case Rule::Term::Kind::constant:
          return constant(term.number);
        case Rule::Term::Kind::none:
          break;
      }
      return no_series;
    };
    // Of the rule, what partials of moving operands need.
    std::vector<bool> needed(rule.steps.size(), false);
    const auto need = [&](const Rule::Term& term) {
      if (term.kind == Rule::Term::Kind::step) needed[term.index] = true;
    };
    const auto arity = static_cast<std::size_t>(s.primitive->arity);
    for (std::size_t k = 0; k < arity; ++k)
      if (series_[s.operands[k]].moves) need(rule.partials[k]);
    for (std::size_t n = steps.size(); n-- > 0;)
      if (needed[n])
        for (const Rule::Term& term : rule.steps[n].operands) need(term);
    for (std::size_t n = 0; n < steps.size(); ++n) {
      if (!needed[n]) continue;
      std::array<SeriesId, most_operands> from{no_series, no_series, no_series};
      for (std::size_t k = 0; k < most_operands; ++k) from[k] = series_of(rule.steps[n].operands[k]);
      steps[n] = apply(*rule.steps[n].primitive, from);
    }
    for (std::size_t k = 0; k < arity; ++k) {
      if (!series_[s.operands[k]].moves) continue;
      const SeriesId partial = series_of(rule.partials[k]);
      // A partial that is 0 throughout lets nothing pass: the operand is not even computed.
      const bool passes = WENGERT_HOLDS(
          "taylor: a partial passes", partial != no_series && (series_[partial].moves || series_[partial].value != 0));
      series_[id].partials[k] = passes ? partial : no_series;
    }
  }

  /// Coefficient k of a series that is not constant.
  [[nodiscard]] double coefficient_of(const Series& s, std::size_t k) const {
    return s.moves ? coefficients_[s.begin + k] : k == 0 ? s.value : 0.0;
  }
  /// Coefficient k ≥ 1 of a primitive, from those of its operands up to k and of its partials up to k-1.
  [[nodiscard]] double next(const Series& s, std::size_t k) const {
    if (s.primitive == quotient_) return next_quotient(s, k);
    double linear = 0, sum = 0;
    for (std::size_t operand = 0; operand < most_operands; ++operand) {
      if (s.partials[operand] == no_series) continue;
      const Series &x = series_[s.operands[operand]], &d = series_[s.partials[operand]];
      if (!d.moves) {
        WENGERT_ADD("taylor: along a constant partial", linear,
                    ops::contribution<true>(coefficients_[x.begin + k], d.value));
        continue;
      }
      const double* const of_x = coefficients_.data() + x.begin;
      const double* const of_d = coefficients_.data() + d.begin;
      for (std::size_t j = 1; j <= k; ++j)
        WENGERT_ADD("taylor: sum over orders", sum,
                    WENGERT_NUMBER("taylor: factor j", static_cast<double>(j)) *
                        ops::contribution<true>(of_x[j], of_d[WENGERT_INDEX("taylor: order of the partial", k - j)]));
    }
    return linear + WENGERT_NUMBER("taylor: the derivative integrated", sum / static_cast<double>(k));
  }
  /// y·b = a: y_k = (a_k - Σ_{j≥1} b_j·y_{k-j}) / b_0.
  [[nodiscard]] double next_quotient(const Series& s, std::size_t k) const {
    const Series &a = series_[s.operands[0]], &b = series_[s.operands[1]];
    double rest = coefficient_of(a, k);
    if (b.moves)
      for (std::size_t j = 1; j <= k; ++j)
        WENGERT_ADD("taylor: sum of a quotient", rest,
                    -ops::contribution<true>(coefficients_[b.begin + j], coefficients_[s.begin + (k - j)]));
    return rest == 0 ? 0.0 : WENGERT_NUMBER("taylor: quotient", rest / b.value);
  }

  std::size_t order_, known_ = 0, total_ = 0;
  const Primitive* quotient_;
  std::vector<Series> series_;
  std::vector<double> coefficients_;
  std::vector<SeriesId> paths_, outputs_;
  std::unordered_map<Key, SeriesId, Hash> interned_;
  std::unordered_map<std::uint64_t, SeriesId> constants_;
};

// --- Front functions ------------------------------------------------------------------------------------------------

TaylorSeries::TaylorSeries(std::span<const Scalar> y, std::span<const Scalar> x, std::size_t order,
                           std::source_location where)
    : table_(std::make_unique<Table>(y, x, order, where)) {}
TaylorSeries::TaylorSeries(TaylorSeries&&) noexcept = default;
TaylorSeries& TaylorSeries::operator=(TaylorSeries&&) noexcept = default;
TaylorSeries::~TaylorSeries() = default;

void TaylorSeries::advance(std::span<const double> x, std::source_location where) { table_->advance(x, where); }
std::size_t TaylorSeries::order() const noexcept { return table_->known(); }
std::size_t TaylorSeries::size() const noexcept { return table_->size(); }

double TaylorSeries::coefficient(std::size_t i, std::size_t k, std::source_location where) const {
  if (i >= table_->outputs() || k > table_->known())
    refuse_argument("coefficient " + std::to_string(k) + " of value " + std::to_string(i),
                    "one of " + std::to_string(table_->outputs()) + " values, of an order up to " +
                        std::to_string(table_->known()) + ", which is known so far",
                    where);
  return table_->coefficient(i, k);
}
std::vector<double> TaylorSeries::coefficients(std::size_t k, std::source_location where) const {
  std::vector<double> result;
  for (std::size_t i = 0; i < table_->outputs(); ++i) result.push_back(coefficient(i, k, where));
  return result;
}

namespace {

/// y along a path, of which coefficient(i, k) is that of x[i].
template <class F>
std::vector<double> along(const Scalar& y, std::span<const Scalar> x, std::size_t order, std::source_location where,
                          const F& coefficient) {
  TaylorSeries series(std::span(&y, 1), x, order, where);
  std::vector<double> result{series.coefficient(0, 0)}, next(x.size());
  for (std::size_t k = 1; k <= order; ++k) {
    for (std::size_t i = 0; i < x.size(); ++i) next[i] = coefficient(i, k);
    series.advance(next, where);
    result.push_back(series.coefficient(0, k));
  }
  return result;
}

}  // namespace

std::vector<double> taylor(const Scalar& y, const Scalar& x, std::size_t order, std::source_location where) {
  return along(y, std::span(&x, 1), order, where, [](std::size_t, std::size_t k) { return k == 1 ? 1.0 : 0.0; });
}

std::vector<double> taylor(const Scalar& y, std::span<const Scalar> x, std::span<const double> direction,
                           std::size_t order, std::source_location where) {
  if (direction.size() != x.size())
    refuse_argument("a direction of " + std::to_string(direction.size()) + " numbers",
                    std::to_string(x.size()) + ", one for each x", where);
  return along(y, x, order, where, [&](std::size_t i, std::size_t k) { return k == 1 ? direction[i] : 0.0; });
}

std::vector<double> taylor(const Scalar& y, std::span<const Scalar> x, const TaylorPath& path, std::size_t order,
                           std::source_location where) {
  if (path.size() != x.size())
    refuse_argument("a path of " + std::to_string(path.size()) + " lists",
                    std::to_string(x.size()) + ", one for each x", where);
  return along(y, x, order, where,
               [&](std::size_t i, std::size_t k) { return k <= path[i].size() ? path[i][k - 1] : 0.0; });
}

std::vector<double> derivatives_of(std::span<const double> coefficients) {
  std::vector<double> result;
  double factorial = 1;
  for (std::size_t k = 0; k < coefficients.size(); ++k) {
    if (k > 0) factorial *= static_cast<double>(k);
    result.push_back(coefficients[k] == 0 ? coefficients[k] : factorial * coefficients[k]);
  }
  return result;
}

// With n the counts, N = |n| and directions i from 1 to n (not all 0): Π_k x_k^n_k is a combination of (i·x)^N, and
// so the derivative is one of coefficients of order N along the directions. By polarisation with repeated variables:
// ∂^n y = Σ_i (-1)^(N-|i|) Π_k C(n_k, i_k) · y_N(along i),
// where y_N along i is the coefficient of t^N of y(x + t·i), since (1/N!)·D^N y(i, …, i) = y_N and the N-fold
// difference of the form D^N y, which is N!·∂^n y, is Σ (-1)^(N-|i|) Π C(n_k, i_k) D^N y(i, …, i).
double mixed_partial(const Scalar& y, const std::vector<Scalar>& x, const std::vector<std::size_t>& counts,
                     std::source_location where) {
  if (counts.size() != x.size())
    refuse_argument(std::to_string(counts.size()) + " counts", std::to_string(x.size()) + ", one for each x", where);
  std::size_t order = 0;
  for (const std::size_t n : counts) order += n;
  if (order == 0) return y.value();
  std::vector<std::size_t> i(x.size(), 0);
  std::vector<double> direction(x.size());
  double sum = 0;
  for (;;) {
    std::size_t k = 0;
    while (k < i.size() && i[k] == counts[k]) i[k++] = 0;
    if (k == i.size()) return sum;
    ++i[k];
    double weight = 1;
    std::size_t size = 0;
    for (std::size_t v = 0; v < i.size(); ++v) {
      direction[v] = static_cast<double>(i[v]);
      size += i[v];
      for (std::size_t c = 1; c <= i[v]; ++c)
        weight = weight * static_cast<double>(counts[v] - i[v] + c) / static_cast<double>(c);
    }
    const double along_i = taylor(y, x, direction, order, where).back();
    WENGERT_ADD("taylor: mixed partial", sum, ((order - size) % 2 == 0 ? weight : -weight) * along_i);
  }
}

}  // namespace wengert
