// What a sweep over a rolled-up loop adds to what is there already, and what passes it where something is not finite:
// every loop once rolled up and once not, every way to a derivative.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "derivatives.hpp"
#include "wengert/autodiff/autodiff.hpp"

namespace wengert {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// A program: records with the inputs, calls `tick` after every statement of its loop, returns the output.
using Program = std::function<Scalar(const std::vector<Scalar>& x, const std::function<void()>& tick)>;

/// Rolled up and not, the derivatives by all inputs agree; to `tolerance` of themselves where they are finite.
void check_rolled(const char* what, const std::vector<double>& at, const Program& program, double tolerance = 1e-12) {
  Recording plain;
  const std::vector<Scalar> x = plain.variables(at);
  const Scalar y = program(x, [&] { static_cast<void>(plain.statistics()); });
  BOOST_TEST(plain.statistics().rolled == 0u, what);
  const Adjoints want = backward(y);

  Recording r;
  bool rolled = false;
  for (int again = 0; again < 3; ++again) {  // the second time it is expected
    r.clear();
    const std::vector<Scalar> u = r.variables(at);
    const Scalar v = program(u, [] {});
    rolled = rolled || r.statistics().rolled > 0;
    const Adjoints a = backward(v);
    const Scalar both[]{v, v};
    const VectorAdjoints lanes = backward_each(both);
    const std::vector<Scalar> g = gradient(v, u);
    for (std::size_t k = 0; k < at.size(); ++k) {
      const double w = want[x[k]];
      const auto check = [&](const char* way, double got) {
        BOOST_TEST(same_number(got, w, tolerance),
                   what << ", " << way << ", input " << k << ": " << got << ", unrolled " << w);
      };
      check("backward", a[u[k]]);
      check("lanes", lanes(1, u[k]));
      check("gradient", g[k].value());
      if (k % 41 == 0) check("forward", forward({u[k]}, {1.0})[v]);
    }
  }
  BOOST_TEST(rolled, what << " was never rolled up");
}

std::vector<double> numbers(std::size_t count) {
  std::vector<double> result;
  for (std::size_t i = 0; i < count; ++i) result.push_back(0.9 + 0.2 * std::sin(1.3 * static_cast<double>(i)));
  return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rolled_sums)

// v = v·x; v = v + …: the value before the loop is used again after it, and so are values inside.
BOOST_AUTO_TEST_CASE(a_chain_adds_to_the_value_before_it) {
  for (const std::size_t body : {1u, 2u, 3u, 4u, 5u}) {
    for (const std::size_t count : {300u, 513u}) {
      check_rolled("chain", numbers(count + 1), [=](const std::vector<Scalar>& x, const auto& tick) {
        const Scalar before = sin(x[count]);
        Scalar v = before;
        std::vector<Scalar> some;
        for (std::size_t i = 0; i < count; ++i) {
          for (std::size_t j = 0; j < body; ++j) {
            if (j % 2 == 0)
              v = v * x[i];
            else
              v = sin(v) + x[i] * v;
            tick();
          }
          if (i % 7 == 0) some.push_back(v);
        }
        Scalar y = v + 3.0 * before;
        for (std::size_t i = 0; i < some.size(); ++i) {
          y = y + (0.1 + static_cast<double>(i % 3)) * some[i];
          tick();
        }
        return y;
      });
    }
  }
}

// s = s + …, twice over, and the value before it is used again.
BOOST_AUTO_TEST_CASE(a_sum_adds_to_the_value_before_it) {
  for (const std::size_t count : {300u, 513u}) {
    check_rolled("sum", numbers(count + 1), [=](const std::vector<Scalar>& x, const auto& tick) {
      const Scalar before = sin(x[count]);
      Scalar s = before, square = before;
      for (std::size_t i = 0; i < count; ++i) {
        s = s + x[i] * x[count];
        tick();
        square = square + s * s;
        tick();
      }
      return Scalar(s * 2.0 + square + 3.0 * before);
    });
  }
}

// A root of 0 at the end: an infinite cotangent comes down the chain to where a factor is 0, and nothing of it below.
BOOST_AUTO_TEST_CASE(an_infinite_cotangent_ends_at_a_factor_of_0) {
  for (const std::size_t count : {40u, 41u, 300u, 601u}) {
    std::vector<double> at = numbers(count);
    at[count / 2] = 0;
    const auto with_values_used_inside = [=](const std::vector<Scalar>& x, const auto& tick) {
      Scalar s = 1.0 + x[0] * 0.0, total = 0.5 * x[0];
      for (std::size_t i = 0; i < count; ++i) {
        s = s * x[i];
        tick();
        total = total + s * (0.3 + x[i]);
        tick();
      }
      return Scalar(total + sqrt(s));
    };
    check_rolled("own chain", at, with_values_used_inside);
    for (const std::size_t body : {2u, 3u, 4u, 5u}) {
      const auto chain = [=](const std::vector<Scalar>& x, const auto& tick) {
        Scalar v = 1.0 + x[0] * 0.0;
        std::vector<Scalar> some;
        for (std::size_t i = 0; i < count; ++i) {
          for (std::size_t j = 0; j < body; ++j) {
            if (j % 2 == 0)
              v = v * x[i];
            else
              v = v * 1.25;
            tick();
          }
          some.push_back(v);
        }
        Scalar y = sqrt(v);
        for (std::size_t i = 0; i < some.size(); ++i) {
          y = y + (0.1 + static_cast<double>(i % 3)) * some[i];
          tick();
        }
        return y;
      };
      check_rolled("chain", at, chain);
    }
  }
}

// The largest of some values of a repetition: an operand that jumps, and whose part does not cancel.
BOOST_AUTO_TEST_CASE(operands_that_jump_receive_their_part) {
  constexpr std::size_t parts = 5, count = 1000;
  check_rolled(
      "jumps", {-2.0, -0.5, 0.7, 2.2, 3.0, 0.1, -0.3, 0.4, 0.2, -0.8},
      [](const std::vector<Scalar>& x, const auto& tick) {
        Scalar total = 0.0;
        std::vector<Scalar> exponent(parts);
        for (std::size_t i = 0; i < count; ++i) {
          const double point = 4 * std::sin(1.7 * static_cast<double>(i * i % 1013));
          for (std::size_t k = 0; k < parts; ++k) {
            const Scalar centred = point - x[k];
            tick();
            exponent[k] = x[parts + k] - 0.5 * centred * centred;
            tick();
          }
          Scalar largest = exponent[0];
          for (std::size_t k = 1; k < parts; ++k)
            if (largest < exponent[k]) largest = exponent[k];
          Scalar sum = 0.0;
          for (std::size_t k = 0; k < parts; ++k) {
            sum = sum + exp(exponent[k] - largest);
            tick();
          }
          total = total + log(sum) + 3.0 * largest;
          tick();
        }
        return total;
      },
      1e-10);
}

// The adjoints of a long loop stay out of memory below the first that something else contributes to: which is it?
BOOST_AUTO_TEST_CASE(values_of_a_loop_that_others_use) {
  constexpr std::size_t count = 600;
  const std::vector<double> at = numbers(count);
  // By one statement, and the last: of every value near the beginning of what is rolled up, and some further on.
  for (std::size_t one = 0; one < count; one += one < 24 ? 1 : 37) {
    check_rolled("a sum, used inside", at, [=](const std::vector<Scalar>& x, const auto& tick) {
      Scalar s = x[0], used;
      for (std::size_t i = 0; i < count; ++i) {
        s = s + x[i] * x[i];
        tick();
        if (i == one) used = s;
      }
      return Scalar(used * used + s);
    });
  }
  // By a loop that runs along a part of it, forwards or backwards, and nothing else.
  for (std::size_t begin = 0; begin < 300; ++begin) {
    for (const bool backwards : {false, true}) {
      Recording r;
      const std::vector<Scalar> x = r.variables(at);
      std::vector<Scalar> y(count), z(count - begin);
      for (std::size_t i = 0; i < count; ++i) y[i] = x[i] * x[i];
      const auto part = [&](std::size_t i) { return backwards ? count - 1 - i : begin + i; };
      for (std::size_t i = 0; i < z.size(); ++i) z[i] = sin(y[part(i)]);
      std::vector<double> cotangents(z.size());
      for (std::size_t i = 0; i < z.size(); ++i) cotangents[i] = 1 + 0.1 * static_cast<double>(i % 5);
      Adjoints a;
      backward(z, cotangents, a);
      bool right = r.statistics().rolled > count;
      for (std::size_t i = 0; i < begin; ++i) right = right && a[x[i]] == 0.0;
      for (std::size_t i = 0; i < z.size(); ++i) {
        const double v = at[part(i)];
        right = right && same_number(a[x[part(i)]], cotangents[i] * std::cos(v * v) * 2 * v, 1e-14);
      }
      BOOST_TEST(right, "from value " << begin << (backwards ? ", backwards" : ""));
    }
  }
}

// ∞ - ∞ is not a number, however it comes together.
BOOST_AUTO_TEST_CASE(infinite_contributions_of_either_sign_meet) {
  Recording r;
  const Scalar x = r.variable(0.0), one = r.variable(1.0);
  const Scalar up = x * 2.0, first = sqrt(up), down = x * 3.0, second = sqrt(down);
  const Scalar both = first - second, alone = first + one;
  BOOST_TEST(std::isnan(backward(both)[x]));
  BOOST_TEST(backward(alone)[x] == infinity);
  BOOST_TEST(backward(alone)[one] == 1.0);
  // The value before receives both.
  const Scalar base = x * 1.0, u = base * 2.0, v = sqrt(u), w = base * 3.0, t = v - sqrt(w);
  BOOST_TEST(std::isnan(backward(t)[base]));
  BOOST_TEST(backward(v)[base] == infinity);
  BOOST_TEST(backward(v)[x] == infinity);
  BOOST_TEST(std::isnan(backward(t)[x]));
}

// A seed is added: to another of the same value, and to what flows into a value that is computed.
BOOST_AUTO_TEST_CASE(tangents_given_twice_add_up) {
  Recording r;
  const Scalar x = r.variable(0.7), s = sin(x), y = s * x;
  BOOST_TEST(forward({x, x}, {1.0, 2.0})[s] == 3 * std::cos(0.7));
  const double by_x = std::cos(0.7) * 0.7 + std::sin(0.7), by_s = 0.7;
  BOOST_TEST(forward({x, s}, {1.0, 2.0})[y] == by_x + 2 * by_s, boost::test_tools::tolerance(1e-15));
  const Scalar outputs[]{y, y, s};
  const double cotangents[]{1.0, 2.0, 4.0};
  Adjoints a;
  backward(outputs, cotangents, a);
  BOOST_TEST(a[x] == 3 * by_x + 4 * std::cos(0.7), boost::test_tools::tolerance(1e-15));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert
