// Functions: entries whose value and rules the program brings along.
#include "wengert/autodiff/record/function.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/record/expand.hpp"
#include "wengert/graph/text.hpp"
#include "wengert/graph/verify.hpp"

namespace {

using namespace wengert;

/// a · sin(b), with the rules written by hand; counts how often each runs.
class ScaledSine : public Function {
 public:
  mutable int values = 0, reversed = 0, forwarded = 0;

  [[nodiscard]] std::string name() const override { return "scaled sine"; }
  [[nodiscard]] Type type(std::span<const Type> x) const override {
    if (x.size() != 2) throw ArgumentError{{.problem = "not two operands"}};
    if (!(x[0] == x[1])) throw ShapeError{{.problem = "operands differ", .expected = to_string(x[0])}};
    return x[0];
  }
  [[nodiscard]] Tensor value(std::span<const Tensor> x) const override {
    ++values;
    return x[0] * sin(x[1]);
  }
  [[nodiscard]] std::vector<Tensor> vjp(const Tensor& cotangent, const Tensor&, std::span<const Tensor> x,
                                        std::span<const char> wanted) const override {
    ++reversed;
    std::vector<Tensor> result(2);
    if (wanted[0] != 0) result[0] = cotangent * sin(x[1]);
    if (wanted[1] != 0) result[1] = cotangent * x[0] * cos(x[1]);
    return result;
  }
  [[nodiscard]] Tensor jvp(std::span<const Tensor> t, const Tensor&, std::span<const Tensor> x) const override {
    ++forwarded;
    return t[0] * sin(x[1]) + t[1] * x[0] * cos(x[1]);
  }
};

// The vector functions of tensors may differ from the C library's in the last place.
BOOST_AUTO_TEST_SUITE(functions, *boost::unit_test::tolerance(1e-15))

BOOST_AUTO_TEST_CASE(is_one_entry_with_its_own_derivative) {
  const auto f = std::make_shared<const ScaledSine>();
  Recording r;
  const Tensor a = r.variable(tensor({2.0, -1.0})), b = r.variable(tensor({0.5, 1.25}));
  const auto before = r.statistics().values;
  const Tensor y = call(f, {a, b});
  BOOST_TEST(r.statistics().values == before + 1);
  BOOST_TEST(y.value().element(0) == 2.0 * std::sin(0.5));
  const Tensor total = sum(y);
  const Adjoints adjoint = backward(total);
  BOOST_TEST(f->reversed == 1);  // both operands by one run
  for (int i = 0; i < 2; ++i) {
    BOOST_TEST(adjoint[a].value().element(i) == std::sin(b.value().element(i)));
    BOOST_TEST(adjoint[b].value().element(i) == a.value().element(i) * std::cos(b.value().element(i)));
  }
  const Tangents along = forward({a}, {tensor({1.0, 0.0})});
  BOOST_TEST(along[total].item() == std::sin(0.5));
}

BOOST_AUTO_TEST_CASE(constants_are_only_computed) {
  const auto f = std::make_shared<const ScaledSine>();
  const Tensor y = call(f, {tensor({3.0}), tensor({1.0})});
  BOOST_TEST(y.is_constant());
  BOOST_TEST(y.item() == 3.0 * std::sin(1.0));
}

BOOST_AUTO_TEST_CASE(a_recorded_gradient_goes_through_it_to_second_order) {
  const auto f = std::make_shared<const ScaledSine>();
  Recording r;
  const Tensor a = r.variable(tensor({2.0})), b = r.variable(tensor({0.5}));
  const Tensor y = sum(call(f, {a, b}));
  const Tensor gb = gradient(y, b);
  BOOST_TEST(gb.item() == 2.0 * std::cos(0.5));
  const Adjoints second = backward(sum(gb));
  BOOST_TEST(second[a].item() == std::cos(0.5));
  BOOST_TEST(second[b].item() == -2.0 * std::sin(0.5));
}

BOOST_AUTO_TEST_CASE(only_what_is_asked_for_is_computed) {
  class First : public ScaledSine {
   public:
    [[nodiscard]] bool differentiable(std::size_t operand) const override { return operand == 0; }
    [[nodiscard]] std::vector<Tensor> vjp(const Tensor& cotangent, const Tensor& y, std::span<const Tensor> x,
                                          std::span<const char> wanted) const override {
      BOOST_TEST(wanted[0] == 1);
      BOOST_TEST(wanted[1] == 0);
      return ScaledSine::vjp(cotangent, y, x, wanted);
    }
  };
  Recording r;
  const Tensor a = r.variable(tensor({2.0})), b = r.variable(tensor({0.5}));
  const Tensor y = sum(call(std::make_shared<const First>(), {a, b}));
  const Adjoints adjoint = backward(y);
  BOOST_TEST(adjoint[a].item() == std::sin(0.5));
  BOOST_TEST(adjoint[b].item() == 0.0);
  BOOST_TEST(gradient(y, b).item() == 0.0);
}

BOOST_AUTO_TEST_CASE(mistakes_are_told_with_the_line) {
  const auto f = std::make_shared<const ScaledSine>();
  Recording r;
  const Tensor a = r.variable(tensor({2.0}));
  const unsigned line = __LINE__ + 1;
  BOOST_CHECK_EXCEPTION(static_cast<void>(call(f, {a, tensor({1.0, 2.0})})), ShapeError,
                        [&](const ShapeError& e) { return e.detail().where.line() == line; });
  BOOST_CHECK_THROW(static_cast<void>(call(f, {a})), ArgumentError);
  BOOST_CHECK_THROW(static_cast<void>(call(nullptr, {a})), ArgumentError);

  class WrongType : public ScaledSine {
   public:
    [[nodiscard]] std::vector<Tensor> vjp(const Tensor&, const Tensor&, std::span<const Tensor>,
                                          std::span<const char>) const override {
      return {tensor({1.0, 2.0}), tensor({1.0})};
    }
  };
  const Tensor y = sum(call(std::make_shared<const WrongType>(), {a, a}));
  BOOST_CHECK_THROW(static_cast<void>(backward(y)), InternalError);
  BOOST_CHECK_THROW(static_cast<void>(gradient(y, a)), InternalError);
}

BOOST_AUTO_TEST_CASE(a_captured_value_of_a_recording_is_refused) {
  class Captures : public ScaledSine {
   public:
    explicit Captures(Tensor captured) : captured_(std::move(captured)) {}
    [[nodiscard]] Tensor value(std::span<const Tensor> x) const override { return x[0] * captured_; }

   private:
    Tensor captured_;
  };
  Recording r;
  const Tensor a = r.variable(tensor({2.0}));
  const auto f = std::make_shared<const Captures>(a);
  BOOST_CHECK_THROW(static_cast<void>(call(f, {a, a})), ForeignRecording);
}

BOOST_AUTO_TEST_CASE(the_graph_holds_it_and_a_text_names_it) {
  const auto f = std::make_shared<const ScaledSine>();
  Recording r;
  const Tensor a = r.variable(tensor({2.0}), "a");
  const Tensor y = call(f, {a, a}), z = call(std::make_shared<const ScaledSine>(), {a, a}), again = call(f, {a, a});
  const Expansion e = expand(r, {y, z, again});
  graph::verify(e.graph);
  BOOST_TEST(e.graph.size() == 3u);  // the same function of the same operands is one node, another function is not
  const std::string text = graph::to_text(e.graph, {.locations = false});
  BOOST_TEST(text.find("call %0, %0 function \"scaled sine\" : f64[1]") != std::string::npos, text);
  BOOST_CHECK_THROW(static_cast<void>(graph::from_text(text)), ParseError);
}

BOOST_AUTO_TEST_CASE(a_gradient_does_not_walk_over_what_lies_before_its_inputs) {
  Recording r;
  Scalar x = r.variable(0.5);
  std::vector<Scalar> before;
  for (int k = 0; k < 1000; ++k) x = sin(x) + 0.25;
  const Tensor t = r.variable(tensor({1.0, 2.0}));
  const Tensor shifted = t * to_tensor(x).value().element(0);
  const Scalar a = Scalar(x * 1.0);
  const Scalar y = a * a * a + to_scalar(sum(shifted)) * a;
  const Scalar g = gradient(y, a);
  BOOST_TEST(g.value() == 3 * a.value() * a.value() + sum(shifted).item());
  const Scalar gg = gradient(g, a);
  BOOST_TEST(gg.value() == 6 * a.value());
  const Tensor gt = gradient(y, t);
  BOOST_TEST(gt.value().element(1) == x.value() * a.value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
