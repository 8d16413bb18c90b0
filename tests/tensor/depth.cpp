// A million tensor operations in a chain: recorded, swept both ways and freed on a stack of 256 KiB (traps T21, T22).
#include <boost/test/unit_test.hpp>

#include "tensor_helpers.hpp"
#include "wengert/tests/graph/small_stack.hpp"

using namespace wengert;

BOOST_AUTO_TEST_SUITE(depth)

BOOST_AUTO_TEST_CASE(a_chain_of_a_million) {
  on_small_stack([] {
    const std::size_t length = 1'000'000 / instrumented_factor;
    Recording r;
    const Tensor x = r.variable(tensor({0.5, -0.25}));
    Tensor y = x;
    for (std::size_t k = 0; k < length; ++k) y = y + 0.001;
    const Tensor total = sum(y);
    const auto g = backward(total)[x].to_vector();
    if (g[0] != 1.0 || g[1] != 1.0) throw std::runtime_error("wrong adjoint");
    const double t = forward({x}, {tensor({1, 2})})[total].item();
    if (t != 3.0) throw std::runtime_error("wrong tangent");
    r.clear();
  });
}

BOOST_AUTO_TEST_CASE(the_recorded_gradient_of_a_long_chain) {
  on_small_stack([] {
    const std::size_t length = 100'000 / instrumented_factor;
    Recording r;
    const Tensor x = r.variable(tensor({0.5, -0.25}));
    Tensor y = x;
    for (std::size_t k = 0; k < length; ++k) y = y * 1.00001;
    const Tensor g = gradient(sum(y), x);
    const double wanted = std::pow(1.00001, static_cast<double>(length));
    if (std::abs(g.to_vector()[0] - wanted) > 1e-9 * wanted) throw std::runtime_error("wrong gradient");
  });
}

BOOST_AUTO_TEST_CASE(reshapes_of_reshapes_are_freed_without_recursion) {
  on_small_stack([] {
    Tensor t = zeros(Shape{2, 3});
    for (std::size_t k = 0; k < 100'000 / instrumented_factor; ++k) {
      t = reshape(t, Shape{3, 2});
      t = reshape(t, Shape{2, 3});
    }
  });
}

BOOST_AUTO_TEST_SUITE_END()
