// Functions of tensors, recorded, planned and run, against themselves computed at once.
#pragma once

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <functional>
#include <random>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/exec/program.hpp"

namespace wengert::test {

inline std::mt19937_64 bits(20261126);

inline Tensor random_tensor(const Shape& shape, Dtype dtype = Dtype::f64) {
  std::normal_distribution<double> normal;
  std::vector<double> values(static_cast<std::size_t>(shape.size()));
  for (double& v : values) v = normal(bits);
  Tensor t(Array::from(values, shape));
  return dtype == Dtype::f64 ? t : convert(t, dtype);
}

inline double largest_difference(const Tensor& a, const Tensor& b) {
  BOOST_REQUIRE(a.type() == b.type());
  double largest = 0;
  for (std::int64_t i = 0; i < a.size(); ++i) {
    const double x = a.value().element(i), y = b.value().element(i);
    if (std::isnan(x) && std::isnan(y)) continue;
    largest = std::max(largest, std::abs(x - y) / (1 + std::abs(y)));
  }
  return largest;
}

using Function = std::function<std::vector<Tensor>(const std::vector<Tensor>&)>;

/// Records f at some inputs, and holds its program against f itself, run at others, twice.
inline void check(const Function& f, const std::vector<Type>& inputs, double tolerance) {
  Recording r;
  std::vector<Tensor> x;
  for (const Type& type : inputs) x.push_back(r.variable(random_tensor(type.shape, type.dtype)));
  const std::vector<Tensor> y = f(x);
  for (const bool passes : {false, true}) {
    const Program p(r, x, y, {.passes = passes});
    Program::Workspace w(p);
    for (int repeat = 0; repeat < 3; ++repeat) {
      std::vector<Tensor> at;
      for (const Type& type : inputs) at.push_back(random_tensor(type.shape, type.dtype));
      for (std::size_t k = 0; k < at.size(); ++k) w.set(k, at[k]);
      p.run(w);
      Recording fresh;
      std::vector<Tensor> lifted;
      for (const Tensor& t : at) lifted.push_back(fresh.variable(t));
      const std::vector<Tensor> wanted = f(lifted);
      for (std::size_t k = 0; k < wanted.size(); ++k) BOOST_TEST(largest_difference(w.get(k), wanted[k]) <= tolerance);
    }
  }
}
inline Type f64(const Shape& shape) { return {Dtype::f64, shape}; }
inline Type f32(const Shape& shape) { return {Dtype::f32, shape}; }

}  // namespace wengert::test
