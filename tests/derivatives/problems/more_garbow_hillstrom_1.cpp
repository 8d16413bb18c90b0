// Problems 1 to 12 of J. J. Moré, B. S. Garbow and K. E. Hillstrom, Testing unconstrained optimization software, ACM
// Transactions on Mathematical Software 7 (1981), with the standard starting points. Derivatives by hand.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <numbers>

#include "least_squares.hpp"

namespace wengert::testing {

BOOST_AUTO_TEST_SUITE(more_garbow_hillstrom_1)

BOOST_AUTO_TEST_CASE(rosenbrock) {
  check({"1 Rosenbrock",
         {-1.2, 1.0},
         [](const Vector& x) {
           return Vector{10.0 * (x[1] - x[0] * x[0]), 1.0 - x[0]};
         },
         [](const Doubles& x) {
           ByHand h(2, 2);
           h.r = {10 * (x[1] - x[0] * x[0]), 1 - x[0]};
           h.J(0, 0) = -20 * x[0];
           h.J(0, 1) = 10;
           h.J(1, 0) = -1;
           h.second(0, 0, 0, -20);
           return h;
         }});
}

BOOST_AUTO_TEST_CASE(freudenstein_and_roth) {
  check({"2 Freudenstein and Roth",
         {0.5, -2.0},
         [](const Vector& x) {
           return Vector{-13.0 + x[0] + ((5.0 - x[1]) * x[1] - 2.0) * x[1],
                         -29.0 + x[0] + ((x[1] + 1.0) * x[1] - 14.0) * x[1]};
         },
         [](const Doubles& x) {
           const double y = x[1];
           ByHand h(2, 2);
           h.r = {-13 + x[0] + 5 * y * y - y * y * y - 2 * y, -29 + x[0] + y * y * y + y * y - 14 * y};
           h.J(0, 0) = h.J(1, 0) = 1;
           h.J(0, 1) = 10 * y - 3 * y * y - 2;
           h.J(1, 1) = 3 * y * y + 2 * y - 14;
           h.second(0, 1, 1, 10 - 6 * y);
           h.second(1, 1, 1, 6 * y + 2);
           return h;
         }});
}

BOOST_AUTO_TEST_CASE(powell_badly_scaled) {
  check({"3 Powell badly scaled",
         {0.0, 1.0},
         [](const Vector& x) {
           return Vector{1e4 * x[0] * x[1] - 1.0, exp(-x[0]) + exp(-x[1]) - 1.0001};
         },
         [](const Doubles& x) {
           const double a = std::exp(-x[0]), b = std::exp(-x[1]);
           ByHand h(2, 2);
           h.r = {1e4 * x[0] * x[1] - 1, a + b - 1.0001};
           h.J(0, 0) = 1e4 * x[1];
           h.J(0, 1) = 1e4 * x[0];
           h.J(1, 0) = -a;
           h.J(1, 1) = -b;
           h.second(0, 0, 1, 1e4);
           h.second(1, 0, 0, a);
           h.second(1, 1, 1, b);
           return h;
         }});
}

BOOST_AUTO_TEST_CASE(brown_badly_scaled) {
  check({"4 Brown badly scaled",
         {1.0, 1.0},
         [](const Vector& x) {
           return Vector{x[0] - 1e6, x[1] - 2e-6, x[0] * x[1] - 2.0};
         },
         [](const Doubles& x) {
           ByHand h(3, 2);
           h.r = {x[0] - 1e6, x[1] - 2e-6, x[0] * x[1] - 2};
           h.J(0, 0) = h.J(1, 1) = 1;
           h.J(2, 0) = x[1];
           h.J(2, 1) = x[0];
           h.second(2, 0, 1, 1);
           return h;
         }});
}

BOOST_AUTO_TEST_CASE(beale) {
  static const double y[] = {1.5, 2.25, 2.625};
  check({"5 Beale",
         {1.0, 1.0},
         [](const Vector& x) {
           Vector r;
           Scalar power = 1.0;
           for (const double data : y) {
             power *= x[1];
             r.emplace_back(data - x[0] * (1.0 - power));
           }
           return r;
         },
         [](const Doubles& x) {
           ByHand h(3, 2);
           for (std::size_t k = 0; k < 3; ++k) {
             const double i = static_cast<double>(k + 1), p = std::pow(x[1], i);
             h.r[k] = y[k] - x[0] * (1 - p);
             h.J(k, 0) = -(1 - p);
             h.J(k, 1) = x[0] * i * p / x[1];
             h.second(k, 0, 1, i * p / x[1]);
             h.second(k, 1, 1, x[0] * i * (i - 1) * p / (x[1] * x[1]));
           }
           return h;
         }});
}

BOOST_AUTO_TEST_CASE(jennrich_and_sampson) {
  check({"6 Jennrich and Sampson",
         {0.3, 0.4},
         [](const Vector& x) {
           Vector r;
           for (int i = 1; i <= 10; ++i) r.emplace_back(2.0 + 2.0 * i - (exp(i * x[0]) + exp(i * x[1])));
           return r;
         },
         [](const Doubles& x) {
           ByHand h(10, 2);
           for (std::size_t k = 0; k < 10; ++k) {
             const double i = static_cast<double>(k + 1);
             h.r[k] = 2 + 2 * i;
             for (std::size_t j = 0; j < 2; ++j) {
               const double e = std::exp(i * x[j]);
               h.r[k] -= e;
               h.J(k, j) = -i * e;
               h.second(k, j, j, -i * i * e);
             }
           }
           return h;
         }});
}

BOOST_AUTO_TEST_CASE(helical_valley) {
  using std::numbers::pi;
  // x₁ < 0 at the start and near it.
  check({"7 helical valley",
         {-1.0, 0.0, 0.0},
         [](const Vector& x) {
           const Scalar theta = atan(x[1] / x[0]) / (2 * pi) + 0.5;
           return Vector{10.0 * (x[2] - 10.0 * theta), 10.0 * (sqrt(x[0] * x[0] + x[1] * x[1]) - 1.0), x[2]};
         },
         [](const Doubles& x) {
           const double a = x[0], b = x[1], q = a * a + b * b, rho = std::sqrt(q), c = 100 / (2 * pi);
           ByHand h(3, 3);
           h.r = {10 * x[2] - c * (std::atan(b / a) + pi), 10 * (rho - 1), x[2]};
           h.J(0, 0) = c * b / q;
           h.J(0, 1) = -c * a / q;
           h.J(0, 2) = 10;
           h.second(0, 0, 0, -2 * c * a * b / (q * q));
           h.second(0, 1, 1, 2 * c * a * b / (q * q));
           h.second(0, 0, 1, c * (a * a - b * b) / (q * q));
           h.J(1, 0) = 10 * a / rho;
           h.J(1, 1) = 10 * b / rho;
           h.second(1, 0, 0, 10 * b * b / (q * rho));
           h.second(1, 1, 1, 10 * a * a / (q * rho));
           h.second(1, 0, 1, -10 * a * b / (q * rho));
           h.J(2, 2) = 1;
           return h;
         }});
}

BOOST_AUTO_TEST_CASE(bard) {
  static const double y[] = {0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39, 0.37, 0.58, 0.73, 0.96, 1.34, 2.10, 4.39};
  check({"8 Bard",
         {1.0, 1.0, 1.0},
         [](const Vector& x) {
           Vector r;
           for (int i = 1; i <= 15; ++i) {
             const double u = i, v = 16 - i, w = std::min(u, v);
             r.emplace_back(y[i - 1] - (x[0] + u / (v * x[1] + w * x[2])));
           }
           return r;
         },
         [](const Doubles& x) {
           ByHand h(15, 3);
           for (std::size_t k = 0; k < 15; ++k) {
             const double u = static_cast<double>(k + 1), v = 16 - u, w = std::min(u, v), d = v * x[1] + w * x[2];
             h.r[k] = y[k] - x[0] - u / d;
             h.J(k, 0) = -1;
             h.J(k, 1) = u * v / (d * d);
             h.J(k, 2) = u * w / (d * d);
             h.second(k, 1, 1, -2 * u * v * v / (d * d * d));
             h.second(k, 1, 2, -2 * u * v * w / (d * d * d));
             h.second(k, 2, 2, -2 * u * w * w / (d * d * d));
           }
           return h;
         }});
}

BOOST_AUTO_TEST_CASE(gaussian) {
  static const double y[] = {0.0009, 0.0044, 0.0175, 0.0540, 0.1295, 0.2420, 0.3521, 0.3989,
                             0.3521, 0.2420, 0.1295, 0.0540, 0.0175, 0.0044, 0.0009};
  check({"9 Gaussian",
         {0.4, 1.0, 0.0},
         [](const Vector& x) {
           Vector r;
           for (int i = 1; i <= 15; ++i) {
             const Scalar d = (8.0 - i) / 2.0 - x[2];
             r.emplace_back(x[0] * exp(-x[1] * d * d / 2.0) - y[i - 1]);
           }
           return r;
         },
         [](const Doubles& x) {
           ByHand h(15, 3);
           for (std::size_t k = 0; k < 15; ++k) {
             const double d = (7.0 - static_cast<double>(k)) / 2 - x[2], e = std::exp(-x[1] * d * d / 2);
             h.r[k] = x[0] * e - y[k];
             h.J(k, 0) = e;
             h.J(k, 1) = -x[0] * e * d * d / 2;
             h.J(k, 2) = x[0] * x[1] * e * d;
             h.second(k, 0, 1, -e * d * d / 2);
             h.second(k, 0, 2, x[1] * e * d);
             h.second(k, 1, 1, x[0] * e * d * d * d * d / 4);
             h.second(k, 1, 2, x[0] * e * d - x[0] * x[1] * e * d * d * d / 2);
             h.second(k, 2, 2, x[0] * x[1] * e * (x[1] * d * d - 1));
           }
           return h;
         }});
}

BOOST_AUTO_TEST_CASE(meyer) {
  static const double y[] = {34780, 28610, 23650, 19630, 16370, 13720, 11540, 9744,
                             8261,  7030,  6005,  5147,  4427,  3820,  3307,  2872};
  check({"10 Meyer",
         {0.02, 4000.0, 250.0},
         [](const Vector& x) {
           Vector r;
           for (int i = 1; i <= 16; ++i) r.emplace_back(x[0] * exp(x[1] / (45.0 + 5.0 * i + x[2])) - y[i - 1]);
           return r;
         },
         [](const Doubles& x) {
           ByHand h(16, 3);
           for (std::size_t k = 0; k < 16; ++k) {
             const double q = 50 + 5 * static_cast<double>(k) + x[2], e = std::exp(x[1] / q);
             h.r[k] = x[0] * e - y[k];
             h.J(k, 0) = e;
             h.J(k, 1) = x[0] * e / q;
             h.J(k, 2) = -x[0] * x[1] * e / (q * q);
             h.second(k, 0, 1, e / q);
             h.second(k, 0, 2, -x[1] * e / (q * q));
             h.second(k, 1, 1, x[0] * e / (q * q));
             h.second(k, 1, 2, -x[0] * e * (x[1] / (q * q * q) + 1 / (q * q)));
             h.second(k, 2, 2, x[0] * x[1] * e * (x[1] / (q * q * q * q) + 2 / (q * q * q)));
           }
           return h;
         }});
}

BOOST_AUTO_TEST_CASE(gulf_research_and_development) {
  check({"11 Gulf research and development",
         {5.0, 2.5, 0.15},
         [](const Vector& x) {
           Vector r;
           for (int i = 1; i <= 20; ++i) {
             const double t = i / 100.0, y = 25.0 + std::pow(-50.0 * std::log(t), 2.0 / 3.0);
             r.emplace_back(exp(-pow(abs(y - x[1]), x[2]) / x[0]) - t);
           }
           return r;
         },
         [](const Doubles& x) {
           ByHand h(20, 3);
           for (std::size_t k = 0; k < 20; ++k) {
             // e^u with u = -a^x₃/x₁, a = |y - x₂|.
             const double t = static_cast<double>(k + 1) / 100, y = 25 + std::pow(-50 * std::log(t), 2.0 / 3.0);
             const double a = std::abs(y - x[1]), s = y > x[1] ? 1 : -1, l = std::log(a);
             const double p = std::pow(a, x[2]), e = std::exp(-p / x[0]);
             const double u[] = {p / (x[0] * x[0]), x[2] * p * s / (a * x[0]), -p * l / x[0]};
             double w[3][3];
             w[0][0] = -2 * p / (x[0] * x[0] * x[0]);
             w[0][1] = -x[2] * p * s / (a * x[0] * x[0]);
             w[0][2] = p * l / (x[0] * x[0]);
             w[1][1] = -x[2] * (x[2] - 1) * p / (a * a * x[0]);
             w[1][2] = s * p * (1 + x[2] * l) / (a * x[0]);
             w[2][2] = -p * l * l / x[0];
             h.r[k] = e - t;
             for (std::size_t i = 0; i < 3; ++i) {
               h.J(k, i) = e * u[i];
               for (std::size_t j = i; j < 3; ++j) h.second(k, i, j, e * (u[i] * u[j] + w[i][j]));
             }
           }
           return h;
         }});
}

BOOST_AUTO_TEST_CASE(box_three_dimensional) {
  check({"12 Box three-dimensional",
         {0.0, 10.0, 20.0},
         [](const Vector& x) {
           Vector r;
           for (int i = 1; i <= 10; ++i) {
             const double t = 0.1 * i;
             r.emplace_back(exp(-t * x[0]) - exp(-t * x[1]) - x[2] * (std::exp(-t) - std::exp(-10 * t)));
           }
           return r;
         },
         [](const Doubles& x) {
           ByHand h(10, 3);
           for (std::size_t k = 0; k < 10; ++k) {
             const double t = 0.1 * static_cast<double>(k + 1), a = std::exp(-t * x[0]), b = std::exp(-t * x[1]);
             const double c = std::exp(-t) - std::exp(-10 * t);
             h.r[k] = a - b - x[2] * c;
             h.J(k, 0) = -t * a;
             h.J(k, 1) = t * b;
             h.J(k, 2) = -c;
             h.second(k, 0, 0, t * t * a);
             h.second(k, 1, 1, -t * t * b);
           }
           return h;
         }});
}

BOOST_AUTO_TEST_SUITE_END()
}  // namespace wengert::testing
