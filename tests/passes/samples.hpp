// Graphs that passes are tested on: expanded random programs with their gradients, of Scalars and of tensors.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/exec/evaluate.hpp"
#include "wengert/autodiff/passes/passes.hpp"
#include "wengert/autodiff/record/expand.hpp"
#include "wengert/tests/support/random_scalars.hpp"
#include "wengert/tests/support/random_tensors.hpp"

namespace wengert::test {

/// A graph, and values for its variables.
struct Computation {
  Expansion expansion;
  std::vector<Array> inputs;

  [[nodiscard]] const graph::Graph& graph() const { return expansion.graph; }
};

inline Computation computation_of(Expansion expansion) {
  Computation c{std::move(expansion), {}};
  for (const graph::NodeId variable : c.graph().variables()) {
    const auto array = c.expansion.arrays.find(variable);
    c.inputs.push_back(array != c.expansion.arrays.end() ? array->second : Array::scalar(c.expansion.values[variable]));
  }
  return c;
}

/// The program of a seed, its gradient, and a second derivative; duplicates are left in where `merged` is false.
inline Computation random_computation(std::uint64_t seed, bool merged) {
  Recording r(RecordingOptions{.locations = seed % 4 < 2});
  Counts counts;
  std::vector<Scalar> numbers;
  std::vector<Tensor> tensors;
  const auto append = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
  if (seed % 2 == 0) {
    ScalarProgram program(seed, r);
    numbers.push_back(program.record(counts));
    append(numbers, gradient(numbers.front(), program.inputs));
    const Scalar first = numbers[1];
    if (!first.is_constant()) append(numbers, gradient(first, program.inputs));
  } else {
    TensorProgram program(seed, r);
    tensors.push_back(program.record(counts));
    const Tensor y = tensors.front();
    if (!y.is_constant()) {
      append(tensors, gradient(y, r.variable(program.random(y.type())), program.inputs));
      Tensor total = zeros(Shape{});
      for (std::size_t k = 1; k < tensors.size(); ++k) {
        const Tensor wide = convert(tensors[k], Dtype::f64);
        total = total + sum(wide * program.random(wide.type()));
      }
      if (!total.is_constant()) append(tensors, gradient(total, program.inputs));
    }
  }
  std::vector<detail::AnyHandle> outputs(numbers.begin(), numbers.end());
  outputs.insert(outputs.end(), tensors.begin(), tensors.end());
  return computation_of(expand(r, outputs, {.merge_duplicates = merged}));
}

/// Elements as they compare: NaNs are equal.
inline bool same_elements(const Array& a, const Array& b, bool signs_of_zero) {
  if (!(a.type() == b.type())) return false;
  for (std::int64_t i = 0; i < a.size(); ++i) {
    const double x = a.element(i), y = b.element(i);
    if (std::isnan(x) && std::isnan(y)) continue;
    if (x != y || (signs_of_zero && std::signbit(x) != std::signbit(y))) return false;
  }
  return true;
}

}  // namespace wengert::test
