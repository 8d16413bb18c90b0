// Random programs of Scalars over every elementwise primitive there is, one statement for each application; and the
// check of one: numeric sweeps against recorded ones, forward against reverse, first and second order.
//
// A program works on columns: one value, or so many alike that their statements roll up. An operand is an earlier
// column, as it is where the primitive is tame there, or moved to near one of the primitive's sample points; now and
// then a constant. Operands without a derivative (conditions, whole numbers) are comparisons or constants.
// Reading order: ScalarProgram, check_scalars.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/record/expand.hpp"
#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/tests/support/program_counts.hpp"
#include "wengert/tests/support/running_error.hpp"

namespace wengert::test {

/// A point of an elementwise primitive: one of its sample points, or any inside one of its boxes.
template <class Random>
std::array<double, 3> any_point(const Primitive& p, Random& random) {
  std::array<double, 3> point{};
  if (random() % 2 == 0) {
    int order = 0;
    p.point(random() % p.point_count, point.data(), order);
    return point;
  }
  std::array<ops::Interval, 3> box{};
  p.box(random() % p.box_count, box.data());
  for (std::size_t k = 0; k < static_cast<std::size_t>(p.arity); ++k) {
    point[k] = std::uniform_real_distribution<double>(box[k].low, box[k].high)(random);
    if (box[k].whole) point[k] = std::round(point[k]);
  }
  return point;
}
inline bool takes_truth(const Primitive& p, std::size_t k) { return (p.truth_operands >> k & 1u) != 0; }
/// Operand k is no variable: by its meaning, or because no derivative flows into it though one does into others.
inline bool takes_constant(const Primitive& p, std::size_t k) {
  return (p.constant_operands >> k & 1u) != 0 ||
         (!p.truth && p.differentiable != 0 && !(p.differentiable >> k & 1u) && !takes_truth(p, k));
}

class ScalarProgram {
 public:
  ScalarProgram(std::uint64_t seed, Recording& r) : random_(seed), r_(r) {}

  /// Records the program; the result depends on every column.
  Scalar record(Counts& counts) {
    count_ = chance(0.3) ? static_cast<std::size_t>(uniform(2, 24)) : 1;
    const int variables = uniform(1, 3);
    for (int v = 0; v < variables; ++v) {
      Column column(count_);
      for (Scalar& x : column) x = r_.variable(real(-1.5, 1.5));
      inputs.insert(inputs.end(), column.begin(), column.end());
      columns_.push_back(std::move(column));
    }
    const int steps = uniform(2, 10);
    for (int s = 0; s < steps; ++s) {
      const auto all = elementwise_primitives();
      for (int attempt = 0; attempt < 4; ++attempt) {
        const Primitive& p = *all[static_cast<std::size_t>(uniform(0, static_cast<int>(all.size()) - 1))];
        if (!apply(p)) continue;
        ++counts.primitives[std::string(p.name)];
        counts.operations += count_;
        break;
      }
    }
    Scalar y = 0.0;
    for (const Column& column : columns_) {
      const double weight = real(-1, 1);
      for (const Scalar& x : column) y = y + weight * x;
    }
    return y * r_.variable(real(0.5, 1.5));  // its derivative is recorded even where all else is linear
  }

  std::vector<Scalar> inputs;

 private:
  using Column = std::vector<Scalar>;

