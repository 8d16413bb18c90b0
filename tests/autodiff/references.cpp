// Every elementwise primitive against 50-digit references: value and all partial derivatives to third order, by every
// way there is to get them, for every non-empty subset of variable operands; the others literals or constant Scalars.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/record/primitive.hpp"

namespace wengert {
namespace {

struct ReferencePoint {
  const char* primitive;
  const char* formula;
  std::size_t arity;
  std::array<double, 3> at;
  int order;
  std::size_t first, count;  // into reference_values
};
struct ReferenceValue {
  std::array<int, 3> times;  // differentiated by each operand
  double high, low;          // their sum is the value, to 106 bits
  const char* digits;
};
#include "wengert/tests/references/primitives.inc"

const char* const how = "; run scripts/regenerate";

// Largest error allowed, by order of the derivative, in units of 2^-52 relative to the exact value: what was measured
// (the test prints it: 1.23, 1.00, 1.11, 1.34) and a little for another C library. tanh and sigmoid are documented
// otherwise: their derivatives are written in terms of the value, so they are accurate relative to 1, the size of the
// function (measured 1.06, 0.85 and 3.24; the third derivative of tanh reaches 2).
struct Tolerance {
  double size;                  // what the error is relative to, if larger than the exact value
  std::array<double, 4> units;  // by order
};
constexpr Tolerance relative{0.0, {1.5, 1.5, 1.5, 2.0}}, relative_to_one{1.0, {1.5, 1.5, 1.5, 4.0}};

const Tolerance& tolerance_of(std::string_view primitive) {
  return primitive == "tanh" || primitive == "sigmoid" ? relative_to_one : relative;
}

/// Operands that no front function lets be a variable: the whole number of integer_pow.
template <class P>
constexpr unsigned constant_by_meaning = std::is_same_v<P, ops::IntegerPow> ? 2u : 0u;

struct Measured {
  std::array<double, 4> worst{};
};

double error_in_units(double got, const ReferenceValue& reference, double size) {
  if (got == reference.high && reference.low == 0) return 0;
  const double scale = std::max(std::abs(reference.high), size);
  return std::abs((got - reference.high) - reference.low) / (scale * std::numeric_limits<double>::epsilon());
}

/// One primitive at one point, with the operands in `Active` variable.
template <class P, unsigned Active, bool Literals>
class AtPoint {
 public:
  AtPoint(const ReferencePoint& point, Measured& measured) : point_(point), measured_(measured) {}

  void check() {
    for (std::size_t k = 0; k < P::arity; ++k)
      if (Active >> k & 1u) position_[k] = std::exchange(count_, count_ + 1);
    for (std::size_t k = 0; k < P::arity; ++k)
      if (Active >> k & 1u) x_.push_back(r_.variable(point_.at[k]));
    const Scalar y = [&]<std::size_t... K>(std::index_sequence<K...>) {
      return Scalar(apply<P>(operand<K>()...));
    }(std::make_index_sequence<P::arity>{});
    compare("value", y.value(), {});
    differentiate("", y, {}, 1);
  }

 private:
  template <std::size_t K>
  auto operand() const {
    if constexpr (Active >> K & 1u)
      return x_[position_[K]];
    else if constexpr (Literals)
      return point_.at[K];
    else
      return Scalar(point_.at[K]);
  }

  /// The derivatives of `y`, which is the derivative of the primitive `times` times, each way; then theirs.
  void differentiate(const std::string& path, const Scalar& y, std::array<int, 3> times, int order) {
    if (order > point_.order) return;
    const Adjoints adjoints = backward(y);
    const std::vector<Scalar> g = gradient(y, x_);
    for (std::size_t k = 0; k < P::arity; ++k) {
      if (!(Active >> k & 1u)) continue;
      std::array<int, 3> more = times;
      ++more[k];
      const Scalar& x = x_[position_[k]];
      compare(path + "backward", adjoints[x], more);
      compare(path + "forward", forward({x}, {1.0})[y], more);
      compare(path + "gradient", g[position_[k]].value(), more);
    }
    for (std::size_t k = 0; k < P::arity; ++k) {
      if (!(Active >> k & 1u)) continue;
      std::array<int, 3> more = times;
      ++more[k];
      differentiate(path + "gradient ", g[position_[k]], more, order + 1);
    }
  }

