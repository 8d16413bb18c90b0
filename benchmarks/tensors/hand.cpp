// By hand: plain C++ over OpenBLAS and the vector functions of the C library, no engine. What an engine can approach,
// or pass by fusing more. Memory is there before a step begins; the update of a weight is the product that computes its
// gradient (p ← p - rate·gᵀh in one call), so that no gradient is stored.
//
// Compiled with -ffast-math, without which g++ takes no vector function, and for this machine.
#include <cblas.h>

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "wengert/benchmarks/tensors/problem.hpp"

namespace tensors_benchmark {
namespace {

using Numbers = std::vector<float>;
using Size = std::int64_t;

Numbers zeros(Size count) { return Numbers(static_cast<std::size_t>(count)); }

/// c ← α·op(a)·op(b) + β·c, c [m, n], the inner extent k; all dense and by rows.
void product(bool turn_a, bool turn_b, Size m, Size n, Size k, float alpha, const float* a, const float* b, float beta,
             float* c) {
  // OpenBLAS is several times quicker with a vector where there is one.
  if (m == 1 && !turn_a) {
    cblas_sgemv(CblasRowMajor, turn_b ? CblasNoTrans : CblasTrans, static_cast<int>(turn_b ? n : k),
                static_cast<int>(turn_b ? k : n), alpha, b, static_cast<int>(turn_b ? k : n), a, 1, beta, c, 1);
  } else if (k == 1 && beta == 1.0F) {
    cblas_sger(CblasRowMajor, static_cast<int>(m), static_cast<int>(n), alpha, a, 1, b, 1, c, static_cast<int>(n));
  } else {
    cblas_sgemm(CblasRowMajor, turn_a ? CblasTrans : CblasNoTrans, turn_b ? CblasTrans : CblasNoTrans,
                static_cast<int>(m), static_cast<int>(n), static_cast<int>(k), alpha, a,
                static_cast<int>(turn_a ? m : k), b, static_cast<int>(turn_b ? k : n), beta, c, static_cast<int>(n));
  }
}

/// to ← to + factor·(the sum of the rows of a).
void add_rows(Size rows, Size columns, const float* a, float factor, float* to) {
  for (Size r = 0; r < rows; ++r) {
    const float* const row = a + r * columns;
#pragma omp simd
    for (Size j = 0; j < columns; ++j) to[j] += factor * row[j];
  }
}

/// The mean of -log softmax(z)[label] over the rows; d ← its derivative, which may be z itself.
double cross_entropy(Size rows, Size classes, const float* z, const std::int64_t* labels, float* d) {
  double loss = 0;
  const float share = 1.0F / static_cast<float>(rows);
  for (Size r = 0; r < rows; ++r) {
    const float* const row = z + r * classes;
    float* const to = d + r * classes;
    float largest = row[0];
#pragma omp simd reduction(max : largest)
    for (Size j = 0; j < classes; ++j)
      largest = row[j] > largest ? row[j] : largest;  // std::max is not made vector code of
    const float label = row[labels[r]];
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (Size j = 0; j < classes; ++j) {
      to[j] = std::exp(row[j] - largest);
      sum += to[j];
    }
    loss += std::log(static_cast<double>(sum)) + largest - label;
    const float factor = share / sum;
#pragma omp simd
    for (Size j = 0; j < classes; ++j) to[j] *= factor;
    to[labels[r]] -= share;
  }
  return loss / static_cast<double>(rows);
}

class Mlp final : public Step {
 public:
  explicit Mlp(const Problem& problem)
      : problem_(problem),
        batch_(problem.inputs[0].shape[0]),
        h1_(zeros(batch_ * 256)),
        h2_(zeros(batch_ * 128)),
        z_(zeros(batch_ * 10)),
        d1_(zeros(batch_ * 256)),
        d2_(zeros(batch_ * 128)) {}

  double run() override {
    const float* const x = problem_.inputs[0].values.data();
    const float rate = -problem_.rate;
    layer(784, 256, x, 0, h1_.data(), true);
    layer(256, 128, h1_.data(), 2, h2_.data(), true);
    layer(128, 10, h2_.data(), 4, z_.data(), false);
    const double loss = cross_entropy(batch_, 10, z_.data(), problem_.labels.data(), z_.data());
    back(128, 10, z_.data(), 4, h2_.data(), d2_.data());
    update(128, 10, z_.data(), 4, h2_.data(), rate);
    back(256, 128, d2_.data(), 2, h1_.data(), d1_.data());
    update(256, 128, d2_.data(), 2, h1_.data(), rate);
    update(784, 256, d1_.data(), 0, x, rate);
    return loss;
  }
  std::vector<float> results() override {
    Numbers all;
    for (const Block& each : problem_.parameters) all.insert(all.end(), each.values.begin(), each.values.end());
    return all;
  }

