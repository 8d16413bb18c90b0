// What a layer asks of the recording behind a handle: a scope of its own, the line of the call, the name of a
// parameter.

#include <cstdint>
#include <source_location>
#include <string>

#include <boost/test/unit_test.hpp>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/record/expand.hpp"

namespace {

using namespace wengert;

Tensor inner(const Tensor& x, std::source_location where = std::source_location::current()) {
  const auto scope = scope_of(x, "layer");
  const auto location = location_of(x, where);
  return tanh(x);
}
Tensor outer(const Tensor& x, std::source_location where = std::source_location::current()) {
  const auto location = location_of(x, where);
  return inner(inner(x));
}

BOOST_AUTO_TEST_SUITE(layers)

BOOST_AUTO_TEST_CASE(scope_of_a_handle_is_always_a_new_one) {
  Recording r;
  const Tensor x = r.variable(ones(Shape{2}), "x");
  const Tensor a = inner(x), b = inner(a), c = exp(b);
  const Expansion expansion = expand(r);
  const graph::Graph& graph = expansion.graph;
  const auto scope = [&](const Tensor& t) { return graph.scope(expansion.node(t)); };
  BOOST_TEST(graph.scope_record(scope(a)).name == "layer");
  BOOST_TEST(graph.scope_record(scope(b)).name == "layer");
  BOOST_TEST(scope(a) != scope(b));
  BOOST_TEST(scope(c) == graph::root_scope);
  (void)inner(ones(Shape{2}));  // a constant has none
}

BOOST_AUTO_TEST_CASE(line_is_that_of_the_outermost_call) {
  Recording r;
  const Tensor x = r.variable(ones(Shape{2}));
  const Tensor y = outer(x);  // line A
  const std::uint_least32_t line = std::source_location::current().line() - 1;
  const Tensor z = exp(y);
  const Expansion expansion = expand(r);
  const auto line_of = [&](const Tensor& t) { return expansion.graph.location(expansion.node(t)).line; };
  BOOST_TEST(line_of(y) == line);
  BOOST_TEST(line_of(z) == line + 2);
}

BOOST_AUTO_TEST_CASE(name_of_a_handle) {
  Recording r;
  const Tensor x = r.variable(ones(Shape{2}), "hidden.weight");
  BOOST_TEST(name_of(x) == "hidden.weight");
  BOOST_TEST(name_of(tanh(x)) == "");
  BOOST_TEST(name_of(ones(Shape{2})) == "");
}

BOOST_AUTO_TEST_CASE(product_with_a_transposed_second_operand) {
  const Tensor a = tensor({1, 2, 3, 4, 5, 6}, Shape{2, 3}), b = tensor({1, 0, -1, 2, 1, 0}, Shape{2, 3});
  Recording r;
  const Tensor x = r.variable(a), w = r.variable(b);
  const Tensor y = matmul_transposed(x, w), z = matmul(x, transpose(w));
  BOOST_TEST((y.value() == z.value()));
  const Adjoints dy = backward(sum(y * y)), dz = backward(sum(z * z));
  BOOST_TEST((dy[x].value() == dz[x].value()));
  BOOST_TEST((dy[w].value() == dz[w].value()));
  const auto says = [](const std::string& text) {
    return [text](const Error& e) { return std::string(e.what()).find(text) != std::string::npos; };
  };
  BOOST_CHECK_EXCEPTION((void)matmul_transposed(a, ones(Shape{3, 2})), ShapeError,
                        says("matmul_transposed: operand 1 has f64[3,2]; expected f64[*,3] to go with f64[2,3]"));
  BOOST_CHECK_EXCEPTION((void)matmul_transposed(ones(Shape{3}), b), ShapeError, says("operand 0 has f64[3]"));
  BOOST_CHECK_EXCEPTION((void)matmul_transposed(a, ones(Shape{2, 3}, Dtype::f32)), DtypeError, says("layers.cpp:"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
