// What goes wrong, and with which line; recordings used again; lifetimes.
#include <boost/test/unit_test.hpp>

#include <functional>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/transform/functional.hpp"

namespace wengert {
namespace {

/// `call` must throw a Kind of this file and line, whose text has `part`.
template <class Kind, class Call>
void check_throws(Call&& call, unsigned line, const std::string& part) {
  try {
    call();
  } catch (const Kind& error) {
    BOOST_TEST(error.where().line() == line, error.what());
    BOOST_TEST(std::string(error.where().file_name()).ends_with("errors.cpp"));
    BOOST_TEST(std::string(error.what()).find(part) != std::string::npos, error.what());
    return;
  }
  BOOST_ERROR("nothing was thrown");
}

using Vector = std::vector<Scalar>;
Scalar total(const Vector& x) {
  Scalar sum = 0.0;
  for (const Scalar& each : x) sum += each * each;
  return sum;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(functional_errors)

BOOST_AUTO_TEST_CASE(constant_results_have_derivative_0) {
  const auto constant = [](const auto&) { return 3.0; };
  BOOST_TEST(value_and_grad(constant)(1.0).value == 3.0);
  BOOST_TEST(grad(constant)(1.0) == 0.0);
  BOOST_TEST(grad(constant)({1.0, 2.0})[1] == 0.0);
  BOOST_TEST(jvp(constant)(1.0, 5.0).tangent == 0.0);
  BOOST_TEST(vjp(constant)(1.0).pullback(5.0) == 0.0);
  BOOST_TEST(hvp(constant)(1.0, 5.0) == 0.0);
  BOOST_TEST(grad([](const Tensor&) { return ones(Shape{}); })(ones(Shape{2})).to_vector()[1] == 0.0);
  // A value of the recording that does not depend on the point, from before it and from after it.
  Recording r;
  const Scalar x = r.variable(2.0), y = x * x;
  BOOST_TEST(grad([y](const Scalar&) { return y; })(x).value() == 0.0);
  BOOST_TEST(jvp([y](const Scalar&) { return y; })(x, 1.0).tangent.value() == 0.0);
  BOOST_TEST(vjp([y](const Scalar& u) { return std::pair(y, u * u); })(x).pullback(std::pair(7.0, 1.0)).value() == 4.0);
  BOOST_TEST(grad([x](const Scalar&) { return x * x; })(x).value() == 0.0);
}

BOOST_AUTO_TEST_CASE(a_tensor_of_several_elements_has_no_gradient) {
  const unsigned line = std::source_location::current().line() + 1;
  auto g = grad([](const Tensor& t) { return t * t; });
  check_throws<ShapeError>([&] { g(ones(Shape{3})); }, line, "jacobian(f)");
  check_throws<ShapeError>([&] { g(ones(Shape{3})); }, line, "f64[3]");
  BOOST_TEST(g(full(Shape{1}, 3.0)).item() == 6.0);  // and g is as good as before
}

BOOST_AUTO_TEST_CASE(tangents_and_cotangents_of_other_sizes) {
  const unsigned line = std::source_location::current().line() + 1;
  auto along = jvp(total);
  check_throws<ShapeError>([&] { along(std::vector{1.0, 2.0}, std::vector{1.0}); }, line, "2 elements");
  using Rows = std::vector<std::vector<double>>;
  const unsigned rows_line = std::source_location::current().line() + 1;
  auto rows = jvp([](const auto& x) { return Scalar(x[0][0] * x[1][0]); });
  check_throws<ShapeError>([&] { rows(Rows{{1.0, 2.0}, {3.0}}, Rows{{1.0}, {2.0, 3.0}}); }, rows_line, "tangent");
  BOOST_TEST(rows(Rows{{1.0, 2.0}, {3.0}}, Rows{{1.0, 0.0}, {2.0}}).tangent == 5.0);

  const auto [value, pull] = vjp([](const Vector& x) { return x; })(std::vector{1.0, 2.0});
  const auto pull_back = pull;
  const unsigned pull_line = std::source_location::current().line() + 1;
  const auto call = [&] { static_cast<void>(pull_back(std::vector{1.0})); };
  check_throws<ShapeError>(call, pull_line, "cotangent");
  const unsigned tensor_line = std::source_location::current().line() + 1;
  auto tensors = jvp([](const Tensor& t) { return sum(t); });
  check_throws<ShapeError>([&] { tensors(ones(Shape{2}), ones(Shape{2, 1})); }, tensor_line, "f64[2,1]");
}

BOOST_AUTO_TEST_CASE(integers_have_no_derivative) {
  const Tensor positions = tensor(std::vector<std::int64_t>{0, 1}, Shape{2});
  const auto f = [](const Tensor& x, const Tensor& at) { return sum(gather(x, at)); };
  const unsigned line = std::source_location::current().line() + 1;
  auto g = grad(f);
  check_throws<DtypeError>([&] { g(ones(Shape{3}), positions); }, line, "grad<0>(f)");
  BOOST_TEST(grad<0>(f)(ones(Shape{3}), positions).to_vector()[2] == 0.0);
  auto by_integer = grad([&](const Tensor& x) {
    static_cast<void>(x);
    return positions;
  });
  BOOST_CHECK_THROW(by_integer(ones(Shape{1})), Error);
}

BOOST_AUTO_TEST_CASE(values_of_another_recording) {
  Recording r;
  const Scalar x = r.variable(2.0);
  const auto f = [x](const Scalar& y) { return x * y; };
  BOOST_CHECK_THROW(grad(f)(3.0), ForeignRecording);            // the point is of no recording
  BOOST_TEST(grad(f)(constant_beside(x, 3.0)).value() == 2.0);  // now it is
  Recording q;
  const Scalar z = q.variable(1.0);
  BOOST_CHECK_THROW(grad(f)(z), ForeignRecording);
  BOOST_CHECK_THROW(grad(total)(Vector{x, z}), ForeignRecording);
  const auto moved = jvp(total);
  BOOST_CHECK_THROW(moved(Vector{x}, Vector{z}), ForeignRecording);
  const Tensor t = r.variable(ones(Shape{2}));
  const unsigned line = std::source_location::current().line() + 1;
  auto mixed = grad([](const Scalar& a, const Tensor& b) { return a * to_scalar(sum(b)); });
  check_throws<ArgumentError>([&] { mixed(2.0, t); }, line, "make the numbers Scalars");
  BOOST_TEST(std::get<0>(mixed(Scalar(2.0), t)).value() == 2.0);
  const auto [value, pull] = vjp(total)(std::vector{1.0});
  const auto pull_back = pull;
  BOOST_CHECK_THROW(static_cast<void>(pull_back(x)), ArgumentError);
  BOOST_TEST(pull_back(Scalar(3.0))[0] == 6.0);
  r.clear();
  BOOST_CHECK_THROW(grad(total)(Vector{x}), StaleHandle);
  BOOST_CHECK_THROW(static_cast<void>(constant_beside(x, 1.0)), StaleHandle);
}

BOOST_AUTO_TEST_CASE(all_constant_handles_are_numbers) {
  const auto [value, gradient] = value_and_grad(total)(Vector{2.0, 3.0});
  BOOST_TEST(value.is_constant());
  BOOST_TEST(value.value() == 13.0);
  BOOST_TEST(gradient[1].is_constant());
  BOOST_TEST(gradient[1].value() == 6.0);
  // A constant beside values of a recording is differentiated by as well.
  Recording r;
  const Scalar x = r.variable(2.0);
  const Vector mixed = grad(total)(Vector{x, 3.0});
  BOOST_TEST(mixed[1].value() == 6.0);
  BOOST_TEST(backward(mixed[0])[x] == 2.0);
}

BOOST_AUTO_TEST_CASE(a_function_that_throws_leaves_all_as_it_was) {
  bool fail = false;
  auto g = value_and_grad([&](const Vector& x) {
    const Scalar sum = total(x);
    if (fail) throw std::runtime_error("no");
    return sum;
  });
  BOOST_TEST(g({1.0, 2.0}).gradient[1] == 4.0);
  fail = true;
  BOOST_CHECK_THROW(g({1.0, 2.0}), std::runtime_error);
  fail = false;
  BOOST_TEST(g({1.0, 3.0}).gradient[1] == 6.0);
}

BOOST_AUTO_TEST_CASE(a_call_from_inside_itself) {
  // Nothing is shared between the levels: the inner call has a recording of its own.
  ValueAndGrad<std::function<Scalar(const Scalar&)>>* self = nullptr;
  int depth = 0;
  ValueAndGrad<std::function<Scalar(const Scalar&)>> g(
      [&](const Scalar& x) -> Scalar {
        if (depth == 3) return x;
        ++depth;
        const double inner = (*self)(x.value() + 1.0).value;
        --depth;
        return x * inner;
      },
      std::source_location::current());
  self = &g;
  const auto [value, slope] = g(1.0);
  BOOST_TEST(value == 24.0);  // 1·2·3·4
  BOOST_TEST(slope == 24.0);
}

BOOST_AUTO_TEST_CASE(pullbacks_outlive_their_function_and_are_used_many_times) {
  std::optional<decltype(vjp(total)(std::vector<double>{}).pullback)> kept;
  {
    auto f = vjp(total);
    auto first = f(std::vector{1.0, 2.0});
    auto second = f(std::vector{10.0, 20.0});  // does not disturb the first
    kept = std::move(first.pullback);
    BOOST_TEST(second.pullback(1.0)[0] == 20.0);
  }
  const auto copied = *kept;
  BOOST_TEST((*kept)(1.0)[1] == 4.0);
  BOOST_TEST((*kept)(2.0)[1] == 8.0);
  BOOST_TEST(copied(3.0)[0] == 6.0);
}

BOOST_AUTO_TEST_CASE(const_functions_may_be_called_from_several_threads) {
  const auto g = grad(total);
  std::vector<double> results(4);
  std::vector<std::thread> threads;
  for (std::size_t k = 0; k < results.size(); ++k)
    threads.emplace_back([&, k] {
      for (int i = 0; i < 200; ++i) results[k] += g({static_cast<double>(k), 1.0})[0];
    });
  for (std::thread& thread : threads) thread.join();
  for (std::size_t k = 0; k < results.size(); ++k) BOOST_TEST(results[k] == 400.0 * static_cast<double>(k));
}

BOOST_AUTO_TEST_SUITE_END()
}  // namespace wengert