 private:
  float* weight(std::size_t k) { return problem_.parameters[k].values.data(); }

  void layer(Size in, Size out, const float* x, std::size_t k, float* y, bool rectify) {
    const float* const bias = weight(k + 1);
    product(false, true, batch_, out, in, 1, x, weight(k), 0, y);
    for (Size r = 0; r < batch_; ++r) {
      float* const row = y + r * out;
      if (rectify) {
#pragma omp simd
        for (Size j = 0; j < out; ++j) row[j] = row[j] + bias[j] > 0 ? row[j] + bias[j] : 0;
      } else {
        for (Size j = 0; j < out; ++j) row[j] += bias[j];
      }
    }
  }
  /// d of a layer's output to that of its input, the rectifier h before it included.
  void back(Size in, Size out, const float* d, std::size_t k, const float* h, float* to) {
    product(false, false, batch_, in, out, 1, d, weight(k), 0, to);
#pragma omp simd
    for (Size j = 0; j < batch_ * in; ++j) to[j] = h[j] > 0 ? to[j] : 0;
  }
  void update(Size in, Size out, const float* d, std::size_t k, const float* h, float rate) {
    product(true, false, out, in, batch_, rate, d, h, 1, weight(k));
    add_rows(batch_, out, d, rate, weight(k + 1));
  }

  Problem problem_;
  Size batch_;
  Numbers h1_, h2_, z_, d1_, d2_;
};

class Lstm final : public Step {
 public:
  explicit Lstm(const Problem& problem)
      : problem_(problem),
        gates_(zeros(steps * batch * 4 * hidden)),
        y_(zeros((steps + 1) * batch * hidden)),
        c_(zeros((steps + 1) * batch * hidden)),
        squashed_(zeros(steps * batch * hidden)),
        dh_(zeros(batch * hidden)),
        dc_(zeros(batch * hidden)),
        bias_(zeros(4 * hidden)) {}

  double run() override {
    const float* const x = problem_.inputs[0].values.data();
    const float* const target = problem_.inputs[1].values.data();
    float* const w_ih = problem_.parameters[0].values.data();
    float* const w_hh = problem_.parameters[1].values.data();
    Numbers& b_ih = problem_.parameters[2].values;
    Numbers& b_hh = problem_.parameters[3].values;
    constexpr Size state = batch * hidden, all = batch * 4 * hidden;
    for (std::size_t j = 0; j < bias_.size(); ++j) bias_[j] = b_ih[j] + b_hh[j];
    product(false, true, steps * batch, 4 * hidden, 64, 1, x, w_ih, 0, gates_.data());
    for (Size t = 0; t < steps; ++t) {
      float* const gates = &gates_[static_cast<std::size_t>(t * all)];
      if (t > 0) product(false, true, batch, 4 * hidden, hidden, 1, y_.data() + t * state, w_hh, 1, gates);
      for (Size r = 0; r < batch; ++r) {
        const Size at = t * state + r * hidden;
        forward_row(gates + r * 4 * hidden, c_.data() + at, c_.data() + at + state, squashed_.data() + at,
                    y_.data() + at + state);
      }
    }
    constexpr float share = 1.0F / static_cast<float>(steps * batch * hidden);
    std::fill(dh_.begin(), dh_.end(), 0.0F);
    std::fill(dc_.begin(), dc_.end(), 0.0F);
    double loss = 0;
    for (Size t = steps; t-- > 0;) {
      float* const gates = &gates_[static_cast<std::size_t>(t * all)];
      float sum = 0;
      for (Size r = 0; r < batch; ++r) {
        const Size at = t * state + r * hidden;
        sum += backward_row(gates + r * 4 * hidden, c_.data() + at, squashed_.data() + at, y_.data() + at + state,
                            target + at, 2 * share, dh_.data() + r * hidden, dc_.data() + r * hidden);
      }
      loss += sum;
      if (t > 0) product(false, false, batch, hidden, 4 * hidden, 1, gates, w_hh, 0, dh_.data());
    }
    const float rate = -problem_.rate;
    product(true, false, 4 * hidden, 64, steps * batch, rate, gates_.data(), x, 1, w_ih);
    product(true, false, 4 * hidden, hidden, (steps - 1) * batch, rate, gates_.data() + all, y_.data() + state, 1,
            w_hh);
    std::fill(bias_.begin(), bias_.end(), 0.0F);
    add_rows(steps * batch, 4 * hidden, gates_.data(), rate, bias_.data());
    for (std::size_t j = 0; j < bias_.size(); ++j) b_ih[j] += bias_[j], b_hh[j] += bias_[j];
    return loss * static_cast<double>(share);
  }
  std::vector<float> results() override {
    Numbers all;
    for (const Block& each : problem_.parameters) all.insert(all.end(), each.values.begin(), each.values.end());
    return all;
  }