  int uniform(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
  double real(double low, double high) { return std::uniform_real_distribution<double>(low, high)(random_); }
  bool chance(double p) { return real(0, 1) < p; }
  const Column& any_column() {
    return columns_[static_cast<std::size_t>(uniform(0, static_cast<int>(columns_.size()) - 1))];
  }

  template <class F>
  Column each(const F& f) const {
    Column result(count_);
    for (std::size_t i = 0; i < count_; ++i) result[i] = f(i);
    return result;
  }

  /// Applies p to columns; false if none was found at which it is tame.
  bool apply(const Primitive& p) {
    const auto arity = static_cast<std::size_t>(p.arity);
    const std::array<double, 3> point = any_point(p, random_);
    std::array<Column, 3> x;
    for (std::size_t k = 0; k < arity; ++k) x[k] = operand(p, k, point[k]);
    for (std::size_t i = 0; i < count_; ++i)
      if (!tame(p, {x[0][i].value(), arity > 1 ? x[1][i].value() : 0.0, arity > 2 ? x[2][i].value() : 0.0}))
        return false;
    (p.truth ? truths_ : columns_).push_back(each([&](std::size_t i) {
      std::array<Eager, 3> operands{Eager(0.0), Eager(0.0), Eager(0.0)};
      for (std::size_t k = 0; k < arity; ++k) operands[k] = Eager(x[k][i], std::source_location::current());
      return p.record(operands.data()).scalar();
    }));
    return true;
  }
  Column operand(const Primitive& p, std::size_t k, double near) {
    if (takes_truth(p, k)) {
      if (truths_.empty() || chance(0.1)) return Column(count_, Scalar(chance(0.5) ? 1.0 : 0.0));
      return truths_[static_cast<std::size_t>(uniform(0, static_cast<int>(truths_.size()) - 1))];
    }
    if (takes_constant(p, k)) return Column(count_, Scalar(near));
    if (chance(0.1)) return Column(count_, Scalar(near));
    const Column column = any_column();
    if (chance(0.4)) return column;
    double largest = 1;
    for (const Scalar& v : column) largest = std::max(largest, std::abs(v.value()));
    const double scale = 0.1 * std::max(std::abs(near), 0.1) / largest;
    return each([&](std::size_t i) { return Scalar(column[i] * scale + near); });
  }
  static bool tame(const Primitive& p, std::array<double, 3> x) {
    const double y = p.value(x.data());
    if (!(std::abs(y) < 1e4)) return false;
    for (std::size_t k = 0; k < static_cast<std::size_t>(p.arity); ++k)
      if ((p.differentiable >> k & 1u) && !(std::abs(p.partial(k, y, x.data())) < 1e4)) return false;
    return true;
  }

  std::mt19937_64 random_;
  Recording& r_;
  std::size_t count_ = 1;
  std::vector<Column> columns_, truths_;
};

/// Records the program of a seed and checks its derivatives.
inline void check_scalars(std::uint64_t seed, Counts& counts) {
  std::mt19937_64 random(seed ^ 0x9e3779b97f4a7c15u);
  const auto uniform = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  Recording r(RecordingOptions{.locations = seed % 2 == 0});
  ScalarProgram program(seed, r);
  const Scalar y = program.record(counts);
  ++counts.programs;
  counts.rolled += r.statistics().rolled;
  if (y.is_constant()) {
    ++counts.without_derivative;
    return;
  }
  const std::vector<Scalar>& x = program.inputs;
  const std::size_t i = uniform(x.size()), j = uniform(x.size());
  const std::vector<Scalar> g = gradient(y, x);
  const std::vector<Scalar> h = g[i].is_constant() ? std::vector<Scalar>(x.size(), Scalar(0.0)) : gradient(g[i], x);

  std::vector<Scalar> outputs{y};
  outputs.insert(outputs.end(), g.begin(), g.end());
  outputs.insert(outputs.end(), h.begin(), h.end());
  const Expansion expansion = expand(r, outputs);
  const RunningError errors(expansion);
  counts.nodes += expansion.graph.size();
  if (!errors.meaningful()) {
    ++counts.without_meaning;
    return;
  }
  const auto allowed = [&](std::size_t output) { return errors.allowed(expansion.graph.outputs()[output]); };
  const std::string where = "scalar program " + std::to_string(seed);

  const Adjoints a = backward(y);
  for (std::size_t k = 0; k < x.size(); ++k)
    counts.compare("scalars, order 1: numeric and recorded reverse", a[x[k]], g[k].value(), allowed(1 + k), where);
  counts.compare("scalars, order 1: forward and reverse", forward({x[i]}, {1.0})[y], g[i].value(), allowed(1 + i),
                 where);
  const Scalar both[]{y, y};
  const VectorAdjoints lanes = backward_each(both);
  counts.compare("scalars, order 1: eight lanes and one", lanes(1, x[j]), g[j].value(), allowed(1 + j), where);

  const Adjoints a2 = backward(g[i]);
  const std::size_t first = 1 + x.size();
  for (std::size_t k = 0; k < x.size(); ++k)
    counts.compare("scalars, order 2: numeric and recorded reverse", a2[x[k]], h[k].value(), allowed(first + k), where);
  counts.compare("scalars, order 2: forward and reverse", forward({x[j]}, {1.0})[g[i]], h[j].value(),
                 allowed(first + j), where);
}

}  // namespace wengert::test
