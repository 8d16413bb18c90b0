// Problems 13 to 22 of Moré, Garbow and Hillstrom: see more_garbow_hillstrom_1.cpp.
#include <boost/test/unit_test.hpp>

#include <array>
#include <cmath>

#include "least_squares.hpp"

namespace wengert::testing {

namespace {

// Problems 13 and 22: blocks of four.
Vector powell_singular(const Vector& x) {
  Vector r;
  for (std::size_t k = 0; k < x.size(); k += 4) {
    r.emplace_back(x[k] + 10.0 * x[k + 1]);
    r.emplace_back(std::sqrt(5.0) * (x[k + 2] - x[k + 3]));
    r.emplace_back(square(x[k + 1] - 2.0 * x[k + 2]));
    r.emplace_back(std::sqrt(10.0) * square(x[k] - x[k + 3]));
  }
  return r;
}
ByHand powell_singular_by_hand(const Doubles& x) {
  ByHand h(x.size(), x.size());
  for (std::size_t k = 0; k < x.size(); k += 4) {
    const double a = x[k + 1] - 2 * x[k + 2], b = x[k] - x[k + 3], c = std::sqrt(10.0);
    h.r[k] = x[k] + 10 * x[k + 1];
    h.r[k + 1] = std::sqrt(5.0) * (x[k + 2] - x[k + 3]);
    h.r[k + 2] = a * a;
    h.r[k + 3] = c * b * b;
    h.J(k, k) = 1;
    h.J(k, k + 1) = 10;
    h.J(k + 1, k + 2) = std::sqrt(5.0);
    h.J(k + 1, k + 3) = -std::sqrt(5.0);
    h.J(k + 2, k + 1) = 2 * a;
    h.J(k + 2, k + 2) = -4 * a;
    h.J(k + 3, k) = 2 * c * b;
    h.J(k + 3, k + 3) = -2 * c * b;
    h.second(k + 2, k + 1, k + 1, 2);
    h.second(k + 2, k + 1, k + 2, -4);
    h.second(k + 2, k + 2, k + 2, 8);
    h.second(k + 3, k, k, 2 * c);
    h.second(k + 3, k, k + 3, -2 * c);
    h.second(k + 3, k + 3, k + 3, 2 * c);
  }
  return h;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(more_garbow_hillstrom_2)

BOOST_AUTO_TEST_CASE(powell_singular_function) {
  check({"13 Powell singular", {3.0, -1.0, 0.0, 1.0}, powell_singular, powell_singular_by_hand});
}

BOOST_AUTO_TEST_CASE(wood) {
  check({"14 Wood",
         {-3.0, -1.0, -3.0, -1.0},
         [](const Vector& x) {
           return Vector{10.0 * (x[1] - x[0] * x[0]),
                         1.0 - x[0],
                         std::sqrt(90.0) * (x[3] - x[2] * x[2]),
                         1.0 - x[2],
                         std::sqrt(10.0) * (x[1] + x[3] - 2.0),
                         (x[1] - x[3]) / std::sqrt(10.0)};
         },
         [](const Doubles& x) {
           const double c = std::sqrt(90.0), d = std::sqrt(10.0);
           ByHand h(6, 4);
           h.r = {10 * (x[1] - x[0] * x[0]), 1 - x[0],         c * (x[3] - x[2] * x[2]), 1 - x[2],
                  d * (x[1] + x[3] - 2),     (x[1] - x[3]) / d};
           h.J(0, 0) = -20 * x[0];
           h.J(0, 1) = 10;
           h.J(1, 0) = h.J(3, 2) = -1;
           h.J(2, 2) = -2 * c * x[2];
           h.J(2, 3) = c;
           h.J(4, 1) = h.J(4, 3) = d;
           h.J(5, 1) = 1 / d;
           h.J(5, 3) = -1 / d;
           h.second(0, 0, 0, -20);
           h.second(2, 2, 2, -2 * c);
           return h;
         }});
}

BOOST_AUTO_TEST_CASE(kowalik_and_osborne) {
  static const double y[] = {0.1957, 0.1947, 0.1735, 0.1600, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246};
  static const double u[] = {4.0, 2.0, 1.0, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625};
  check({"15 Kowalik and Osborne",
         {0.25, 0.39, 0.415, 0.39},
         [](const Vector& x) {
           Vector r;
           for (std::size_t i = 0; i < 11; ++i)
             r.emplace_back(y[i] - x[0] * (u[i] * u[i] + u[i] * x[1]) / (u[i] * u[i] + u[i] * x[2] + x[3]));
           return r;
         },
         [](const Doubles& x) {
           ByHand h(11, 4);
           for (std::size_t k = 0; k < 11; ++k) {
             const double v = u[k], n = v * v + v * x[1], d = v * v + v * x[2] + x[3];
             h.r[k] = y[k] - x[0] * n / d;
             h.J(k, 0) = -n / d;
             h.J(k, 1) = -x[0] * v / d;
             h.J(k, 2) = x[0] * n * v / (d * d);
             h.J(k, 3) = x[0] * n / (d * d);
             h.second(k, 0, 1, -v / d);
             h.second(k, 0, 2, n * v / (d * d));
             h.second(k, 0, 3, n / (d * d));
             h.second(k, 1, 2, x[0] * v * v / (d * d));
             h.second(k, 1, 3, x[0] * v / (d * d));
             h.second(k, 2, 2, -2 * x[0] * n * v * v / (d * d * d));
             h.second(k, 2, 3, -2 * x[0] * n * v / (d * d * d));
             h.second(k, 3, 3, -2 * x[0] * n / (d * d * d));
           }
           return h;
         }});
}

BOOST_AUTO_TEST_CASE(brown_and_dennis) {
  check({"16 Brown and Dennis",
         {25.0, 5.0, -5.0, -1.0},
         [](const Vector& x) {
           Vector r;
           for (int i = 1; i <= 20; ++i) {
             const double t = i / 5.0;
             r.emplace_back(square(x[0] + t * x[1] - std::exp(t)) + square(x[2] + x[3] * std::sin(t) - std::cos(t)));
           }
           return r;
         },
         [](const Doubles& x) {
           ByHand h(20, 4);
           for (std::size_t k = 0; k < 20; ++k) {
             const double t = static_cast<double>(k + 1) / 5, s = std::sin(t);
             const double a = x[0] + t * x[1] - std::exp(t), b = x[2] + x[3] * s - std::cos(t);
             h.r[k] = a * a + b * b;
             h.J(k, 0) = 2 * a;
             h.J(k, 1) = 2 * a * t;
             h.J(k, 2) = 2 * b;
             h.J(k, 3) = 2 * b * s;
             h.second(k, 0, 0, 2);
             h.second(k, 0, 1, 2 * t);
             h.second(k, 1, 1, 2 * t * t);
             h.second(k, 2, 2, 2);
             h.second(k, 2, 3, 2 * s);
             h.second(k, 3, 3, 2 * s * s);
           }
           return h;
         }});
}

BOOST_AUTO_TEST_CASE(osborne_1) {
  static const double y[] = {0.844, 0.908, 0.932, 0.936, 0.925, 0.908, 0.881, 0.850, 0.818, 0.784, 0.751,
                             0.718, 0.685, 0.658, 0.628, 0.603, 0.580, 0.558, 0.538, 0.522, 0.506, 0.490,
                             0.478, 0.467, 0.457, 0.448, 0.438, 0.431, 0.424, 0.420, 0.414, 0.411, 0.406};
  check({"17 Osborne 1",
         {0.5, 1.5, -1.0, 0.01, 0.02},
         [](const Vector& x) {
           Vector r;
           for (int i = 0; i < 33; ++i)
             r.emplace_back(y[i] - (x[0] + x[1] * exp(-10.0 * i * x[3]) + x[2] * exp(-10.0 * i * x[4])));
           return r;
         },
         [](const Doubles& x) {
           ByHand h(33, 5);
           for (std::size_t k = 0; k < 33; ++k) {
             const double t = 10 * static_cast<double>(k), a = std::exp(-t * x[3]), b = std::exp(-t * x[4]);
             h.r[k] = y[k] - x[0] - x[1] * a - x[2] * b;
             h.J(k, 0) = -1;
             h.J(k, 1) = -a;
             h.J(k, 2) = -b;
             h.J(k, 3) = x[1] * t * a;
             h.J(k, 4) = x[2] * t * b;
             h.second(k, 1, 3, t * a);
             h.second(k, 2, 4, t * b);
             h.second(k, 3, 3, -x[1] * t * t * a);
             h.second(k, 4, 4, -x[2] * t * t * b);
           }
           return h;
         }});
}

BOOST_AUTO_TEST_CASE(biggs_exp6) {
  check({"18 Biggs EXP6",
         {1.0, 2.0, 1.0, 1.0, 1.0, 1.0},
         [](const Vector& x) {
           Vector r;
           for (int i = 1; i <= 13; ++i) {
             const double t = 0.1 * i, y = std::exp(-t) - 5 * std::exp(-10 * t) + 3 * std::exp(-4 * t);
             r.emplace_back(x[2] * exp(-t * x[0]) - x[3] * exp(-t * x[1]) + x[5] * exp(-t * x[4]) - y);
           }
           return r;
         },
         [](const Doubles& x) {
           ByHand h(13, 6);
           for (std::size_t k = 0; k < 13; ++k) {
             const double t = 0.1 * static_cast<double>(k + 1);
             const double a = std::exp(-t * x[0]), b = std::exp(-t * x[1]), c = std::exp(-t * x[4]);
             h.r[k] = x[2] * a - x[3] * b + x[5] * c - (std::exp(-t) - 5 * std::exp(-10 * t) + 3 * std::exp(-4 * t));
             h.J(k, 0) = -t * x[2] * a;
             h.J(k, 1) = t * x[3] * b;
             h.J(k, 2) = a;
             h.J(k, 3) = -b;
             h.J(k, 4) = -t * x[5] * c;
             h.J(k, 5) = c;
             h.second(k, 0, 0, t * t * x[2] * a);
             h.second(k, 0, 2, -t * a);
             h.second(k, 1, 1, -t * t * x[3] * b);
             h.second(k, 1, 3, t * b);
             h.second(k, 4, 4, t * t * x[5] * c);
             h.second(k, 4, 5, -t * c);
           }
           return h;
         }});
}

BOOST_AUTO_TEST_CASE(osborne_2) {
  static const double y[] = {1.366, 1.191, 1.112, 1.013, 0.991, 0.885, 0.831, 0.847, 0.786, 0.725, 0.746, 0.679, 0.608,
                             0.655, 0.616, 0.606, 0.602, 0.626, 0.651, 0.724, 0.649, 0.649, 0.694, 0.644, 0.624, 0.661,
                             0.612, 0.558, 0.533, 0.495, 0.500, 0.423, 0.395, 0.375, 0.372, 0.391, 0.396, 0.405, 0.428,
                             0.429, 0.523, 0.562, 0.607, 0.653, 0.672, 0.708, 0.633, 0.668, 0.645, 0.632, 0.591, 0.559,
                             0.597, 0.625, 0.739, 0.710, 0.729, 0.720, 0.636, 0.581, 0.428, 0.292, 0.162, 0.098, 0.054};
  check({"19 Osborne 2",
         {1.3, 0.65, 0.65, 0.7, 0.6, 3.0, 5.0, 7.0, 2.0, 4.5, 5.5},
         [](const Vector& x) {
           Vector r;
           for (int i = 0; i < 65; ++i) {
             const double t = i / 10.0;
             Scalar sum = x[0] * exp(-t * x[4]);
             for (std::size_t j = 1; j < 4; ++j) sum += x[j] * exp(-square(t - x[j + 7]) * x[j + 4]);
             r.emplace_back(y[i] - sum);
           }
           return r;
         },
         [](const Doubles& x) {
           ByHand h(65, 11);
           for (std::size_t k = 0; k < 65; ++k) {
             const double t = static_cast<double>(k) / 10, e = std::exp(-t * x[4]);
             h.r[k] = y[k] - x[0] * e;
             h.J(k, 0) = -e;
             h.J(k, 4) = x[0] * t * e;
             h.second(k, 0, 4, t * e);
             h.second(k, 4, 4, -x[0] * t * t * e);
             for (std::size_t j = 1; j < 4; ++j) {
               // -a e^(-w d²), d = t - c.
               const double a = x[j], w = x[j + 4], d = t - x[j + 7], g = std::exp(-w * d * d);
               h.r[k] -= a * g;
               h.J(k, j) = -g;
               h.J(k, j + 4) = a * d * d * g;
               h.J(k, j + 7) = -2 * a * w * d * g;
               h.second(k, j, j + 4, d * d * g);
               h.second(k, j, j + 7, -2 * w * d * g);
               h.second(k, j + 4, j + 4, -a * d * d * d * d * g);
               h.second(k, j + 4, j + 7, 2 * a * d * g * (w * d * d - 1));
               h.second(k, j + 7, j + 7, 2 * a * w * g * (1 - 2 * w * d * d));
             }
           }
           return h;
         }});
}

BOOST_AUTO_TEST_CASE(watson) {
  for (const std::size_t n : {std::size_t{6}, std::size_t{9}}) {
    check({"20 Watson", Doubles(n, 0.0),
           [](const Vector& x) {
             Vector r;
             for (int i = 1; i <= 29; ++i) {
               const double t = i / 29.0;
               Scalar sum = 0.0, slope = 0.0;
               double power = 1;
               for (std::size_t j = 0; j < x.size(); ++j) {
                 sum += power * x[j];
                 if (j + 1 < x.size()) slope += static_cast<double>(j + 1) * power * x[j + 1];
                 power *= t;
               }
               r.emplace_back(slope - sum * sum - 1.0);
             }
             r.push_back(x[0]);
             r.emplace_back(x[1] - x[0] * x[0] - 1.0);
             return r;
           },
           [](const Doubles& x) {
             ByHand h(31, x.size());
             for (std::size_t k = 0; k < 29; ++k) {
               const double t = static_cast<double>(k + 1) / 29;
               const auto power = [t](std::size_t j) { return std::pow(t, static_cast<double>(j)); };
               double sum = 0;
               for (std::size_t j = 0; j < x.size(); ++j) sum += x[j] * power(j);
               h.r[k] = -sum * sum - 1;
               for (std::size_t j = 0; j < x.size(); ++j) {
                 const double slope = j == 0 ? 0 : static_cast<double>(j) * power(j - 1);
                 h.r[k] += slope * x[j];
                 h.J(k, j) = slope - 2 * sum * power(j);
                 for (std::size_t l = j; l < x.size(); ++l) h.second(k, j, l, -2 * power(j) * power(l));
               }
             }
             h.r[29] = x[0];
             h.J(29, 0) = 1;
             h.r[30] = x[1] - x[0] * x[0] - 1;
             h.J(30, 0) = -2 * x[0];
             h.J(30, 1) = 1;
             h.second(30, 0, 0, -2);
             return h;
           }});
  }
}

BOOST_AUTO_TEST_CASE(extended_rosenbrock) {
  check({"21 extended Rosenbrock",
         {-1.2, 1.0, -1.2, 1.0, -1.2, 1.0, -1.2, 1.0, -1.2, 1.0},
         [](const Vector& x) {
           Vector r;
           for (std::size_t k = 0; k < x.size(); k += 2) {
             r.emplace_back(10.0 * (x[k + 1] - x[k] * x[k]));
             r.emplace_back(1.0 - x[k]);
           }
           return r;
         },
         [](const Doubles& x) {
           ByHand h(x.size(), x.size());
           for (std::size_t k = 0; k < x.size(); k += 2) {
             h.r[k] = 10 * (x[k + 1] - x[k] * x[k]);
             h.r[k + 1] = 1 - x[k];
             h.J(k, k) = -20 * x[k];
             h.J(k, k + 1) = 10;
             h.J(k + 1, k) = -1;
             h.second(k, k, k, -20);
           }
           return h;
         }});
}

BOOST_AUTO_TEST_CASE(extended_powell_singular) {
  check({"22 extended Powell singular",
         {3.0, -1.0, 0.0, 1.0, 3.0, -1.0, 0.0, 1.0, 3.0, -1.0, 0.0, 1.0},
         powell_singular,
         powell_singular_by_hand});
}

BOOST_AUTO_TEST_SUITE_END()
}  // namespace wengert::testing
