// Random programs of tensors over every primitive there is: elementwise ones with broadcasting, structural ones by
// their front functions and at their samples, f64 and f32, rank 0, size 0, constants, repeated operands, crossings to
// Scalars and back; and the check of one: numeric sweeps against recorded ones, forward against reverse, first and
// second order.
//
// Reading order: TensorProgram (record, then the steps), check_tensors.
#pragma once

#include <algorithm>
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
#include "wengert/graph/error.hpp"
#include "wengert/tests/support/program_counts.hpp"
#include "wengert/tests/support/random_scalars.hpp"
#include "wengert/tests/support/running_error.hpp"

namespace wengert::test {

class TensorProgram {
 public:
  TensorProgram(std::uint64_t seed, Recording& r) : random_(seed), r_(r) {}

  /// Records the program: its last value, whatever it is.
  Tensor record(Counts& counts) {
    const int variables = uniform(1, 3);
    for (int v = 0; v < variables; ++v) {
      inputs.push_back(r_.variable(random(Type{chance(0.25) ? Dtype::f32 : Dtype::f64, any_shape()})));
      add(inputs.back(), counts);
    }
    if (chance(0.5)) add(random(Type{Dtype::f64, any_shape()}), counts);  // a constant
    const int steps = uniform(2, 9);
    for (int s = 0; s < steps; ++s) {
      for (int attempt = 0; attempt < 4; ++attempt) {
        const double kind = real(0, 1);
        if (kind < 0.5 ? elementwise(counts) : kind < 0.75 ? at_a_sample(counts) : by_front_function(counts)) break;
      }
    }
    // Something that depends on an input, and preferably on much.
    for (std::size_t k = values_.size(); k-- > 0;)
      if (!values_[k].is_constant() && (k < inputs.size() || chance(0.8))) return values_[k];
    return values_.front();
  }
  Tensor random(const Type& type) {
    std::vector<double> elements(static_cast<std::size_t>(type.shape.size()));
    for (double& e : elements) e = real(-1.5, 1.5);
    return convert(tensor(elements, type.shape), type.dtype);
  }

  std::vector<Tensor> inputs;

 private:
  int uniform(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }
  double real(double low, double high) { return std::uniform_real_distribution<double>(low, high)(random_); }
  bool chance(double p) { return real(0, 1) < p; }
  template <class T>
  const T& any(const std::vector<T>& from) {
    return from[static_cast<std::size_t>(uniform(0, static_cast<int>(from.size()) - 1))];
  }
  Tensor any_value() { return any(values_); }
  std::int64_t extent() { return chance(0.04) ? 0 : uniform(1, 3); }
  Shape any_shape() {
    Indices extents;
    for (int rank = uniform(0, 3); rank > 0; --rank) extents.push(extent());
    return Shape(std::span(extents.begin(), extents.size()));
  }
  std::int64_t any_axis(const Tensor& t) {
    const auto rank = static_cast<int>(t.rank());
    return uniform(-rank, rank - 1);
  }

  void add(const Tensor& t, Counts& counts) {
    counts.scalars += t.rank() == 0 ? 1u : 0u;
    counts.empty += t.size() == 0 ? 1u : 0u;
    counts.narrow += t.dtype() == Dtype::f32 ? 1u : 0u;
    ++counts.operations;
    values_.push_back(t);
  }
  static bool tame(const Tensor& t) {
    const double most = t.dtype() == Dtype::f32 ? 1e2 : 1e4;
    const std::vector<double> elements = t.to_vector();
    return t.size() <= 64 &&
           std::all_of(elements.begin(), elements.end(), [=](double e) { return std::abs(e) < most; });
  }
  bool keep(const Tensor& t, std::string_view primitive, Counts& counts) {
    if (!is_real(t.dtype()) || !tame(t)) return false;
    add(t, counts);
    ++counts.primitives[std::string(primitive)];
    return true;
  }

  // --- Elementwise
  // ----------------------------------------------------------------------------------------------------

