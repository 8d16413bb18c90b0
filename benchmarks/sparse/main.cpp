// Sparse derivatives of large programs: `scripts/bench sparse`, docs/benchmarks/sparse.md.
//
// The Hessian of the chained Rosenbrock function by each recovery, and the Jacobian of bundle adjustment (cameras of
// nine parameters, points of three, two residuals an observation), for growing sizes. Prints JSON.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/transform/sparse/sparse.hpp"

namespace {

using namespace wengert;

/// Of processor time: everything runs on one thread, and others may use the machine.
double seconds_of(const auto& work) {
  const std::clock_t start = std::clock();
  work();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}
/// The least of three.
double least_seconds_of(const auto& work) {
  double least = seconds_of(work);
  for (int k = 0; k < 2; ++k) least = std::min(least, seconds_of(work));
  return least;
}

struct Numbers {
  std::uint64_t state = 1;
  double operator()(double low, double high) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return low + (high - low) * static_cast<double>(state >> 11) * 0x1p-53;
  }
};

std::vector<double> random_numbers(std::size_t count, double low, double high) {
  Numbers random;
  std::vector<double> result(count);
  for (double& number : result) number = random(low, high);
  return result;
}

Scalar rosenbrock(const std::vector<Scalar>& x) {
  Scalar sum = 0.0;
  for (std::size_t i = 0; i + 1 < x.size(); ++i) {
    const Scalar a = x[i + 1] - x[i] * x[i], b = 1.0 - x[i];
    sum = sum + (100.0 * a * a + b * b);
  }
  return sum;
}

/// Bundle adjustment in the large (Agarwal, Snavely, Seitz, Szeliski 2010): x holds the cameras (rotation vector 3,
/// translation 3, focal length, two radial distortions), then the points. Each point is seen by a few cameras in a row.
struct Bundle {
  std::size_t cameras, points, seen;

  [[nodiscard]] std::vector<double> inputs() const {
    Numbers random;
    std::vector<double> x;
    for (std::size_t c = 0; c < cameras; ++c) {
      for (int k = 0; k < 3; ++k) x.push_back(random(-0.3, 0.3));
      for (int k = 0; k < 2; ++k) x.push_back(random(-1.0, 1.0));
      x.insert(x.end(), {random(-12.0, -8.0), random(450.0, 550.0), random(-0.01, 0.01), random(-0.001, 0.001)});
    }
    for (std::size_t p = 0; p < 3 * points; ++p) x.push_back(random(-2.0, 2.0));
    return x;
  }
  [[nodiscard]] std::vector<Scalar> operator()(const std::vector<Scalar>& x) const {
    std::vector<Scalar> y;
    for (std::size_t p = 0; p < points; ++p)
      for (std::size_t k = 0; k < seen; ++k) {
        const std::size_t camera = (p * 7 + k) % cameras;
        residual(&x[9 * camera], &x[9 * cameras + 3 * p], y);
      }
    return y;
  }

 private:
  static void residual(const Scalar* camera, const Scalar* point, std::vector<Scalar>& y) {
    const Scalar *r = camera, *t = camera + 3;
    const Scalar angle = sqrt(r[0] * r[0] + r[1] * r[1] + r[2] * r[2]);
    const Scalar c = cos(angle), s = sin(angle);
    const Scalar k0 = r[0] / angle, k1 = r[1] / angle, k2 = r[2] / angle;
    const Scalar along = (k0 * point[0] + k1 * point[1] + k2 * point[2]) * (1.0 - c);
    const Scalar p0 = point[0] * c + (k1 * point[2] - k2 * point[1]) * s + k0 * along + t[0];
    const Scalar p1 = point[1] * c + (k2 * point[0] - k0 * point[2]) * s + k1 * along + t[1];
    const Scalar p2 = point[2] * c + (k0 * point[1] - k1 * point[0]) * s + k2 * along + t[2];
    const Scalar u = -p0 / p2, v = -p1 / p2;
    const Scalar square = u * u + v * v;
    const Scalar scale = camera[6] * (1.0 + square * (camera[7] + square * camera[8]));
    y.emplace_back(scale * u - 10.0);
    y.emplace_back(scale * v + 5.0);
  }
};