  void compare(const std::string& path, double got, std::array<int, 3> times) {
    const std::size_t order = static_cast<std::size_t>(times[0] + times[1] + times[2]);
    // Derivatives in operands that have none are not in the table: 0.
    ReferenceValue reference{times, 0, 0, "0"};
    bool found = false;
    for (std::size_t i = point_.first; i < point_.first + point_.count && !found; ++i) {
      found = reference_values[i].times == times;
      if (found) reference = reference_values[i];
    }
    const Tolerance& tolerance = tolerance_of(P::name);
    const double error = error_in_units(got, reference, order == 0 ? 0.0 : tolerance.size);
    measured_.worst[order] = std::max(measured_.worst[order], error);
    if (error <= tolerance.units[order]) return;
    std::ostringstream text;
    text.precision(17);
    text << P::name << ", " << path << ", order " << order << " (" << times[0] << times[1] << times[2] << "), operands "
         << Active << (Literals ? " variable, others literals" : " variable, others constant Scalars") << ", at (";
    for (std::size_t k = 0; k < P::arity; ++k) text << (k > 0 ? ", " : "") << point_.at[k];
    text << "): " << got << ", expected " << reference.digits << ", off by " << error << " units";
    BOOST_ERROR(text.str());
  }

  const ReferencePoint& point_;
  Measured& measured_;
  Recording r_;
  std::vector<Scalar> x_;
  std::array<std::size_t, 3> position_{};
  std::size_t count_ = 0;
};

template <class P, unsigned Active>
void check_subsets(const ReferencePoint& point, Measured& measured) {
  if constexpr ((Active & constant_by_meaning<P>) == 0) {
    AtPoint<P, Active, true>(point, measured).check();
    AtPoint<P, Active, false>(point, measured).check();
  }
  if constexpr (Active > 1) check_subsets<P, Active - 1>(point, measured);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(references)

BOOST_AUTO_TEST_CASE(the_table_is_that_of_the_primitives) {
  std::size_t at = 0;
  for (const Primitive* p : elementwise_primitives()) {
    for (std::size_t i = 0; i < p->point_count; ++i, ++at) {
      BOOST_REQUIRE_MESSAGE(at < std::size(reference_points), p->name << " is not in the table" << how);
      const ReferencePoint& row = reference_points[at];
      std::array<double, 3> x{};
      int order = 0;
      p->point(i, x.data(), order);
      BOOST_REQUIRE_MESSAGE(
          row.primitive == p->name && row.formula == p->reference && row.at == x && row.order == order,
          "the table has other points or another formula of " << p->name << how);
    }
  }
  BOOST_REQUIRE_MESSAGE(at == std::size(reference_points), "the table has a primitive more" << how);
}

BOOST_AUTO_TEST_CASE(the_digits_are_those_of_the_numbers) {
  for (const ReferenceValue& value : reference_values) {
    BOOST_TEST(std::strtod(value.digits, nullptr) == value.high);
    BOOST_TEST(std::abs(value.low) <= std::abs(value.high) * 0x1p-53);
  }
}

BOOST_AUTO_TEST_CASE(every_primitive_to_third_order) {
  std::map<std::string, Measured> measured;
  ops::ElementwisePrimitives::for_each([&]<class P> {
    for (const ReferencePoint& point : reference_points)
      if (point.primitive == std::string_view(P::name))
        check_subsets<P, (1u << P::arity) - 1>(point, measured[P::name]);
  });
  BOOST_TEST(measured.size() == ops::ElementwisePrimitives::size);
  std::ostringstream table;
  table.precision(3);
  table << "largest error in units of the last place, order 0 to 3:";
  for (const auto& [name, m] : measured) {
    table << "\n  " << name;
    for (const double worst : m.worst) table << "\t" << worst;
  }
  BOOST_TEST_MESSAGE(table.str());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert
