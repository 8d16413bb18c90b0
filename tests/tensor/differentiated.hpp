// A function recorded with derivatives to second order: what graphs and programs of it are held against.
#pragma once

#include <random>
#include <vector>

#include "tensor_helpers.hpp"
#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/record/expand.hpp"

namespace wengert::test {

/// Σ(w·f(x))² and its gradients to second order, recorded.
struct Differentiated {
  Recording r;
  std::vector<Tensor> x, outputs;

  template <class F>
  Differentiated(const F& f, const std::vector<Tensor>& operands, unsigned seed) {
    std::mt19937 random(seed);
    std::vector<Tensor> real;
    for (const Tensor& t : operands) {
      x.push_back(r.variable(t));
      if (is_real(t.dtype())) real.push_back(x.back());
    }
    const Tensor y = f(x);
    outputs = {y};
    if (!is_real(y.dtype()) || real.empty()) return;
    const Tensor wy = random_tensor(y.type(), random) * y;
    const Tensor phi = sum(wy * wy);
    const std::vector<Tensor> g = gradient(phi, real);
    Tensor along = sum(random_tensor(g[0].type(), random) * g[0]);
    const std::vector<Tensor> h = gradient(along, real);
    outputs.push_back(phi);
    outputs.insert(outputs.end(), g.begin(), g.end());
    outputs.insert(outputs.end(), h.begin(), h.end());
  }
  [[nodiscard]] Expansion expanded() const {
    // Everything, so that the graph has all variables, in their order.
    std::vector<detail::AnyHandle> handles(outputs.begin(), outputs.end());
    for (const Tensor& t : x) handles.emplace_back(t);
    return expand(r, handles);
  }
};

}  // namespace wengert::test