struct Row {
  std::string subject{}, method{};
  std::size_t variables = 0, outputs = 1, nonzeros = 0, colors = 0;
  double pattern = 0, coloring = 0, evaluation = 0;
  double gradient = 0;  ///< recorded, as a part of the evaluation
  double column = 0;    ///< one forward sweep
};

void print(const Row& row) {
  static bool first = true;
  std::printf(
      "%s\n  {\"subject\": \"%s\", \"method\": \"%s\", \"variables\": %zu, \"outputs\": %zu, \"nonzeros\": %zu, "
      "\"colors\": %zu, \"pattern\": %.6f, \"coloring\": %.6f, \"gradient\": %.6f, \"evaluation\": %.6f, "
      "\"column\": %.6f}",
      first ? "" : ",", row.subject.c_str(), row.method.c_str(), row.variables, row.outputs, row.nonzeros, row.colors,
      row.pattern, row.coloring, row.gradient, row.evaluation, row.column);
  first = false;
  std::fflush(stdout);
}

void measure_rosenbrock(std::size_t n) {
  Recording r({.locations = false, .ties = false});
  const std::vector<Scalar> x = r.variables(random_numbers(n, -1.0, 1.0));
  const Scalar y = rosenbrock(x);
  Row row{.subject = "Rosenbrock, Hessian", .variables = n};
  SparsityPattern pattern;
  row.pattern = least_seconds_of([&] { pattern = hessian_pattern(y, x); });
  row.nonzeros = pattern.nonzeros();
  // One column: a forward sweep over the recorded gradient.
  {
    const Recording::Mark mark = r.mark();
    std::vector<Scalar> g;
    row.gradient = seconds_of([&] { g = gradient(y, x); });
    std::vector<double> direction(n, 0.0);
    double sum = 0;
    row.column = least_seconds_of([&] {
      direction[n / 2] = 1.0;
      sum += forward(x, direction)[g[n / 2]];
    });
    if (std::isnan(sum)) std::abort();
    r.rewind(mark);
  }
  const Scalar again = rosenbrock(x);
  const std::pair<const char*, Recovery> methods[]{{"star, direct", Recovery::direct},
                                                   {"acyclic, substitution", Recovery::substitution},
                                                   {"columns", Recovery::columns}};
  for (const auto& [name, recovery] : methods) {
    row.method = name;
    std::vector<SparseHessian> plan;
    row.coloring = seconds_of([&] { plan.emplace_back(pattern, SparseHessianOptions{.recovery = recovery}); });
    row.colors = plan[0].coloring().count;
    SparseMatrix h;
    row.evaluation = least_seconds_of([&] { plan[0].evaluate(again, x, h); });
    print(row);
  }
}

void measure_bundle(const Bundle& bundle) {
  Recording r({.locations = false, .ties = false});
  const std::vector<Scalar> x = r.variables(bundle.inputs());
  const std::vector<Scalar> y = bundle(x);
  Row row{.subject = "bundle adjustment, Jacobian", .variables = x.size()};
  row.outputs = y.size();
  SparsityPattern pattern;
  row.pattern = least_seconds_of([&] { pattern = jacobian_pattern(y, x); });
  row.nonzeros = pattern.nonzeros();
  std::vector<double> direction(x.size(), 0.0);
  direction[4] = 1.0;
  double sum = 0;
  row.column = least_seconds_of([&] { sum += forward(x, direction)[y[0]]; });
  if (std::isnan(sum)) std::abort();
  const std::pair<const char*, ColoringOrder> methods[]{{"columns, natural", ColoringOrder::natural},
                                                        {"columns, smallest last", ColoringOrder::smallest_last}};
  for (const auto& [name, order] : methods) {
    row.method = name;
    std::vector<SparseJacobian> plan;
    row.coloring = seconds_of([&] {
      plan.emplace_back(pattern, SparseJacobianOptions{.compression = Compression::forward, .order = order});
    });
    row.colors = plan[0].coloring().count;
    SparseMatrix j;
    row.evaluation = least_seconds_of([&] { plan[0].evaluate(y, x, j); });
    print(row);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t most = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  std::printf("{\"rows\": [");
  for (std::size_t n = 1000; n <= most; n *= 10) measure_rosenbrock(n);
  for (std::size_t points = 300; 3 * points <= most / 3; points *= 10)
    measure_bundle({.cameras = points / 10, .points = points, .seen = 4});
  std::printf("]}\n");
}