  bool elementwise(Counts& counts) {
    const auto all = elementwise_primitives();
    const Primitive& p = *all[static_cast<std::size_t>(uniform(0, static_cast<int>(all.size()) - 1))];
    const auto arity = static_cast<std::size_t>(p.arity);
    const std::array<double, 3> point = any_point(p, random_);
    const Tensor shape_giver = any_value();
    std::array<Tensor, 3> x;
    bool some_real = false;
    for (std::size_t k = 0; k < arity; ++k) {
      if (takes_truth(p, k)) {
        const Tensor truth = truths_.empty() ? shape_giver > 0.0 : any(truths_);
        x[k] = go_together(truth.shape(), shape_giver.shape()) ? truth : shape_giver > 0.0;
        continue;
      }
      if (takes_constant(p, k) || chance(0.1)) {
        x[k] = full(shape_giver.shape(), point[k], shape_giver.dtype());
        continue;
      }
      Tensor from = some_real && chance(0.2) ? x[k - 1] : any_value();  // now and then the operand before
      if (!go_together(from.shape(), shape_giver.shape())) from = shape_giver;
      if (chance(0.6)) {
        const double scale = 0.1 * std::max(std::abs(point[k]), 0.1) / std::max(1.0, largest(from));
        from = from * scale + point[k];
      }
      x[k] = convert(from, shape_giver.dtype());
      some_real = true;
    }
    for (std::size_t k = 1; k < arity; ++k)
      if (!go_together(x[0].shape(), x[k].shape())) return false;
    if (arity == 3 && !go_together(x[1].shape(), x[2].shape())) return false;
    std::vector<TensorArgument> operands;
    for (std::size_t k = 0; k < arity; ++k) operands.emplace_back(x[k], std::source_location::current());
    const Tensor y = detail::apply_to_tensors(p, operands, std::source_location::current());
    if (p.truth) {
      truths_.push_back(y);
      ++counts.primitives[std::string(p.name)];
      return true;
    }
    return partials_are_tame(p, x, y) && keep(y, p.name, counts);
  }
  static double largest(const Tensor& t) {
    double most = 0;
    for (const double e : t.to_vector()) most = std::max(most, std::abs(e));
    return most;
  }
  static bool go_together(const Shape& a, const Shape& b) {
    Shape both;
    return ops::broadcast_shape(a, b, both) && both.size() <= 64;
  }
  static bool partials_are_tame(const Primitive& p, const std::array<Tensor, 3>& x, const Tensor& y) {
    std::array<std::vector<double>, 3> columns;
    for (std::size_t k = 0; k < static_cast<std::size_t>(p.arity); ++k) {
      const Tensor& t = x[k];
      columns[k] = Tensor(t.value()).shape() == y.shape()
                       ? t.to_vector()
                       : broadcast(convert(Tensor(t.value()), Dtype::f64), y.shape()).to_vector();
    }
    const std::vector<double> value = y.to_vector();
    for (std::size_t i = 0; i < value.size(); ++i) {
      double at[3]{};
      for (std::size_t k = 0; k < static_cast<std::size_t>(p.arity); ++k) at[k] = columns[k][i];
      for (std::size_t k = 0; k < static_cast<std::size_t>(p.arity); ++k)
        if ((p.differentiable >> k & 1u) && !(std::abs(p.partial(k, value[i], at)) < 1e4)) return false;
    }
    return true;
  }

  // --- Structural
  // -----------------------------------------------------------------------------------------------------

