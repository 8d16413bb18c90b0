// Vector mode beside single sweeps: backward_each of eight outputs and eight times backward, forward_each along eight
// directions and eight times forward, on three recordings. See ../README.md.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/benchmarks/race/clock.hpp"

namespace {

using namespace wengert;

constexpr std::size_t seeds = 8;

struct Workload {
  const char* name;
  std::vector<Scalar> inputs, outputs;
};

/// Statements whose operands follow no rule: nothing rolls up.
Workload irregular(Recording& r, std::size_t statements) {
  Workload work{"irregular", r.variables(std::vector<double>(64, 0.5), "x"), {}};
  std::vector<Scalar> v = work.inputs;
  std::uint64_t state = 1;
  const auto random = [&](std::size_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::size_t>(state >> 33) % below;
  };
  for (std::size_t i = 0; i < statements; ++i) {
    const Scalar& a = v[v.size() - 1 - random(64)];
    const Scalar& b = v[v.size() - 1 - random(64)];
    switch (random(4)) {
      case 0:
        v.push_back(a * 0.6 + b * 0.7);
        break;
      case 1:
        v.push_back(a * 0.7 - b * 0.9);
        break;
      case 2:
        v.push_back(sin(a) * b);
        break;
      default:
        v.push_back(cos(a) + 0.5 * b);
    }
  }
  work.outputs.assign(v.end() - seeds, v.end());
  return work;
}

/// One value after the other: the sweep waits for each. (Partials near 1, so that adjoints do not underflow.)
Workload chain(Recording& r, std::size_t steps) {
  Workload work{"chain", r.variables({{0.3, 0.9}}, "x"), {}};
  Scalar v = work.inputs[0];
  const Scalar a = work.inputs[1];
  for (std::size_t i = 0; i < steps; ++i) {
    v = v + 0.001 * sin(v) * a;
    if (i + seeds >= steps) work.outputs.push_back(v);
  }
  return work;
}

/// The Burgers equation as in the race: every value is used by three of the next time step. Outputs are weighted sums.
Workload stencil(Recording& r, std::size_t cells, std::size_t steps) {
  std::vector<double> wave(cells);
  for (std::size_t i = 0; i < cells; ++i)
    wave[i] = 1.0 + 0.5 * std::sin(6.283 * static_cast<double>(i) / static_cast<double>(cells));
  Workload work{"stencil", r.variables(wave, "u"), {}};
  std::vector<Scalar> u = work.inputs, next = u;
  for (std::size_t step = 0; step < steps; ++step) {
    for (std::size_t i = 1; i + 1 < cells; ++i)
      next[i] = u[i] - 0.2 * u[i] * (u[i] - u[i - 1]) + 0.1 * (u[i + 1] - 2.0 * u[i] + u[i - 1]);
    std::swap(u, next);
  }
  for (std::size_t k = 0; k < seeds; ++k) {
    Scalar sum = 0.0;
    for (std::size_t i = 0; i < cells; ++i) sum = sum + static_cast<double>(1 + (i * (k + 3)) % 7) * u[i];
    work.outputs.push_back(sum);
  }
  return work;
}

double median(std::vector<double>& x) {
  std::nth_element(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(x.size() / 2), x.end());
  return x[x.size() / 2];
}

/// Runs `together` and `alone`, both all seeds, in turns; prints nanoseconds per value and seed.
template <class Together, class Alone>
void time(const char* name, const char* mode, std::size_t values, int rounds, const Together& together,
          const Alone& alone) {
  std::vector<double> each_time, alone_time, ratio;
  for (int round = 0; round <= rounds; ++round) {
    const double start = race::processor_seconds();
    together();
    const double middle = race::processor_seconds();
    alone();
    const double end = race::processor_seconds();
    if (round == 0) continue;  // memory is warm from here on
    each_time.push_back((middle - start) / seeds);
    alone_time.push_back((end - middle) / seeds);
    ratio.push_back(each_time.back() / alone_time.back());
  }
  const double scale = 1e9 / static_cast<double>(values);
  std::printf("%-10s %-8s %9zu %16.3f %16.3f %8.2f\n", name, mode, values, median(alone_time) * scale,
              median(each_time) * scale, median(ratio));
}

bool agree(const char* name, std::size_t k, double a, double b) {
  if (std::abs(a - b) <= 1e-9 * (1.0 + std::abs(b))) return true;
  std::printf("%s: seed %zu: %.17g and %.17g\n", name, k, a, b);
  return false;
}

/// Both ways, in turns; false if they disagree.
bool compare_reverse(const Workload& work, std::size_t values, int rounds) {
  VectorAdjoints together;
  std::vector<Adjoints> alone(seeds);
  double sink = 0;
  time(
      work.name, "reverse", values, rounds,
      [&] {
        backward_each(work.outputs, together);
        for (std::size_t k = 0; k < seeds; ++k)
          for (const Scalar& x : work.inputs) sink += together(k, x);
      },
      [&] {
        for (std::size_t k = 0; k < seeds; ++k) {
          backward(work.outputs[k], alone[k]);
          for (const Scalar& x : work.inputs) sink += alone[k][x];
        }
      });
  for (std::size_t k = 0; k < seeds; ++k)
    for (const Scalar& x : work.inputs)
      if (!agree(work.name, k, together(k, x), alone[k][x])) return false;
  return std::isfinite(sink);
}

/// The same forward, along directions of all inputs; a single sweep gives an object of its own.
bool compare_forward(const Workload& work, std::size_t values, int rounds) {
  const std::size_t n = work.inputs.size();
  std::vector<double> directions(seeds * n);
  for (std::size_t k = 0; k < directions.size(); ++k) directions[k] = 0.1 * static_cast<double>(k % 19) - 0.9;
  const auto direction = [&](std::size_t k) { return std::span<const double>(directions).subspan(k * n, n); };
  VectorTangents together;
  double sink = 0;
  time(
      work.name, "forward", values, rounds,
      [&] {
        forward_each(work.inputs, directions, together);
        for (std::size_t k = 0; k < seeds; ++k)
          for (const Scalar& y : work.outputs) sink += together(k, y);
      },
      [&] {
        for (std::size_t k = 0; k < seeds; ++k) {
          const Tangents alone = forward(work.inputs, direction(k));
          for (const Scalar& y : work.outputs) sink += alone[y];
        }
      });
  for (std::size_t k = 0; k < seeds; ++k) {
    const Tangents alone = forward(work.inputs, direction(k));
    for (const Scalar& y : work.outputs)
      if (!agree(work.name, k, together(k, y), alone[y])) return false;
  }
  return std::isfinite(sink);
}

}  // namespace

int main(int argc, char** argv) {
  const bool quick = argc > 1 && std::string_view(argv[1]) == "--quick";
  const std::size_t scale = quick ? 1 : 10;
  const int rounds = quick ? 300 : 41;
  std::printf("%-10s %-8s %9s %16s %16s %8s\n", "recording", "mode", "values", "one by one ns", "each ns", "ratio");
  std::printf("%-10s %-8s %9s %16s %16s %8s\n", "", "", "", "/value/seed", "/value/seed", "");
  bool good = true;
  const auto run = [&](const auto& make) {
    Recording r;
    const Workload work = make(r);
    const auto values = static_cast<std::size_t>(r.statistics().values);
    good = compare_reverse(work, values, rounds) && good;
    good = compare_forward(work, values, rounds) && good;
  };
  run([&](Recording& r) { return irregular(r, 10000 * scale); });
  run([&](Recording& r) { return chain(r, 10000 * scale); });
  run([&](Recording& r) { return stencil(r, 500, 20 * scale); });
  return good ? 0 : 1;
}