 private:
  static constexpr Size steps = 32, batch = 32, hidden = 128;

  /// Gates i, f, g, o in place.
  void forward_row(float* gates, const float* before, float* c, float* squashed, float* h) const {
    const float* const bias = bias_.data();
#pragma omp simd
    for (Size j = 0; j < hidden; ++j) {
      const float i = 1 / (1 + std::exp(-(gates[j] + bias[j])));
      const float f = 1 / (1 + std::exp(-(gates[hidden + j] + bias[hidden + j])));
      const float g = std::tanh(gates[2 * hidden + j] + bias[2 * hidden + j]);
      const float o = 1 / (1 + std::exp(-(gates[3 * hidden + j] + bias[3 * hidden + j])));
      c[j] = f * before[j] + i * g;
      squashed[j] = std::tanh(c[j]);
      h[j] = o * squashed[j];
      gates[j] = i, gates[hidden + j] = f, gates[2 * hidden + j] = g, gates[3 * hidden + j] = o;
    }
  }
  /// Gates become their cotangents before the activation. Returns the squared error of the row.
  static float backward_row(float* gates, const float* before, const float* squashed, const float* h,
                            const float* target, float factor, const float* dh, float* dc) {
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (Size j = 0; j < hidden; ++j) {
      const float i = gates[j], f = gates[hidden + j], g = gates[2 * hidden + j], o = gates[3 * hidden + j];
      const float error = h[j] - target[j];
      sum += error * error;
      const float d = dh[j] + factor * error;
      const float t = squashed[j];
      const float dcell = dc[j] + d * o * (1 - t * t);
      gates[j] = dcell * g * i * (1 - i);
      gates[hidden + j] = dcell * before[j] * f * (1 - f);
      gates[2 * hidden + j] = dcell * i * (1 - g * g);
      gates[3 * hidden + j] = d * t * o * (1 - o);
      dc[j] = dcell * f;
    }
    return sum;
  }

  Problem problem_;
  Numbers gates_, y_, c_, squashed_, dh_, dc_, bias_;
};

/// The matrix products of a transformer block alone, forward, both of the backward ones, none of what lies between.
class TransformerProducts final : public Step {
 public:
  explicit TransformerProducts(const Problem& problem)
      : a_(problem.inputs[0].values),
        w_(zeros(512 * 128)),
        wide_(zeros(rows * 512)),
        heads_(zeros(32 * 64 * 64)),
        c_(zeros(rows * 512)) {
    w_ = problem.parameter("linear1.weight").values;
  }

  double run() override {
    for (const Size out : {Size{384}, Size{128}, Size{512}}) linear(out, 128);
    linear(128, 512);
    // 32 pairs of head and item: q·kᵀ and weights·v forward; four products backward.
    for (Size k = 0; k < 32; ++k) {
      const float* const x = a_.data() + k * 64 * 32;
      float* const scores = heads_.data() + k * 64 * 64;
      float* const y = c_.data() + k * 64 * 32;
      product(false, true, 64, 64, 32, 1, x, x, 0, scores);
      product(false, false, 64, 32, 64, 1, scores, x, 0, y);
      product(false, true, 64, 64, 32, 1, x, x, 0, scores);
      product(true, false, 64, 32, 64, 1, scores, x, 0, y);
      product(false, false, 64, 32, 64, 1, scores, x, 0, y);
      product(true, false, 64, 32, 64, 1, scores, x, 0, y);
    }
    return 0;
  }
  std::vector<float> results() override { return {}; }

 private:
  static constexpr Size rows = 8 * 64;

  void linear(Size out, Size in) {
    const float* const x = in == 128 ? a_.data() : wide_.data();
    product(false, true, rows, out, in, 1, x, w_.data(), 0, c_.data());  // forward
    product(false, false, rows, in, out, 1, out == 128 ? a_.data() : wide_.data(), w_.data(), 0,
            c_.data());                                                                              // of the input
    product(true, false, out, in, rows, 1, out == 128 ? a_.data() : wide_.data(), x, 0, c_.data());  // of the weight
  }

  Numbers a_, w_, wide_, heads_, c_;
};

/// One loop over each operation's elements, every value stored, as whoever writes one operation after the other has it.
class Chain final : public Step {
 public:
  explicit Chain(const Problem& problem)
      : problem_(problem),
        length_(problem.parameters[0].values.size()),
        values_((3 * rounds + 1) * length_),
        cotangents_(values_.size()) {}