  struct Sampled {
    const Primitive* primitive;
    ops::Sample sample;
  };
  static const std::vector<Sampled>& samples() {
    static const std::vector<Sampled> all = [] {
      std::vector<Sampled> list;
      ops::StructuralPrimitives::for_each([&]<class P> {
        if (ops::LinearAlgebraPrimitives::contains<P>) return;  // not every matrix will do: tests/derivatives
        for (const ops::Sample& sample : P::samples()) {
          std::int64_t most = 0;
          for (const Type& type : sample.operands) most = std::max(most, type.shape.size());
          if (most <= 64) list.push_back({&PrimitiveOf<P>::record, sample});
        }
      });
      return list;
    }();
    return all;
  }
  bool at_a_sample(Counts& counts) {
    const Sampled& at = any(samples());
    std::vector<Tensor> x;
    for (const Type& type : at.sample.operands) {
      if (!is_real(type.dtype))
        x.push_back(positions(type.shape, at.sample.positions));
      else if (!x.empty() && x.back().type() == type && chance(0.3))
        x.push_back(x.back());
      else
        x.push_back(fit(any_value(), type));
    }
    const Tensor y = detail::record_tensor(*at.primitive, x, at.sample.attribute, std::source_location::current());
    if (is_real(y.dtype())) return keep(y, at.primitive->name, counts);
    ++counts.primitives[std::string(at.primitive->name)];
    return true;
  }
  Tensor positions(const Shape& shape, std::int64_t below) {
    std::vector<std::int64_t> at(static_cast<std::size_t>(shape.size()));
    for (std::int64_t& position : at) position = uniform(0, static_cast<int>(below) - 1);
    return tensor(at, shape);
  }
  /// The elements of t, as often as they are needed, in a type.
  Tensor fit(const Tensor& t, const Type& type) {
    const std::int64_t size = type.shape.size();
    Tensor flat = reshape(t, Shape{t.size()});
    if (flat.size() < size) {
      if (flat.size() == 0) return random(type);
      flat = concatenate(std::vector<Tensor>(static_cast<std::size_t>((size - 1) / flat.size() + 1), flat));
    }
    return convert(reshape(slice_along(flat, 0, 0, size), type.shape), type.dtype);
  }

  bool by_front_function(Counts& counts) {
    const Tensor t = any_value();
    switch (uniform(0, 9)) {
      case 0:
        return keep(sum(t), "sum", counts);
      case 1: {
        if (t.rank() == 0) return false;
        const Keep keep_axes = chance(0.5) ? Keep::yes : Keep::no;
        return keep(chance(0.7) || t.size() == 0 ? sum(t, {any_axis(t)}, keep_axes) : mean(t, {any_axis(t)}, keep_axes),
                    "sum", counts);
      }
      case 2: {
        Indices extents{uniform(1, 2)};
        for (std::size_t axis = 0; axis < t.rank(); ++axis)
          extents.push(t.shape()[axis] == 1 ? extent() : t.shape()[axis]);
        return keep(broadcast(t, Shape(std::span(extents.begin(), extents.size()))), "broadcast", counts);
      }
      case 3: {
        if (t.rank() < 2) return false;
        Indices axes;
        for (std::size_t axis = 0; axis < t.rank(); ++axis) axes.push(static_cast<std::int64_t>(axis));
        std::shuffle(&axes[0], &axes[0] + axes.size(), random_);
        return keep(permute(t, axes), "permute", counts);
      }
      case 4: {
        if (t.rank() == 0) return false;
        const std::int64_t axis = uniform(0, static_cast<int>(t.rank()) - 1);
        const std::int64_t size = t.shape()[static_cast<std::size_t>(axis)];
        const std::int64_t start = uniform(0, static_cast<int>(size));
        return keep(slice_along(t, axis, start, size, uniform(1, 2)), "slice", counts);
      }
      case 5: {
        const Tensor other = any_value();
        return other.type() == t.type() &&
               keep(stack({t, other, t}, uniform(0, static_cast<int>(t.rank()))), "stack", counts);
      }
      case 6: {
        const Tensor other = fit(any_value(), t.type());
        return t.rank() > 0 && keep(concatenate({t, other}, any_axis(t)), "concatenate", counts);
      }
      case 7: {
        if (t.rank() == 0) return false;
        const std::int64_t inner = t.shape()[t.rank() - 1];
        const Tensor b = fit(any_value(), Type{t.dtype(), chance(0.3) ? Shape{inner} : Shape{inner, uniform(1, 3)}});
        return keep(matmul(t, b), "matmul", counts);
      }
      case 8: {  // to Scalars and back
        if (t.size() == 0 || t.dtype() != Dtype::f64) return false;
        Tensor flat = reshape(t, Shape{t.size()});
        const Scalar a = element(flat, {uniform(0, static_cast<int>(t.size()) - 1)}), b = element(flat, {0});
        const Scalar c = a * b + sin(a);
        return keep(stack({c, a, Scalar(0.5)}), "to_scalar", counts);
      }
      default:
        return keep(convert(t, t.dtype() == Dtype::f32 ? Dtype::f64 : Dtype::f32), "convert", counts);
    }
  }

