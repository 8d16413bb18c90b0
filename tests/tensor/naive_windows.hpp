/// Convolution and pooling once more, by loops over everything: slow, and independent of the kernels.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "wengert/graph/types.hpp"

namespace wengert::test {

/// A tensor of four axes.
struct Plain4 {
  Shape shape;
  std::vector<double> at;

  [[nodiscard]] double& operator()(std::int64_t a, std::int64_t b, std::int64_t c, std::int64_t d) {
    return at[static_cast<std::size_t>(((a * shape[1] + b) * shape[2] + c) * shape[3] + d)];
  }
};

/// Adds to what `term(input element, weight element, output element)` is given, for every triple of the sum.
inline void for_each_product(Plain4& x, Plain4& w, Plain4& y, std::span<const std::int64_t> n,
                             const std::function<void(double&, double&, double&)>& term) {
  const std::int64_t groups = n[8];
  for (std::int64_t item = 0; item < x.shape[0]; ++item)
    for (std::int64_t o = 0; o < w.shape[0]; ++o)
      for (std::int64_t c = 0; c < w.shape[1]; ++c)
        for (std::int64_t p = 0; p < y.shape[2]; ++p)
          for (std::int64_t q = 0; q < y.shape[3]; ++q)
            for (std::int64_t i = 0; i < w.shape[2]; ++i)
              for (std::int64_t j = 0; j < w.shape[3]; ++j) {
                const std::int64_t h = p * n[0] + i * n[6] - n[2], v = q * n[1] + j * n[7] - n[4];
                if (h < 0 || h >= x.shape[2] || v < 0 || v >= x.shape[3]) continue;
                const std::int64_t channel = o / (w.shape[0] / groups) * w.shape[1] + c;
                term(x(item, channel, h, v), w(o, c, i, j), y(item, o, p, q));
              }
}

/// The elements of window i along an axis of `extent`; and how many it has with padding.
inline std::vector<std::int64_t> window_of(std::span<const std::int64_t> n, std::int64_t i, std::int64_t extent) {
  std::vector<std::int64_t> all;
  if (n[0] == 0) {
    for (std::int64_t k = 0; k < extent; ++k)  // it meets [i·extent/count, (i+1)·extent/count)
      if ((k + 1) * n[4] > i * extent && k * n[4] < (i + 1) * extent) all.push_back(k);
    return all;
  }
  for (std::int64_t k = 0; k < n[0]; ++k) {
    const std::int64_t at = i * n[1] - n[2] + k * n[3];
    if (at >= 0 && at < extent) all.push_back(at);
  }
  return all;
}
inline std::int64_t padded_count_of(std::span<const std::int64_t> n, std::int64_t i, std::int64_t extent) {
  if (n[0] == 0) return static_cast<std::int64_t>(window_of(n, i, extent).size());
  std::int64_t count = 0;
  for (std::int64_t k = 0; k < n[0]; ++k) count += i * n[1] - n[2] + k * n[3] < extent + n[2] ? 1 : 0;
  return count;
}

/// f(rows, columns, number of elements with padding) of each window of a plane, in order.
inline void for_each_window(std::span<const std::int64_t> n, std::int64_t rows, std::int64_t columns,
                            const std::function<void(std::int64_t, std::int64_t, const std::vector<std::int64_t>&,
                                                     const std::vector<std::int64_t>&, std::int64_t)>& f) {
  for (std::int64_t p = 0; p < n[4]; ++p)
    for (std::int64_t q = 0; q < n[9]; ++q)
      f(p, q, window_of(n.first(5), p, rows), window_of(n.subspan(5, 5), q, columns),
        padded_count_of(n.first(5), p, rows) * padded_count_of(n.subspan(5, 5), q, columns));
}

/// The value of a primitive of convolution or pooling; false if it is none.
inline bool naive_windows(std::string_view name, std::vector<Plain4> x, std::span<const std::int64_t> n, Plain4& y) {
  if (name == "conv2d") {
    for_each_product(x[0], x[1], y, n, [](double& a, double& w, double& g) { g += w * a; });
  } else if (name == "conv2d_by_input") {
    for_each_product(y, x[1], x[0], n, [](double& a, double& w, double& g) { a += w * g; });
  } else if (name == "conv2d_by_weight") {
    for_each_product(x[0], y, x[1], n, [](double& a, double& w, double& g) { w += a * g; });
  } else if (name == "max_pool2d_positions" || name == "avg_pool2d" || name == "avg_pool2d_transposed") {
    Plain4 &in = name == "avg_pool2d_transposed" ? y : x[0], &out = name == "avg_pool2d_transposed" ? x[0] : y;
    for (std::int64_t item = 0; item < in.shape[0]; ++item)
      for (std::int64_t c = 0; c < in.shape[1]; ++c)
        for_each_window(
            n, in.shape[2], in.shape[3],
            [&](std::int64_t p, std::int64_t q, const auto& rows, const auto& columns, std::int64_t padded) {
              std::int64_t best = -1;
              for (const std::int64_t h : rows)
                for (const std::int64_t v : columns) {
                  const double divisor = n.size() < 11 || n[10] == 0 ? 1.0
                                         : n[10] == 1                ? static_cast<double>(rows.size() * columns.size())
                                                                     : static_cast<double>(padded);
                  if (name == "avg_pool2d") out(item, c, p, q) += in(item, c, h, v) / divisor;
                  if (name == "avg_pool2d_transposed") in(item, c, h, v) += out(item, c, p, q) / divisor;
                  if (best < 0 || in(item, c, h, v) > in(item, c, best / in.shape[3], best % in.shape[3]))
                    best = h * in.shape[3] + v;
                }
              if (name == "max_pool2d_positions") out(item, c, p, q) = static_cast<double>(best);
            });
  } else {
    return false;
  }
  return true;
}

}  // namespace wengert::test
