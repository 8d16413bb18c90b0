// Problems 23 to 35 of Moré, Garbow and Hillstrom: see more_garbow_hillstrom_1.cpp. Those of any number of variables,
// here 10.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>

#include "least_squares.hpp"

namespace wengert::testing {

namespace {

constexpr std::size_t n = 10;

[[nodiscard]] double real(std::size_t k) { return static_cast<double>(k); }

[[nodiscard]] Scalar cube(const Scalar& u) { return u * u * u; }

/// The start of problems 28 and 29: tⱼ(tⱼ − 1), tⱼ = j/(n + 1).
Doubles boundary_start() {
  Doubles x(n);
  for (std::size_t j = 0; j < n; ++j) {
    const double t = real(j + 1) / real(n + 1);
    x[j] = t * (t - 1);
  }
  return x;
}

/// Residuals Σⱼ aᵢⱼxⱼ − 1, of problems 32 to 34.
template <class A>
void check_linear(const char* name, std::size_t m, const A& a) {
  check({name, Doubles(n, 1.0),
         [m, a](const Vector& x) {
           Vector r;
           for (std::size_t i = 0; i < m; ++i) {
             Scalar sum = -1.0;
             for (std::size_t j = 0; j < n; ++j)
               if (a(i, j) != 0) sum += a(i, j) * x[j];
             r.push_back(sum);
           }
           return r;
         },
         [m, a](const Doubles& x) {
           ByHand h(m, n);
           for (std::size_t i = 0; i < m; ++i) {
             h.r[i] = -1;
             for (std::size_t j = 0; j < n; ++j) {
               h.J(i, j) = a(i, j);
               h.r[i] += a(i, j) * x[j];
             }
           }
           return h;
         }});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(more_garbow_hillstrom_3)

BOOST_AUTO_TEST_CASE(penalty_1) {
  check({"23 penalty I",
         {1, 2, 3, 4, 5, 6, 7, 8, 9, 10},
         [](const Vector& x) {
           Vector r;
           Scalar sum = -0.25;
           for (const Scalar& each : x) {
             r.emplace_back(std::sqrt(1e-5) * (each - 1.0));
             sum += each * each;
           }
           r.push_back(sum);
           return r;
         },
         [](const Doubles& x) {
           ByHand h(n + 1, n);
           h.r[n] = -0.25;
           for (std::size_t j = 0; j < n; ++j) {
             h.r[j] = std::sqrt(1e-5) * (x[j] - 1);
             h.J(j, j) = std::sqrt(1e-5);
             h.r[n] += x[j] * x[j];
             h.J(n, j) = 2 * x[j];
             h.second(n, j, j, 2);
           }
           return h;
         }});
}

BOOST_AUTO_TEST_CASE(penalty_2) {
  static const double root = std::sqrt(1e-5);
  check({"24 penalty II", Doubles(n, 0.5),
         [](const Vector& x) {
           Vector r{x[0] - 0.2};
           for (std::size_t i = 1; i < n; ++i)
             r.emplace_back(root * (exp(x[i] / 10.0) + exp(x[i - 1] / 10.0) -
                                    (std::exp(real(i + 1) / 10) + std::exp(real(i) / 10))));
           for (std::size_t i = 1; i < n; ++i) r.emplace_back(root * (exp(x[i] / 10.0) - std::exp(-0.1)));
           Scalar sum = -1.0;
           for (std::size_t j = 0; j < n; ++j) sum += real(n - j) * x[j] * x[j];
           r.push_back(sum);
           return r;
         },
         [](const Doubles& x) {
           ByHand h(2 * n, n);
           const auto e = [&](std::size_t j) { return std::exp(x[j] / 10); };
           h.r[0] = x[0] - 0.2;
           h.J(0, 0) = 1;
           for (std::size_t i = 1; i < n; ++i) {
             h.r[i] = root * (e(i) + e(i - 1) - std::exp(real(i + 1) / 10) - std::exp(real(i) / 10));
             for (const std::size_t j : {i - 1, i}) {
               h.J(i, j) = root * e(j) / 10;
               h.second(i, j, j, root * e(j) / 100);
             }
             const std::size_t k = n + i - 1;
             h.r[k] = root * (e(i) - std::exp(-0.1));
             h.J(k, i) = root * e(i) / 10;
             h.second(k, i, i, root * e(i) / 100);
           }
           h.r[2 * n - 1] = -1;
           for (std::size_t j = 0; j < n; ++j) {
             h.r[2 * n - 1] += real(n - j) * x[j] * x[j];
             h.J(2 * n - 1, j) = 2 * real(n - j) * x[j];
             h.second(2 * n - 1, j, j, 2 * real(n - j));
           }
           return h;
         }});
}

BOOST_AUTO_TEST_CASE(variably_dimensioned) {
  Doubles start(n);
  for (std::size_t j = 0; j < n; ++j) start[j] = 1 - real(j + 1) / real(n);
  check({"25 variably dimensioned", start,
         [](const Vector& x) {
           Vector r;
           Scalar sum = 0.0;
           for (std::size_t j = 0; j < n; ++j) {
             r.emplace_back(x[j] - 1.0);
             sum += real(j + 1) * (x[j] - 1.0);
           }
           r.push_back(sum);
           r.emplace_back(sum * sum);
           return r;
         },
         [](const Doubles& x) {
           ByHand h(n + 2, n);
           double sum = 0;
           for (std::size_t j = 0; j < n; ++j) sum += real(j + 1) * (x[j] - 1);
           h.r[n] = sum;
           h.r[n + 1] = sum * sum;
           for (std::size_t j = 0; j < n; ++j) {
             h.r[j] = x[j] - 1;
             h.J(j, j) = 1;
             h.J(n, j) = real(j + 1);
             h.J(n + 1, j) = 2 * sum * real(j + 1);
             for (std::size_t k = j; k < n; ++k) h.second(n + 1, j, k, 2 * real(j + 1) * real(k + 1));
           }
           return h;
         }});
}

BOOST_AUTO_TEST_CASE(trigonometric) {
  check({"26 trigonometric", Doubles(n, 1 / real(n)),
         [](const Vector& x) {
           Scalar cosines = 0.0;
           for (const Scalar& each : x) cosines += cos(each);
           Vector r;
           for (std::size_t i = 0; i < n; ++i)
             r.emplace_back(real(n) - cosines + real(i + 1) * (1.0 - cos(x[i])) - sin(x[i]));
           return r;
         },
         [](const Doubles& x) {
           ByHand h(n, n);
           for (std::size_t i = 0; i < n; ++i) {
             const double s = std::sin(x[i]), c = std::cos(x[i]);
             h.r[i] = real(n) + real(i + 1) * (1 - c) - s;
             for (std::size_t j = 0; j < n; ++j) {
               h.r[i] -= std::cos(x[j]);
               h.J(i, j) = std::sin(x[j]);
               h.second(i, j, j, std::cos(x[j]));
             }
             h.J(i, i) += real(i + 1) * s - c;
             h.second(i, i, i, c + real(i + 1) * c + s);
           }
           return h;
         }});
}

BOOST_AUTO_TEST_CASE(brown_almost_linear) {
  check({"27 Brown almost-linear", Doubles(n, 0.5),
         [](const Vector& x) {
           Scalar sum = -real(n + 1), product = 1.0;
           for (const Scalar& each : x) {
             sum += each;
             product *= each;
           }
           Vector r;
           for (std::size_t i = 0; i + 1 < n; ++i) r.emplace_back(x[i] + sum);
           r.emplace_back(product - 1.0);
           return r;
         },
         [](const Doubles& x) {
           ByHand h(n, n);
           double sum = -real(n + 1), product = 1;
           for (const double each : x) {
             sum += each;
             product *= each;
           }
           for (std::size_t i = 0; i + 1 < n; ++i) {
             h.r[i] = x[i] + sum;
             for (std::size_t j = 0; j < n; ++j) h.J(i, j) = i == j ? 2 : 1;
           }
           h.r[n - 1] = product - 1;
           for (std::size_t j = 0; j < n; ++j) {
             h.J(n - 1, j) = product / x[j];
             for (std::size_t k = j + 1; k < n; ++k) h.second(n - 1, j, k, product / (x[j] * x[k]));
           }
           return h;
         }});
}

BOOST_AUTO_TEST_CASE(discrete_boundary_value) {
  static const double step = 1 / real(n + 1);
  check({"28 discrete boundary value", boundary_start(),
         [](const Vector& x) {
           Vector r;
           for (std::size_t i = 0; i < n; ++i) {
             const Scalar before = i == 0 ? Scalar(0.0) : x[i - 1], after = i + 1 == n ? Scalar(0.0) : x[i + 1];
             const Scalar u = x[i] + real(i + 1) * step + 1.0;
             r.emplace_back(2.0 * x[i] - before - after + step * step * u * u * u / 2.0);
           }
           return r;
         },
         [](const Doubles& x) {
           ByHand h(n, n);
           for (std::size_t i = 0; i < n; ++i) {
             const double u = x[i] + real(i + 1) * step + 1;
             h.r[i] = 2 * x[i] + step * step * u * u * u / 2;
             h.J(i, i) = 2 + 1.5 * step * step * u * u;
             h.second(i, i, i, 3 * step * step * u);
             if (i > 0) {
               h.r[i] -= x[i - 1];
               h.J(i, i - 1) = -1;
             }
             if (i + 1 < n) {
               h.r[i] -= x[i + 1];
               h.J(i, i + 1) = -1;
             }
           }
           return h;
         }});
}

BOOST_AUTO_TEST_CASE(discrete_integral_equation) {
  static const double step = 1 / real(n + 1);
  static const auto t = [](std::size_t i) { return real(i + 1) * step; };
  check({"29 discrete integral equation", boundary_start(),
         [](const Vector& x) {
           Vector r;
           for (std::size_t i = 0; i < n; ++i) {
             Scalar left = 0.0, right = 0.0;
             for (std::size_t j = 0; j <= i; ++j) left += t(j) * cube(x[j] + (t(j) + 1.0));
             for (std::size_t j = i + 1; j < n; ++j) right += (1.0 - t(j)) * cube(x[j] + (t(j) + 1.0));
             r.emplace_back(x[i] + step / 2.0 * ((1.0 - t(i)) * left + t(i) * right));
           }
           return r;
         },
         [](const Doubles& x) {
           ByHand h(n, n);
           for (std::size_t i = 0; i < n; ++i) {
             h.r[i] = x[i];
             for (std::size_t j = 0; j < n; ++j) {
               const double u = x[j] + t(j) + 1;
               const double weight = step / 2 * (j <= i ? (1 - t(i)) * t(j) : t(i) * (1 - t(j)));
               h.r[i] += weight * u * u * u;
               h.J(i, j) = (i == j ? 1 : 0) + 3 * weight * u * u;
               h.second(i, j, j, 6 * weight * u);
             }
           }
           return h;
         }});
}

BOOST_AUTO_TEST_CASE(broyden_tridiagonal) {
  check({"30 Broyden tridiagonal", Doubles(n, -1.0),
         [](const Vector& x) {
           Vector r;
           for (std::size_t i = 0; i < n; ++i) {
             const Scalar before = i == 0 ? Scalar(0.0) : x[i - 1], after = i + 1 == n ? Scalar(0.0) : x[i + 1];
             r.emplace_back((3.0 - 2.0 * x[i]) * x[i] - before - 2.0 * after + 1.0);
           }
           return r;
         },
         [](const Doubles& x) {
           ByHand h(n, n);
           for (std::size_t i = 0; i < n; ++i) {
             h.r[i] = 3 * x[i] - 2 * x[i] * x[i] + 1;
             h.J(i, i) = 3 - 4 * x[i];
             h.second(i, i, i, -4);
             if (i > 0) {
               h.r[i] -= x[i - 1];
               h.J(i, i - 1) = -1;
             }
             if (i + 1 < n) {
               h.r[i] -= 2 * x[i + 1];
               h.J(i, i + 1) = -2;
             }
           }
           return h;
         }});
}

BOOST_AUTO_TEST_CASE(broyden_banded) {
  // Five places before i and one after it.
  static const auto in_band = [](std::size_t i, std::size_t j) { return j != i && j + 5 >= i && j <= i + 1; };
  check({"31 Broyden banded", Doubles(n, -1.0),
         [](const Vector& x) {
           Vector r;
           for (std::size_t i = 0; i < n; ++i) {
             Scalar sum = x[i] * (2.0 + 5.0 * x[i] * x[i]) + 1.0;
             for (std::size_t j = 0; j < n; ++j)
               if (in_band(i, j)) sum -= x[j] * (1.0 + x[j]);
             r.push_back(sum);
           }
           return r;
         },
         [](const Doubles& x) {
           ByHand h(n, n);
           for (std::size_t i = 0; i < n; ++i) {
             h.r[i] = 2 * x[i] + 5 * x[i] * x[i] * x[i] + 1;
             h.J(i, i) = 2 + 15 * x[i] * x[i];
             h.second(i, i, i, 30 * x[i]);
             for (std::size_t j = 0; j < n; ++j) {
               if (!in_band(i, j)) continue;
               h.r[i] -= x[j] + x[j] * x[j];
               h.J(i, j) = -(1 + 2 * x[j]);
               h.second(i, j, j, -2);
             }
           }
           return h;
         }});
}

BOOST_AUTO_TEST_CASE(linear) {
  constexpr std::size_t m = 15;
  check_linear("32 linear, full rank", m,
               [](std::size_t i, std::size_t j) { return (i == j ? 1.0 : 0.0) - 2.0 / real(m); });
  check_linear("33 linear, rank 1", m, [](std::size_t i, std::size_t j) { return real((i + 1) * (j + 1)); });
  check_linear("34 linear, rank 1 with zero columns and rows", m, [](std::size_t i, std::size_t j) {
    return i == 0 || i + 1 == m || j == 0 || j + 1 == n ? 0.0 : real(i * (j + 1));
  });
}

BOOST_AUTO_TEST_CASE(chebyquad) {
  constexpr std::size_t m = 12;
  Doubles start(n);
  for (std::size_t j = 0; j < n; ++j) start[j] = real(j + 1) / real(n + 1);
  check({"35 Chebyquad", start,
         [](const Vector& x) {
           Vector r(m, Scalar(0.0));
           for (const Scalar& each : x) {
             const Scalar y = 2.0 * each - 1.0;
             Scalar before = 1.0, now = y;
             for (std::size_t i = 0; i < m; ++i) {
               r[i] += now / real(n);
               const Scalar next = 2.0 * y * now - before;
               before = now;
               now = next;
             }
           }
           for (std::size_t i = 1; i < m; i += 2) r[i] += 1.0 / (real(i + 1) * real(i + 1) - 1.0);
           return r;
         },
         [](const Doubles& x) {
           // Tᵢ(y) = cos iθ, y = cos θ; Tᵢ' = i sin iθ / sin θ; (1 − y²) Tᵢ'' = y Tᵢ' − i² Tᵢ; and dy/dx = 2.
           ByHand h(m, n);
           for (std::size_t k = 0; k < m; ++k) {
             const double i = real(k + 1);
             if (k % 2 == 1) h.r[k] = 1 / (i * i - 1);
             for (std::size_t j = 0; j < n; ++j) {
               const double y = 2 * x[j] - 1, theta = std::acos(y);
               const double value = std::cos(i * theta), slope = i * std::sin(i * theta) / std::sin(theta);
               h.r[k] += value / real(n);
               h.J(k, j) = 2 * slope / real(n);
               h.second(k, j, j, 4 * (y * slope - i * i * value) / (1 - y * y) / real(n));
             }
           }
           return h;
         }});
}

BOOST_AUTO_TEST_SUITE_END()
}  // namespace wengert::testing