  std::mt19937_64 random_;
  Recording& r_;
  std::vector<Tensor> values_, truths_;
};

/// Records the program of a seed and checks its derivatives.
inline void check_tensors(std::uint64_t seed, Counts& counts) {
  Recording r(RecordingOptions{.locations = seed % 2 == 0});
  TensorProgram program(seed, r);
  ++counts.programs;
  const Tensor y = program.record(counts);
  if (y.is_constant()) {
    ++counts.without_derivative;
    return;
  }
  const std::vector<Tensor>& x = program.inputs;
  const Tensor cotangent = r.variable(program.random(y.type()));  // recorded, so that all of the gradient is
  const auto directions = [&] {
    std::vector<Tensor> d;
    for (const Tensor& t : x) d.push_back(program.random(t.type()));
    return d;
  };
  // Recorded, too: of a sum of constants, only the value would be in the graph, and not what it lost.
  const auto recorded = [&](const std::vector<Tensor>& constants) {
    std::vector<Tensor> variables;
    for (const Tensor& t : constants) variables.push_back(r.variable(t));
    return variables;
  };
  // Σ g·d in f64.
  const auto along = [](const std::vector<Tensor>& g, const std::vector<Tensor>& d) {
    Tensor total = zeros(Shape{});
    for (std::size_t k = 0; k < g.size(); ++k)
      total = total + sum(convert(g[k], Dtype::f64) * convert(d[k], Dtype::f64));
    return total;
  };
  const std::vector<Tensor> d = directions(), e = directions();
  const std::vector<Tensor> g = gradient(y, cotangent, x);
  const Tensor q = along(g, recorded(d));  // cotangent · J · d
  const std::vector<Tensor> h = gradient(q, x);
  const Tensor p = along(h, recorded(e));  // e · H · d

  std::vector<detail::AnyHandle> outputs{y, q, p};
  for (const Tensor& t : g) outputs.emplace_back(t);
  for (const Tensor& t : h) outputs.emplace_back(t);
  const Expansion expansion = expand(r, outputs);
  const RunningError errors(expansion);
  counts.nodes += expansion.graph.size();
  if (!errors.meaningful()) {
    ++counts.without_meaning;
    return;
  }
  const auto node = [&](std::size_t output) { return expansion.graph.outputs()[output]; };
  const std::string where = "tensor program " + std::to_string(seed);
  const auto compare = [&](const char* check, const Tensor& got, const Tensor& want, std::size_t output) {
    if (!(got.type() == want.type()))
      return counts.mismatch(where + ", " + check + ": " + to_string(got.type()) + " and " + to_string(want.type()));
    const std::vector<double> a = got.to_vector(), b = want.to_vector();
    for (std::size_t i = 0; i < a.size(); ++i)
      counts.compare(check, a[i], b[i], errors.allowed(node(output), i), where);
  };

  const Adjoints a = backward(y, Tensor(cotangent.value()));
  for (std::size_t k = 0; k < x.size(); ++k)
    compare("tensors, order 1: numeric and recorded reverse", a[x[k]], g[k], 3 + k);
  const Tangents t = forward(x, d);
  const std::vector<double> moved = t[y].to_vector(), weight = cotangent.to_vector();
  double product = 0;
  for (std::size_t i = 0; i < moved.size(); ++i) product += moved[i] * weight[i];
  counts.compare("tensors, order 1: forward and reverse", product, q.item(), errors.allowed(node(1)), where);

  const Adjoints a2 = backward(q);
  for (std::size_t k = 0; k < x.size(); ++k) {
    compare("tensors, order 2: numeric and recorded reverse", a2[x[k]], h[k], 3 + x.size() + k);
    // The Hessian is symmetric: J of the gradient, times d.
    if (!g[k].is_constant())
      compare("tensors, order 2: forward of the gradient and its reverse", t[g[k]], h[k], 3 + x.size() + k);
  }
  counts.compare("tensors, order 2: forward and reverse", forward(x, e)[q].item(), p.item(), errors.allowed(node(2)),
                 where);
}

}  // namespace wengert::test