  double run() override {
    const float* const a = problem_.inputs[0].values.data();
    const float* const b = problem_.inputs[1].values.data();
    const std::size_t n = length_;
    std::copy_n(problem_.parameters[0].values.data(), n, values_.data());
    float* v = values_.data();
    for (int k = 0; k < rounds; ++k, v += 3 * n) {
      for (std::size_t j = 0; j < n; ++j) v[n + j] = v[j] * a[j];
      for (std::size_t j = 0; j < n; ++j) v[2 * n + j] = v[n + j] + b[j];
      for (std::size_t j = 0; j < n; ++j) v[3 * n + j] = v[2 * n + j] > 0 ? v[2 * n + j] : 0;
    }
    float sum = 0;
    for (std::size_t j = 0; j < n; ++j) sum += v[j];
    float* d = cotangents_.data() + (v - values_.data());
    std::fill_n(d, n, 1.0F);
    for (int k = 0; k < rounds; ++k) {
      v -= 3 * n;
      d -= 3 * n;
      for (std::size_t j = 0; j < n; ++j) d[2 * n + j] = v[2 * n + j] > 0 ? d[3 * n + j] : 0.0F;
      for (std::size_t j = 0; j < n; ++j) d[n + j] = d[2 * n + j];
      for (std::size_t j = 0; j < n; ++j) d[j] = d[n + j] * a[j];
    }
    return sum;
  }
  std::vector<float> results() override {
    return {cotangents_.begin(), cotangents_.begin() + static_cast<std::ptrdiff_t>(length_)};
  }

 private:
  static constexpr int rounds = 333;
  Problem problem_;
  std::size_t length_;
  Numbers values_, cotangents_;
};

/// Forward and backward in one pass over the elements.
class Elementwise final : public Step {
 public:
  explicit Elementwise(const Problem& problem) : problem_(problem), gradients_(4 * count(0)) {}

  double run() override {
    const float* const a = problem_.parameters[0].values.data();
    const float* const b = problem_.parameters[1].values.data();
    const float* const c = problem_.parameters[2].values.data();
    const float* const d = problem_.parameters[3].values.data();
    const std::size_t n = count(0);
    float* const da = gradients_.data();
    float* const db = da + n;
    float* const dc = db + n;
    float* const dd = dc + n;
    double total = 0;
    for (std::size_t start = 0; start < n; start += 4096) {
      const std::size_t end = std::min(n, start + 4096);
      float sum = 0;
#pragma omp simd reduction(+ : sum)
      for (std::size_t j = start; j < end; ++j) {
        const float t = std::tanh(a[j] * b[j] + c[j]);
        const float s = 1 / (1 + std::exp(-d[j]));
        sum += t * s;
        const float inner = (1 - t * t) * s;
        da[j] = inner * b[j];
        db[j] = inner * a[j];
        dc[j] = inner;
        dd[j] = t * s * (1 - s);
      }
      total += sum;
    }
    return total;
  }
  std::vector<float> results() override { return gradients_; }

 private:
  [[nodiscard]] std::size_t count(std::size_t k) const { return problem_.parameters[k].values.size(); }
  Problem problem_;
  Numbers gradients_;
};

class Softmax final : public Step {
 public:
  explicit Softmax(const Problem& problem) : problem_(problem), gradient_(problem.parameters[0].values.size()) {}
  double run() override {
    const Block& z = problem_.parameters[0];
    return cross_entropy(z.shape[0], z.shape[1], z.values.data(), problem_.labels.data(), gradient_.data());
  }
  std::vector<float> results() override { return gradient_; }

 private:
  Problem problem_;
  Numbers gradient_;
};

std::unique_ptr<Step> make(const Problem& problem) {
  if (problem.is("mlp")) return std::make_unique<Mlp>(problem);
  if (problem.is("lstm")) return std::make_unique<Lstm>(problem);
  if (problem.is("transformer")) return std::make_unique<TransformerProducts>(problem);
  if (problem.is("chain")) return std::make_unique<Chain>(problem);
  if (problem.is("elementwise")) return std::make_unique<Elementwise>(problem);
  if (problem.is("softmax")) return std::make_unique<Softmax>(problem);
  throw std::out_of_range("not written by hand: " + problem.name);
}

const RegisterEngine registered({"by_hand", make, [](int threads) { openblas_set_num_threads(threads); },
                                 [](const Problem& problem) { return !problem.is("lenet"); }});

}  // namespace
}  // namespace tensors_benchmark
