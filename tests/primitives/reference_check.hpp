// A primitive held against reference values: value and partial derivatives by every way there is to get them, for every
// non-empty subset of variable operands; the others literals or constant Scalars. By family: the other files of this
// folder.
//
// Two tables, both written by scripts/make_references.py: primitives.inc, the points of the structs, to 50 digits and
// third order; samples.txt, random points of the domains, to 20 digits and fourth order.
#pragma once

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
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

namespace wengert::test {

using Times = std::array<int, 3>;  // differentiated by each operand

struct ReferencePoint {
  const char* primitive;
  const char* formula;
  std::size_t arity;
  std::array<double, 3> at;
  int order;
  std::size_t first, count;  // into reference_values
};
struct ReferenceValue {
  Times times;
  double high, low;  // their sum is the value, to 106 bits
  const char* digits;
};
#include "wengert/tests/references/primitives.inc"

/// The derivatives of a primitive at a point, by how often they are differentiated; what is missing is 0.
struct Reference {
  std::array<double, 3> at{};
  int order = 0;
  std::map<Times, long double> values;
};

/// All ways to differentiate by the operands of `mask`, up to an order, in the order of samples.txt.
inline std::vector<Times> ways(unsigned mask, int highest) {
  std::vector<Times> all;
  for (int order = 0; order <= highest; ++order)
    for (int a = order; a >= 0; --a)
      for (int b = order - a; b >= 0; --b) {
        const Times times{a, b, order - a - b};
        bool kept = true;
        for (std::size_t k = 0; k < 3; ++k) kept = kept && (times[k] == 0 || (mask >> k & 1u) != 0);
        if (kept) all.push_back(times);
      }
  return all;
}

/// Of the points of the struct.
inline std::vector<Reference> points_of(std::string_view primitive) {
  std::vector<Reference> all;
  for (const ReferencePoint& point : reference_points) {
    if (point.primitive != primitive) continue;
    Reference reference{.at = point.at, .order = point.order, .values = {}};
    for (std::size_t i = point.first; i < point.first + point.count; ++i) {
      const ReferenceValue& value = reference_values[i];
      reference.values[value.times] = static_cast<long double>(value.high) + static_cast<long double>(value.low);
    }
    all.push_back(std::move(reference));
  }
  return all;
}

/// The lines of samples.txt by primitive, read once.
inline const std::map<std::string, std::vector<std::string>, std::less<>>& sample_lines() {
  static const auto lines = [] {
    std::map<std::string, std::vector<std::string>, std::less<>> all;
    std::ifstream file(WENGERT_SOURCE_DIR "/tests/references/samples.txt");
    for (std::string line; std::getline(file, line);)
      if (!line.empty() && line[0] != '#') all[line.substr(0, line.find(';'))].push_back(line);
    return all;
  }();
  return lines;
}
/// Of samples.txt.
inline std::vector<Reference> samples_of(std::string_view primitive, unsigned differentiable) {
  std::vector<Reference> all;
  const auto lines = sample_lines().find(primitive);
  if (lines == sample_lines().end()) return all;
  constexpr int order = 4;
  const std::vector<Times> times = ways(differentiable, order);
  for (const std::string& line : lines->second) {
    Reference reference{.at = {}, .order = order, .values = {}};
    const char* at = line.c_str() + primitive.size() + 1;
    char* end = nullptr;
    for (std::size_t k = 0; at[std::strspn(at, " ")] != ';'; ++k, at = end) reference.at.at(k) = std::strtod(at, &end);
    at = std::strchr(at, ';') + 1;
    for (const Times& t : times) {
      reference.values[t] = std::strtold(at, &end);
      BOOST_REQUIRE_MESSAGE(end != at, "samples.txt: numbers are missing: " << line);
      at = end;
    }
    BOOST_REQUIRE_MESSAGE(at[std::strspn(at, " \n")] == 0, "samples.txt: a number too many: " << line);
    all.push_back(std::move(reference));
  }
  return all;
}

/// Largest error allowed at random points, by order of the derivative: orders 0 and 1 in units of the last place, the
/// others relative.
struct Bounds {
  std::array<double, 5> by_order;
  double size = 0.0;     ///< what the error is relative to, if larger than the exact value,
  std::size_t from = 5;  ///< from this order on
};
inline constexpr Bounds usual{{3.0, 4.0, 1e-12, 1e-10, 1e-8}};

/// Operands that are no variables: whole numbers, and truth values.
template <class P>
constexpr unsigned constant_by_meaning = P::constant_operands | P::truth_operands;

/// One unit of the last place of a double of that size.
inline double unit_of_last_place(long double exact) {
  const double size = std::abs(static_cast<double>(exact));
  return std::max(std::nextafter(size, std::numeric_limits<double>::infinity()) - size, 0x1p-1074);
}

/// One primitive at one point, with the operands in `Active` variable.
template <class P, unsigned Active, bool Literals>
class AtPoint {
 public:
  AtPoint(const Reference& point, const Bounds& bounds, std::array<double, 5>& worst)
      : point_(point), bounds_(bounds), worst_(worst) {}

