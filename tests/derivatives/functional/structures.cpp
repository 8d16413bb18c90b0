// Every structure that the functional form takes: as a point, as what a function gives, as tangent and cotangent.
#include <boost/test/unit_test.hpp>

#include <array>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/transform/functional.hpp"

namespace wengert {
namespace {

template <class T>
struct Circle {
  T radius{};
  std::vector<T> centre;
  int turns = 1;
  std::string name;
  static auto members(auto& self) { return std::tie(self.radius, self.centre, self.turns, self.name); }
};
template <class T>
struct Pair {
  Circle<T> first, second;
  std::array<T, 2> weights{};
  static auto members(auto& self) { return std::tie(self.first, self.second, self.weights); }
};
template <class T, int N>
struct Polynomial {
  std::array<T, N> coefficients{};
  template <class U>
  using with_number = Polynomial<U, N>;
  static auto members(auto& self) { return std::tie(self.coefficients); }
};
/// Tensors only: no template.
struct Layer {
  Tensor weight, bias;
  Tensor positions;  // not named below: goes along unchanged
  static auto members(auto& self) { return std::tie(self.weight, self.bias); }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(functional_structures)

BOOST_AUTO_TEST_CASE(numbers_of_any_kind) {
  const auto f = [](const auto& x, const auto& y) { return Scalar(x * x * y); };
  const auto [value, gradient] = value_and_grad(f)(3, 2.0f);
  static_assert(std::is_same_v<decltype(gradient), const std::array<double, 2>>);
  BOOST_TEST(value == 18.0);
  BOOST_TEST(gradient[0] == 12.0);
  BOOST_TEST(gradient[1] == 9.0);
  BOOST_TEST(grad([](const Scalar& x) { return x * x; })(4) == 8.0);
  // An array as one argument, and several numbers, which are another function's.
  BOOST_TEST(grad([](const std::array<Scalar, 2>& x) { return x[0] * x[1]; })(std::array{2.0, 5.0})[0] == 5.0);
}

BOOST_AUTO_TEST_CASE(vectors_spans_and_points_in_braces) {
  const auto f = [](std::span<const Scalar> x) { return x[0] * x[1] + x[2]; };
  const std::vector<double> x{2.0, 3.0, 4.0};
  const std::vector<double> expected{3.0, 2.0, 1.0};
  BOOST_TEST(grad(f)(x) == expected, boost::test_tools::per_element());
  BOOST_TEST(grad(f)({2.0, 3.0, 4.0}) == expected, boost::test_tools::per_element());
  BOOST_TEST(grad(f)(std::span<const double>(x)) == expected, boost::test_tools::per_element());
  const std::vector<float> floats{2.0f, 3.0f, 4.0f};
  const auto by_floats = grad(f)(floats);
  static_assert(std::is_same_v<decltype(by_floats), const std::vector<double>>);
  BOOST_TEST(by_floats == expected, boost::test_tools::per_element());
  BOOST_TEST(grad(f)(std::vector<double>{1.0, 0.0, 0.0})[1] == 1.0);
}

BOOST_AUTO_TEST_CASE(nested_vectors_pairs_tuples_and_optionals) {
  using Rows = std::vector<std::vector<double>>;
  const auto f = [](const auto& rows) {
    Scalar sum = 0.0;
    for (const auto& row : rows)
      for (const auto& each : row) sum += each * each;
    return sum;
  };
  const Rows rows{{1.0, 2.0}, {}, {3.0}};
  const Rows gradient = grad(f)(rows);
  BOOST_TEST(gradient.size() == 3u);
  BOOST_TEST(gradient[0][1] == 4.0);
  BOOST_TEST(gradient[1].empty());
  BOOST_TEST(gradient[2][0] == 6.0);

  const auto g = [](const auto& p) {
    const auto& [a, rest] = p;
    const auto& [b, c] = rest;
    Scalar sum = a * b;
    if (c) sum *= *c;
    return sum;
  };
  using Rest = std::tuple<double, std::optional<double>>;
  const auto with = grad(g)(std::pair<double, Rest>{2.0, {3.0, 5.0}});
  BOOST_TEST(with.first == 15.0);
  BOOST_TEST(std::get<0>(with.second) == 10.0);
  BOOST_TEST(std::get<1>(with.second).value() == 6.0);
  const auto without = grad(g)(std::pair<double, Rest>{2.0, {3.0, std::nullopt}});
  BOOST_TEST(without.first == 3.0);
  BOOST_TEST(!std::get<1>(without.second).has_value());
}

BOOST_AUTO_TEST_CASE(structs_that_name_their_members) {
  const auto f = [](const Pair<Scalar>& p) {
    Scalar sum = p.weights[0] * p.first.radius * p.first.radius * p.first.turns + p.weights[1] * p.second.radius;
    for (const Scalar& each : p.second.centre) sum += each * each;
    return sum;
  };
  Pair<double> p{{2.0, {}, 3, "a"}, {5.0, {1.0, -1.0}, 1, "b"}, {0.5, 0.25}};
  const auto [value, gradient] = value_and_grad(f)(p);
  static_assert(std::is_same_v<decltype(gradient), const Pair<double>>);
  BOOST_TEST(value == 0.5 * 4 * 3 + 0.25 * 5 + 2);
  BOOST_TEST(gradient.first.radius == 0.5 * 4 * 3);
  BOOST_TEST(gradient.second.radius == 0.25);
  BOOST_TEST(gradient.second.centre[1] == -2.0);
  BOOST_TEST(gradient.weights[0] == 12.0);
  BOOST_TEST(gradient.first.turns == 3);  // carried along
  BOOST_TEST(gradient.second.name == "b");

  // Other template parameters.
  const auto at_2 = [](const auto& q) {
    Scalar sum = 0.0;
    for (const auto& c : q.coefficients) sum = sum * 2.0 + c;
    return sum;
  };
  const Polynomial<double, 3> slope = grad(at_2)(Polynomial<double, 3>{{1.0, 1.0, 1.0}});
  BOOST_TEST(slope.coefficients[0] == 4.0);
  BOOST_TEST(slope.coefficients[2] == 1.0);

  // Recorded: the gradient is a Circle of Scalars, which is differentiated again.
  const auto area = [](const auto& c) { return Scalar(c.radius * c.radius * c.radius * c.centre[0]); };
  const auto second = [&](const Circle<Scalar>& c) { return grad(area)(c).radius; };
  const Circle<double> of_second = grad(second)(Circle<double>{2.0, {3.0}, 1, ""});
  BOOST_TEST(of_second.radius == 36.0);     // 6·r·c
  BOOST_TEST(of_second.centre[0] == 12.0);  // 3r²
}

BOOST_AUTO_TEST_CASE(chosen_arguments) {
  const auto f = [](const auto& x, const std::string& how, const auto& y, const std::vector<double>& data) {
    if (how == "sum") return Scalar(x * data[0] + y * y * data[1]);
    return Scalar(x * y);
  };
  const std::vector<double> data{3.0, 4.0};
  const double dx = grad<0>(f)(1.0, std::string("sum"), 2.0, data);
  BOOST_TEST(dx == 3.0);
  const std::array<double, 2> both = grad<0, 2>(f)(1.0, std::string("sum"), 2.0, data);
  BOOST_TEST(both[1] == 16.0);
  const std::array<double, 2> turned = grad<2, 0>(f)(1.0, std::string("sum"), 2.0, data);
  BOOST_TEST(turned[0] == 16.0);
  BOOST_TEST(turned[1] == 3.0);
  const auto moved = jvp<2>(f)(1.0, std::string("sum"), 2.0, data, 10.0);
  BOOST_TEST(moved.value == 19.0);
  BOOST_TEST(moved.tangent == 160.0);
  const auto turned_both = jvp<2, 0>(f)(1.0, std::string("sum"), 2.0, data, 10.0, 1.0);
  BOOST_TEST(turned_both.tangent == 163.0);
  BOOST_TEST(hvp<2>(f)(1.0, std::string("sum"), 2.0, data, 10.0) == 80.0);
  BOOST_TEST(vjp<0>(f)(1.0, std::string("product"), 2.0, data).pullback(0.5) == 1.0);
}

BOOST_AUTO_TEST_CASE(several_structures_give_a_tuple) {
  const auto f = [](const auto& x, const auto& y) { return Scalar(x[0] * y + x[1]); };
  const auto gradient = grad(f)(std::vector{2.0, 3.0}, 5.0);
  static_assert(std::is_same_v<decltype(gradient), const std::tuple<std::vector<double>, double>>);
  BOOST_TEST(std::get<0>(gradient)[0] == 5.0);
  BOOST_TEST(std::get<1>(gradient) == 2.0);
  // A Scalar beside numbers: all are handles.
  Recording r;
  const Scalar s = r.variable(5.0);
  const auto recorded = grad(f)(std::vector{2.0, 3.0}, s);
  static_assert(std::is_same_v<decltype(recorded), const std::tuple<std::vector<Scalar>, Scalar>>);
  BOOST_TEST(backward(std::get<0>(recorded)[0])[s] == 1.0);
}

BOOST_AUTO_TEST_CASE(outputs_of_any_structure) {
  const auto f = [](const auto& x, const auto& y) {
    return std::tuple(x * y, std::vector<Scalar>{x, y * y}, std::optional<Scalar>{}, 4.0);
  };
  const auto [value, tangent] = jvp(f)(2.0, 3.0, 1.0, 10.0);
  static_assert(
      std::is_same_v<decltype(value), const std::tuple<double, std::vector<double>, std::optional<double>, double>>);
  BOOST_TEST(std::get<0>(value) == 6.0);
  BOOST_TEST(std::get<0>(tangent) == 23.0);
  BOOST_TEST(std::get<1>(tangent)[1] == 60.0);
  BOOST_TEST(!std::get<2>(tangent).has_value());
  BOOST_TEST(std::get<3>(tangent) == 0.0);  // a number is a constant
  const auto [same, pull] = vjp(f)(2.0, 3.0);
  BOOST_TEST(std::get<1>(same)[1] == 9.0);
  const std::array<double, 2> g = pull(std::tuple(1.0, std::vector{10.0, 100.0}, std::optional<double>{}, 7.0));
  BOOST_TEST(g[0] == 3.0 + 10.0);
  BOOST_TEST(g[1] == 2.0 + 600.0);
  // One value given twice counts twice.
  const auto twice = vjp([](const Scalar& x) {
    const Scalar y = x * x;
    return std::array{y, y};
  });
  BOOST_TEST(std::as_const(twice)(3.0).pullback(std::array{1.0, 10.0}) == 66.0);
}

BOOST_AUTO_TEST_CASE(tensors_and_structs_of_them) {
  const Layer layer{tensor({1, 2, 3, 4}, Shape{2, 2}), tensor({0.5, -0.5}),
                    tensor(std::vector<std::int64_t>{1}, Shape{1})};
  const auto f = [](const Layer& l, const Tensor& x) { return sum(gather(matmul(l.weight, x) + l.bias, l.positions)); };
  const Tensor x = tensor({10.0, 20.0});
  auto both = value_and_grad(f);
  const auto [value, gradient] = both(layer, x);
  const auto& [by_layer, by_x] = gradient;
  BOOST_TEST(value.item() == 109.5);
  BOOST_TEST(value.is_constant());
  BOOST_TEST(by_layer.weight.to_vector() == (std::vector{0.0, 0.0, 10.0, 20.0}), boost::test_tools::per_element());
  BOOST_TEST(by_layer.bias.to_vector() == (std::vector{0.0, 1.0}), boost::test_tools::per_element());
  BOOST_TEST((by_layer.positions.dtype() == Dtype::i64));
  BOOST_TEST(by_x.to_vector() == (std::vector{3.0, 4.0}), boost::test_tools::per_element());

  // f32 stays f32; a Scalar loss of tensors.
  const Tensor small = full(Shape{3}, 2.0, Dtype::f32);
  const Tensor slope = grad([](const Tensor& t) { return to_scalar(convert(sum(t * t), Dtype::f64)); })(small);
  BOOST_TEST((slope.dtype() == Dtype::f32));
  BOOST_TEST(slope.to_vector()[2] == 4.0);

  // Numbers among tensors: numbers out.
  const auto scaled = [](const Scalar& a, const Tensor& t) { return a * a * to_scalar(sum(t)); };
  const auto [da, dt] = grad(scaled)(3.0, ones(Shape{2}));
  static_assert(std::is_same_v<decltype(da), const double>);
  BOOST_TEST(da == 12.0);
  BOOST_TEST(dt.to_vector()[1] == 9.0);

  // Forward and backward along tensors; second derivatives.
  const auto cube = [](const Tensor& t) { return sum(t * t * t); };
  const Tensor at = tensor({1.0, 2.0}), v = tensor({1.0, 10.0});
  BOOST_TEST(jvp(cube)(at, v).tangent.item() == 123.0);
  BOOST_TEST(hvp(cube)(at, v).to_vector() == (std::vector{6.0, 120.0}), boost::test_tools::per_element());
  const auto [squares, pull] = vjp([](const Tensor& t) { return std::pair(t * t, sum(t)); })(at);
  BOOST_TEST(squares.first.to_vector()[1] == 4.0);
  BOOST_TEST(pull(std::pair(v, tensor({100.0}, Shape{}))).to_vector() == (std::vector{102.0, 140.0}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(recorded_tensors_nest) {
  const auto cube = [](const Tensor& t) { return sum(t * t * t); };
  // Σ (3t²)² = 9 Σ t⁴; its gradient 36t³.
  const auto outer = [&](const Tensor& t) {
    const Tensor g = grad(cube)(t);
    return sum(g * g);
  };
  BOOST_TEST(grad(outer)(tensor({1.0, 2.0})).to_vector() == (std::vector{36.0, 288.0}),
             boost::test_tools::per_element());
  // The captured tensor is a constant to the inner derivative.
  const auto captured = [](const Tensor& t) { return sum(t * grad([t](const Tensor& u) { return sum(t * u); })(t)); };
  BOOST_TEST(grad(captured)(tensor({1.0, 2.0})).to_vector() == (std::vector{2.0, 4.0}),
             boost::test_tools::per_element());
  // Forward inside reverse, along a tangent that is recorded too: d/dt Σ 3t²·t = 9t².
  const auto along = [&](const Tensor& t) { return jvp(cube)(t, t).tangent; };
  BOOST_TEST(grad(along)(tensor({1.0, 2.0})).to_vector() == (std::vector{9.0, 36.0}), boost::test_tools::per_element());
  BOOST_TEST(jvp(grad(cube))(tensor({1.0, 2.0}), ones(Shape{2})).tangent.to_vector() == (std::vector{6.0, 12.0}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
}  // namespace wengert
