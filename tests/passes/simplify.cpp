// The rules of simplify() on tensors, and the gradients of squares. (Those of Scalars: tests/autodiff/simplify.cpp.)
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/compiled.hpp"
#include "wengert/autodiff/ops/kernels_matmul.hpp"
#include "wengert/autodiff/passes/known.hpp"
#include "wengert/autodiff/passes/passes.hpp"
#include "wengert/autodiff/record/expand.hpp"
#include "wengert/graph/text.hpp"

namespace wengert::passes {
namespace {

using graph::Attribute;
using graph::GraphBuilder;
using graph::NodeId;
using Integers = std::vector<std::int64_t>;

/// Builds graphs of one variable x, and says what a pass makes of them.
struct Made {
  GraphBuilder b;
  NodeId x;
  explicit Made(const Type& type) : x(b.variable(type, "x")) {}
  explicit Made(const Shape& shape) : Made(Type{Dtype::f64, shape}) {}

  NodeId add(Known what, std::vector<NodeId> operands, Attribute attribute = {}) {
    return b.add(id_of(what), operands, std::move(attribute));
  }
  NodeId number(const Shape& shape, double value) { return b.constant(Array::uniform({Dtype::f64, shape}, value)); }
  /// The nodes behind x, a line each, less types and spaces.
  std::string after(Rewrite (*pass)(const graph::Graph&), NodeId output) {
    b.output(output);
    const std::string text = graph::to_text(pass(std::move(b).build()).graph, {.locations = false});
    std::string lines;
    std::size_t at = text.find("%0");
    at = text.find('\n', at) + 1;
    for (std::size_t end; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
      std::string line = text.substr(at, end - at);
      line.resize(std::min(line.size(), line.find(" : ")));
      std::erase(line, ' ');
      lines += line + "\n";
    }
    return lines;
  }
};

const std::string is_x = "output%0\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(passes_simplify)

BOOST_AUTO_TEST_CASE(rules_of_numbers_hold_for_tensors) {
  const Shape s{2, 3};
  const auto binary = [&](Known what, double number, bool first) {
    Made m(s);
    const NodeId c = m.number(s, number);
    return m.after(&simplify, first ? m.add(what, {c, m.x}) : m.add(what, {m.x, c}));
  };
  BOOST_TEST(binary(Known::mul, 1, false) == is_x);
  BOOST_TEST(binary(Known::mul, 1, true) == is_x);
  BOOST_TEST(binary(Known::scale, -1, true) == "%1=neg%0\noutput%1\n");
  BOOST_TEST(binary(Known::div, 1, false) == is_x);
  BOOST_TEST(binary(Known::add, -0.0, false) == is_x);
  BOOST_TEST(binary(Known::add, 0.0, false) != is_x);  // −0 + 0 is 0
  BOOST_TEST(binary(Known::sub, 0.0, false) == is_x);
  BOOST_TEST(binary(Known::pow, 1, false) == is_x);
  BOOST_TEST(binary(Known::scale, 0, false) == "%1=constantf64[2,3]{0.0...}\noutput%1\n");
  BOOST_TEST(binary(Known::mul, 0, false) != "%1=constantf64[2,3]{0.0...}\noutput%1\n");  // 0 · ∞
  {
    Made m(s);
    const NodeId one = m.add(Known::broadcast, {m.b.constant(1.0)}, Integers{2, 3});
    BOOST_TEST(m.after(&simplify, m.add(Known::mul, {m.x, one})) == is_x);
  }
  {
    Made m(s);
    BOOST_TEST(m.after(&simplify, m.add(Known::neg, {m.add(Known::neg, {m.x})})) == is_x);
  }
  {
    Made m(s);
    BOOST_TEST(m.after(&simplify, m.add(Known::max, {m.x, m.x})) == is_x);
  }
}

BOOST_AUTO_TEST_CASE(what_is_above_zero_is_asked_of_the_relu_that_is_there) {
  const auto lines = [](double bound, bool relu_first) {
    Made m(Shape{3});
    graph::OperationId greater{};
    BOOST_TEST_REQUIRE(graph::find_operation("greater", &greater) != nullptr);
    const auto above = [&] { return m.b.add(greater, std::vector{m.x, m.number({3}, bound)}, {}); };
    const NodeId before = relu_first ? NodeId{} : above();
    const NodeId y = m.add(Known::relu, {m.x});
    const NodeId condition = relu_first ? above() : before;
    m.b.output(y);
    return m.after(&simplify, condition);
  };
  BOOST_TEST(lines(0.0, true).find("greater%1,") != std::string::npos, lines(0.0, true));
  BOOST_TEST(lines(0.5, true).find("greater%0,") != std::string::npos, lines(0.5, true));
  BOOST_TEST(lines(0.0, false).find("greater%0,") != std::string::npos, lines(0.0, false));
  // The same truth values for every kind of number.
  const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> numbers{nan, -inf, -1.0, -0.0, 0.0, std::numeric_limits<double>::denorm_min(), 1.0, inf};
  const Tensor x(Array::from(std::span<const double>(numbers), Shape{8}));
  const Array a = (x > 0.0).value(), b = (relu(x) > 0.0).value();
  for (std::int64_t k = 0; k < 8; ++k) BOOST_TEST(a.element(k) == b.element(k), "element " << k);
}

BOOST_AUTO_TEST_CASE(a_condition_on_what_is_scattered_matters_at_its_positions) {
  const auto scattered = [](Made& m, const NodeId v, double otherwise, bool two_operands) {
    const std::vector<std::int64_t> at{2, 0};
    const NodeId positions = m.b.constant(Array::from(std::span<const std::int64_t>(at), Shape{2, 1}));
    const NodeId y = m.add(Known::scatter_add_along, {v, positions}, Integers{1, 3});
    const NodeId bound = two_operands ? m.add(Known::neg, {m.x}) : m.number({2, 3}, -1.0);
    graph::OperationId less{};
    BOOST_TEST_REQUIRE(graph::find_operation("less", &less) != nullptr);
    const NodeId holds = m.b.add(less, std::vector{bound, m.x}, {});
    return m.add(Known::where, {holds, y, m.number({2, 3}, otherwise)});
  };
  const auto lines = [&](double otherwise, bool two_operands) {
    Made m(Shape{2, 3});
    const NodeId v = m.b.variable(Type{Dtype::f64, Shape{2, 1}}, "v");
    const std::string text = m.after(&simplify, scattered(m, v, otherwise, two_operands));
    return std::pair(text.find("take_along") != std::string::npos, text);
  };
  BOOST_TEST(lines(0.0, false).first, lines(0.0, false).second);
  BOOST_TEST(!lines(-0.0, false).first);  // would be 0 afterwards
  BOOST_TEST(!lines(1.0, false).first);
  BOOST_TEST(!lines(0.0, true).first);  // two tensors to take elements of
  // A reshape between: a is taken from in the shape in which something is scattered.
  {
    Made m(Shape{6});
    const NodeId v = m.b.variable(Type{Dtype::f64, Shape{2, 1}}, "v");
    const std::vector<std::int64_t> at{2, 0};
    const NodeId positions = m.b.constant(Array::from(std::span<const std::int64_t>(at), Shape{2, 1}));
    const NodeId y = m.add(Known::scatter_add_along, {v, positions}, Integers{1, 3});
    const NodeId holds = m.add(Known::greater, {m.x, m.number({6}, 0.0)});
    const NodeId flat = m.add(Known::reshape, {y}, Integers{6});
    const std::string text = m.after(&simplify, m.add(Known::where, {holds, flat, m.number({6}, 0.0)}));
    BOOST_TEST(text.find("reshape%0[2,3]") != std::string::npos, text);
    BOOST_TEST(text.find("take_along") != std::string::npos, text);
  }
  // The same bits, infinities and NaN included, and where one position is added to twice.
  const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  const auto matrix = [](const std::vector<double>& elements) {
    return Tensor(Array::from(std::span<const double>(elements), Shape{2, 3}));
  };
  Recording r;
  const Tensor x = r.variable(matrix({-inf, 1.0, nan, inf, -2.0, 0.0}));
  const Tensor v = r.variable(matrix({-0.0, nan, 3.0, 4.0, inf, 5.0}));
  const std::vector<std::int64_t> at{0, 2, 1, 1, 0, 1};
  const Tensor positions(Array::from(std::span<const std::int64_t>(at), Shape{2, 3}));
  const Tensor y = where(x > -inf, scatter_add_along(v, positions, 3, 1), 0.0);
  const Tensor z = where(reshape(x, Shape{6}) > -inf, reshape(scatter_add_along(v, positions, 3, 1), Shape{6}), 0.0);
  const Program p(r, {x, v}, {y, z}, {.exact = true});
  Program::Workspace w(p);
  w.set(0, x), w.set(1, v);
  p.run(w);
  for (std::size_t output = 0; output < 2; ++output) {
    for (std::int64_t k = 0; k < 6; ++k) {
      const double a = w.get(output).value().element(k), b = y.value().element(k);
      BOOST_TEST(
          (std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b) || (std::isnan(a) && std::isnan(b))),
          k << " of output " << output << ": " << a << ", " << b);
    }
  }
}

BOOST_AUTO_TEST_CASE(moving_elements_about_and_back_moves_none) {
  const auto chain = [](const Shape& shape, const std::vector<std::pair<Known, Attribute>>& steps) {
    Made m(shape);
    NodeId at = m.x;
    for (const auto& [what, attribute] : steps) at = m.add(what, {at}, attribute);
    return m.after(&simplify, at);
  };
  BOOST_TEST(chain({2, 3}, {{Known::reshape, Integers{6}}, {Known::reshape, Integers{2, 3}}}) == is_x);
  BOOST_TEST(chain({2, 3}, {{Known::reshape, Integers{6}}, {Known::reshape, Integers{3, 2}}}) ==
             "%1=reshape%0[3,2]\noutput%1\n");
  BOOST_TEST(chain({2, 3, 4}, {{Known::permute, Integers{1, 2, 0}}, {Known::permute, Integers{2, 0, 1}}}) == is_x);
  BOOST_TEST(chain({2, 3, 4}, {{Known::permute, Integers{1, 2, 0}}, {Known::permute, Integers{1, 2, 0}}}) ==
             "%1=permute%0[2,0,1]\noutput%1\n");
  BOOST_TEST(chain({2, 1, 4}, {{Known::permute, Integers{1, 0, 2}}}) == "%1=reshape%0[1,2,4]\noutput%1\n");
  BOOST_TEST(chain({3}, {{Known::broadcast, Integers{2, 3}}, {Known::broadcast, Integers{4, 2, 3}}}) ==
             "%1=broadcast%0[4,2,3]\noutput%1\n");
  BOOST_TEST(chain({3}, {{Known::reshape, Integers{1, 3}}, {Known::broadcast, Integers{2, 3}}}) ==
             "%1=broadcast%0[2,3]\noutput%1\n");
  BOOST_TEST(chain({3}, {{Known::reshape, Integers{3, 1}}, {Known::broadcast, Integers{3, 2}}}) ==
             "%1=reshape%0[3,1]\n%2=broadcast%1[3,2]\noutput%2\n");
  BOOST_TEST(chain({}, {{Known::broadcast, Integers{4, 4}},
                        {Known::permute, Integers{1, 0}},
                        {Known::reshape, Integers{16}}}) == "%1=broadcast%0[16]\noutput%1\n");
  BOOST_TEST(chain({2, 3}, {{Known::sum, Integers{}}}) == is_x);
  BOOST_TEST(chain({2, 3}, {{Known::slice, Integers{0, 0, 2, 3, 1, 1}}}) == is_x);
  BOOST_TEST(chain({2}, {{Known::slice, Integers{1, -1, -1}}}) == "%1=slice%0[1,-1,-1]\noutput%1\n");
  Made narrow(Type{Dtype::f32, Shape{3}});
  const NodeId wide = narrow.add(Known::convert, {narrow.x}, std::string("f64"));
  BOOST_TEST(narrow.after(&simplify, narrow.add(Known::convert, {wide}, std::string("f32"))) == is_x);
  Made digits(Shape{3});
  const NodeId fewer = digits.add(Known::convert, {digits.x}, std::string("f32"));
  BOOST_TEST(digits.after(&simplify, digits.add(Known::convert, {fewer}, std::string("f64"))) != is_x);
}

BOOST_AUTO_TEST_CASE(numbers_that_enter_a_tensor_leave_it_as_they_were) {
  Made in(Shape{});
  const NodeId other = in.b.variable(Type{}, "y");
  const NodeId stacked = in.add(Known::stack, {other, in.x}, std::int64_t{0});
  BOOST_TEST(in.after(&simplify, in.add(Known::to_scalar, {stacked}, std::int64_t{1})) == "%1=variable\n" + is_x);
  Made out(Shape{2});
  const NodeId a = out.add(Known::to_scalar, {out.x}, std::int64_t{0});
  const NodeId b = out.add(Known::to_scalar, {out.x}, std::int64_t{1});
  BOOST_TEST(out.after(&simplify, out.add(Known::stack, {a, b}, std::int64_t{0})) == is_x);
  Made turned(Shape{2});
  const NodeId c = turned.add(Known::to_scalar, {turned.x}, std::int64_t{0});
  const NodeId d = turned.add(Known::to_scalar, {turned.x}, std::int64_t{1});
  BOOST_TEST(turned.after(&simplify, turned.add(Known::stack, {d, c}, std::int64_t{0})) != is_x);
}

BOOST_AUTO_TEST_CASE(the_gradient_of_a_square_is_one_node) {
  const auto nodes = [](const auto& x, const auto& y, Recording& r) {
    const graph::Graph g = simplify(fold_constants(expand(r, {gradient(y, x)}).graph).graph).graph;
    std::size_t count = 0;
    for (const graph::Node& node : g.nodes())
      count += node.operation == graph::variable_operation || node.operation == graph::constant_operation ? 0u : 1u;
    return count;
  };
  const auto of_scalar = [&](auto f) {
    Recording r;
    const Scalar x = r.variable(3.0, "x");
    const Scalar y = f(x);
    return nodes(x, y, r);
  };
  BOOST_TEST(of_scalar([](const Scalar& x) -> Scalar { return pow(x, 2); }) == 1u);
  BOOST_TEST(of_scalar([](const Scalar& x) -> Scalar { return square(x); }) == 1u);
  BOOST_TEST(of_scalar([](const Scalar& x) -> Scalar { return x * x; }) == 1u);
  const auto of_tensor = [&](auto f) {
    Recording r;
    const Tensor x = r.variable(tensor({1.0, 2.0, 3.0}));
    const Tensor y = sum(f(x));
    return nodes(x, y, r);
  };
  BOOST_TEST(of_tensor([](const Tensor& x) { return pow(x, 2.0); }) == 1u);
  BOOST_TEST(of_tensor([](const Tensor& x) { return square(x); }) == 1u);
  BOOST_TEST(of_tensor([](const Tensor& x) { return x * x; }) == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(passes_fold_and_merge)

BOOST_AUTO_TEST_CASE(constants_fold_only_where_memory_does_not_grow) {
  const auto constants = [](auto make) {
    GraphBuilder b;
    b.output(make(b));
    const graph::Graph g = fold_constants(std::move(b).build(), 64).graph;
    return g.operation_id(g.outputs()[0]) == graph::constant_operation;
  };
  const auto row = [](GraphBuilder& b) { return b.constant(Array::from({1.0, 2.0, 3.0, 4.0}, Shape{4})); };
  BOOST_TEST(constants([&](GraphBuilder& b) { return b.add(id_of(Known::exp), {row(b)}); }));
  BOOST_TEST(constants([&](GraphBuilder& b) { return b.add(id_of(Known::broadcast), {row(b)}, Integers{2, 4}); }));
  BOOST_TEST(!constants([&](GraphBuilder& b) { return b.add(id_of(Known::broadcast), {row(b)}, Integers{3, 4}); }));
  BOOST_TEST(constants([&](GraphBuilder& b) {  // one stored element, 2^40 of them
    const NodeId many = b.add(id_of(Known::broadcast), {b.constant(2.0)}, Integers{1 << 20, 1 << 20});
    return b.add(id_of(Known::permute), {b.add(id_of(Known::sqrt), {many})}, Integers{1, 0});
  }));
}

BOOST_AUTO_TEST_CASE(what_would_be_an_error_stays_to_be_one) {
  GraphBuilder b;
  const NodeId large = b.constant(Array::from({1e300}, Shape{1}));
  b.output(b.add(id_of(Known::convert), {large}, std::string("i32")));
  const graph::Graph g = fold_constants(std::move(b).build()).graph;
  BOOST_TEST(g.operation(g.outputs()[0]).name == "convert");
}

BOOST_AUTO_TEST_CASE(a_number_and_the_array_of_it_are_one_node) {
  GraphBuilder b;
  const NodeId x = b.variable(Type{}, "x");
  const NodeId one = b.add(id_of(Known::add), {x, b.constant(2.0)});
  const NodeId two = b.add(id_of(Known::add), {b.constant(Array::scalar(2.0)), x});
  b.output(one), b.output(two);
  const graph::Graph g = merge_duplicates(std::move(b).build()).graph;
  BOOST_TEST(g.size() == 3u);
  BOOST_TEST(g.outputs()[0] == g.outputs()[1]);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(passes_reassociate)

BOOST_AUTO_TEST_CASE(transposes_go_into_the_product) {
  Made m(Shape{2, 3, 4});
  const NodeId turned = m.add(Known::permute, {m.x}, Integers{0, 2, 1});
  BOOST_TEST(m.after(&reassociate, m.add(Known::matmul, {m.x, turned}, std::int64_t{0})) ==
             "%1=matmul%0,%02\noutput%1\n");
  Made other(Shape{3, 3, 3});
  const NodeId moved = other.add(Known::permute, {other.x}, Integers{2, 0, 1});
  BOOST_TEST(other.after(&reassociate, other.add(Known::matmul, {moved, other.x}, std::int64_t{4})) ==
             "%1=permute%0[2,0,1]\n%2=matmul%1,%04\noutput%2\n");
}

BOOST_AUTO_TEST_CASE(a_transposed_product_is_one_of_exchanged_operands) {
  Made m(Shape{3, 3});
  const NodeId squared = m.add(Known::matmul, {m.x, m.x}, std::int64_t{1 + 4});
  BOOST_TEST(m.after(&reassociate, m.add(Known::permute, {squared}, Integers{1, 0})) == "%1=matmul%0,%09\noutput%1\n");
  Made used(Shape{3, 3});  // by somebody else, too
  const NodeId product = used.add(Known::matmul, {used.x, used.x}, std::int64_t{0});
  const NodeId turned = used.add(Known::permute, {product}, Integers{1, 0});
  BOOST_TEST(used.after(&reassociate, used.add(Known::add, {product, turned})) ==
             "%1=matmul%0,%00\n%2=permute%1[1,0]\n%3=add%1,%2\noutput%3\n");
}

BOOST_AUTO_TEST_CASE(the_sum_of_what_is_repeated_is_a_multiple) {
  Made m(Shape{3});
  const NodeId repeated = m.add(Known::broadcast, {m.x}, Integers{5, 3});
  BOOST_TEST(m.after(&reassociate, m.add(Known::sum, {repeated}, Integers{0})) ==
             "%1=constantf64[3]{5.0...}\n%2=mul%0,%1\noutput%2\n");
  Made both(Shape{3});
  const NodeId more = both.add(Known::broadcast, {both.x}, Integers{5, 3});
  BOOST_TEST(both.after(&reassociate, both.add(Known::sum, {more}, Integers{0, 1})) ==
             "%1=reshape%0[1,3]\n%2=sum%1[1]\n%3=reshape%2[]\n%4=constant5.0\n%5=mul%3,%4\noutput"
             "%5\n");
  Made scattered(Shape{3, 1});
  const std::vector<std::int64_t> at{1, 0, 6};
  const NodeId positions = scattered.b.constant(Array::from(std::span<const std::int64_t>(at), Shape{3, 1}));
  const NodeId y = scattered.add(Known::scatter_add_along, {scattered.x, positions}, Integers{1, 7});
  BOOST_TEST(scattered.after(&reassociate, scattered.add(Known::sum, {y}, Integers{1})) ==
             "%1=reshape%0[3]\noutput%1\n");
  Made across(Shape{3, 1});  // another axis is summed over
  const NodeId same = across.b.constant(Array::from(std::span<const std::int64_t>(at), Shape{3, 1}));
  const NodeId rows = across.add(Known::scatter_add_along, {across.x, same}, Integers{1, 7});
  BOOST_TEST(across.after(&reassociate, across.add(Known::sum, {rows}, Integers{0})).find("sum") != std::string::npos);
  Made ones(Shape{1, 3, 1});
  BOOST_TEST(ones.after(&reassociate, ones.add(Known::sum, {ones.x}, Integers{0, 2})) == "%1=reshape%0[3]\noutput%1\n");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert::passes