  void check() {
    for (std::size_t k = 0; k < P::arity; ++k)
      if (Active >> k & 1u) position_[k] = std::exchange(count_, count_ + 1);
    for (std::size_t k = 0; k < P::arity; ++k)
      if (Active >> k & 1u) x_.push_back(r_.variable(point_.at[k]));
    const Scalar y = [&]<std::size_t... K>(std::index_sequence<K...>) {
      return Scalar(apply<P>(operand<K>()...));
    }(std::make_index_sequence<P::arity>{});
    compare("value", y.value(), {});
    differentiate(y, {}, 1);
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
  void differentiate(const Scalar& y, Times times, int order) {
    if (order > point_.order) return;
    const Adjoints adjoints = backward(y);
    const std::vector<Scalar> g = gradient(y, x_);
    for (std::size_t k = 0; k < P::arity; ++k) {
      if (!(Active >> k & 1u)) continue;
      Times more = times;
      ++more[k];
      const Scalar& x = x_[position_[k]];
      compare("backward", adjoints[x], more);
      compare("forward", forward({x}, {1.0})[y], more);
      compare("gradient", g[position_[k]].value(), more);
    }
    for (std::size_t k = 0; k < P::arity; ++k) {
      if (!(Active >> k & 1u)) continue;
      Times more = times;
      ++more[k];
      differentiate(g[position_[k]], more, order + 1);
    }
  }

  void compare(const char* way, double got, Times times) {
    const auto order = static_cast<std::size_t>(times[0] + times[1] + times[2]);
    const auto found = point_.values.find(times);
    const long double exact = found == point_.values.end() ? 0.0L : found->second;
    double error = static_cast<double>(std::abs(static_cast<long double>(got) - exact));
    if (error != 0) {
      const long double size =
          std::max(std::abs(exact), order < bounds_.from ? 0.0L : static_cast<long double>(bounds_.size));
      error /= order <= 1 ? unit_of_last_place(size) : static_cast<double>(size);
    }
    if (!(error <= worst_[order])) worst_[order] = error;
    if (error <= bounds_.by_order[order]) return;
    std::ostringstream text;
    text.precision(17);
    text << P::name << ", " << way << ", order " << order << " (" << times[0] << times[1] << times[2] << "), operands "
         << Active << (Literals ? " variable, others literals" : " variable, others constant Scalars") << ", at (";
    for (std::size_t k = 0; k < P::arity; ++k) text << (k > 0 ? ", " : "") << point_.at[k];
    text.precision(21);
    text << "): " << got << ", expected " << exact << ", off by " << error;
    BOOST_ERROR(text.str());
  }

  const Reference& point_;
  const Bounds& bounds_;
  std::array<double, 5>& worst_;
  Recording r_;
  std::vector<Scalar> x_;
  std::array<std::size_t, 3> position_{};
  std::size_t count_ = 0;
};

/// Of all subsets of active operands; only of the full set where no operand has a derivative.
template <class P, unsigned Active, bool Literals>
void check_subsets(const Reference& point, const Bounds& bounds, std::array<double, 5>& worst) {
  constexpr bool differentiable = []<std::size_t... K>(std::index_sequence<K...>) {
    return (ops::differentiable_in<P, K> || ...);
  }(std::make_index_sequence<P::arity>{});
  if constexpr (!differentiable) {
    if constexpr (Active == (1u << P::arity) - 1) AtPoint<P, Active, Literals>(point, bounds, worst).check();
    return;
  }
  if constexpr ((Active & constant_by_meaning<P>) == 0) AtPoint<P, Active, Literals>(point, bounds, worst).check();
  if constexpr (Active > 1) check_subsets<P, Active - 1, Literals>(point, bounds, worst);
}

/// Primitives that are not as accurate as `usual`, by name, with what was measured.
using Exceptions = std::map<std::string_view, Bounds>;

/// Every primitive of a family: at its points with literals and with constant Scalars, at the samples with literals.
template <class Family>
void check_family(const Exceptions& exceptions) {
  std::ostringstream table;
  table.precision(3);
  table << "largest error, order 0 to 4 (ULP, ULP, relative …):";
  Family::for_each([&]<class P> {
    const auto exception = exceptions.find(P::name);
    const Bounds& bounds = exception == exceptions.end() ? usual : exception->second;
    constexpr unsigned all = (1u << P::arity) - 1;
    std::array<double, 5> worst{};
    const std::vector<Reference> points = points_of(P::name);
    const std::vector<Reference> samples = samples_of(P::name, PrimitiveOf<P>::record.differentiable);
    BOOST_TEST(!points.empty());
    BOOST_TEST(samples.size() >= 100u, P::name << ": samples are missing; run scripts/regenerate");
    for (const Reference& point : points) {
      check_subsets<P, all, true>(point, bounds, worst);
      check_subsets<P, all, false>(point, bounds, worst);
    }
    for (const Reference& point : samples) check_subsets<P, all, true>(point, bounds, worst);
    table << "\n  " << P::name;
    for (const double w : worst) table << "\t" << w;
  });
  BOOST_TEST_MESSAGE(table.str());
}

}  // namespace wengert::test
