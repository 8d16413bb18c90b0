#include "wengert/autodiff/ops/kernels_pooling.hpp"

#include <vector>

#include "wengert/autodiff/ops/kernels.hpp"

namespace wengert::kernels {

namespace {

/// The ranges of all windows along an axis.
std::vector<Windows::Range> ranges_of(const Windows& windows) {
  std::vector<Windows::Range> all(static_cast<std::size_t>(windows.count));
  for (std::int64_t i = 0; i < windows.count; ++i) all[static_cast<std::size_t>(i)] = windows.at(i);
  return all;
}

/// window(plane, window within the plane, range of rows, range of columns) for every window.
template <class F>
void for_each_window(std::int64_t planes, const Windows2d& windows, const F& window) {
  const auto rows = ranges_of(windows[0]), columns = ranges_of(windows[1]);
  for (std::int64_t plane = 0; plane < planes; ++plane) {
    std::int64_t at = 0;
    for (const Windows::Range& r : rows)
      for (const Windows::Range& c : columns) window(plane, at++, r, c);
  }
}

/// 1/divisor for each window of a plane.
std::vector<double> factors_of(const Windows2d& windows, Divisor divisor) {
  std::vector<double> all;
  all.reserve(static_cast<std::size_t>(windows[0].count * windows[1].count));
  const auto along = [&](const Windows& w, std::int64_t i) {
    return divisor == Divisor::one ? 1 : divisor == Divisor::inside ? w.at(i).count() : w.padded_count(i);
  };
  for (std::int64_t i = 0; i < windows[0].count; ++i)
    for (std::int64_t j = 0; j < windows[1].count; ++j)
      all.push_back(static_cast<double>(along(windows[0], i) * along(windows[1], j)));
  return all;
}

std::int64_t planes_of(const Array& x) { return x.shape()[0] * x.shape()[1]; }

}  // namespace

Array positions_of_largest(const Array& x, const Windows2d& windows, const Type& result) {
  Array to = Array::uninitialised(result);
  if (to.size() == 0) return to;
  with_real_type(x.dtype(), [&]<class T>(std::type_identity<T>) {
    const Array dense = x.dense();
    const T* const from = dense.data<T>().data();
    std::int64_t* const positions = to.mutable_data<std::int64_t>().data();
    const std::int64_t width = windows[1].extent, plane_size = windows[0].extent * width;
    const std::int64_t count = windows[0].count * windows[1].count;
    for_each_window(planes_of(x), windows,
                    [&](std::int64_t plane, std::int64_t at, const Windows::Range& r, const Windows::Range& c) {
                      const T* const elements = from + plane * plane_size;
                      std::int64_t best = r.first * width + c.first;
                      T largest = elements[best];
                      for (std::int64_t h = r.first; h < r.end; h += r.step)
                        for (std::int64_t v = c.first; v < c.end; v += c.step) {
                          const T element = elements[h * width + v];
                          // A NaN is taken once, and then nothing is larger.
                          if (element > largest || (element != element && largest == largest)) {
                            largest = element;
                            best = h * width + v;
                          }
                        }
                      positions[plane * count + at] = best;
                    });
  });
  return to;
}

Array window_means(const Array& x, const Windows2d& windows, Divisor divisor, const Type& result) {
  return with_real_type(result.dtype, [&]<class T>(std::type_identity<T>) {
    Array to = Array::uninitialised(result);
    if (to.size() == 0) return to;
    const Array dense = x.dense();
    const T* const from = dense.data<T>().data();
    T* const means = to.mutable_data<T>().data();
    const std::vector<double> divisors = factors_of(windows, divisor);
    const std::int64_t width = windows[1].extent, plane_size = windows[0].extent * width;
    const std::int64_t count = windows[0].count * windows[1].count;
    for_each_window(planes_of(x), windows,
                    [&](std::int64_t plane, std::int64_t at, const Windows::Range& r, const Windows::Range& c) {
                      const T* const elements = from + plane * plane_size;
                      double sum = 0;
                      for (std::int64_t h = r.first; h < r.end; h += r.step)
                        for (std::int64_t v = c.first; v < c.end; v += c.step)
                          sum += static_cast<double>(elements[h * width + v]);
                      means[plane * count + at] = static_cast<T>(sum / divisors[static_cast<std::size_t>(at)]);
                    });
    return to;
  });
}

Array window_means_transposed(const Array& g, const Windows2d& windows, Divisor divisor, const Type& result) {
  return with_real_type(result.dtype, [&]<class T>(std::type_identity<T>) {
    Array to = Array::zeros(result);
    if (to.size() == 0 || g.size() == 0) return to;
    const Array dense = g.dense();
    const T* const from = dense.data<T>().data();
    T* const elements = to.mutable_data<T>().data();
    const std::vector<double> divisors = factors_of(windows, divisor);
    const std::int64_t width = windows[1].extent, plane_size = windows[0].extent * width;
    const std::int64_t count = windows[0].count * windows[1].count;
    for_each_window(planes_of(g), windows,
                    [&](std::int64_t plane, std::int64_t at, const Windows::Range& r, const Windows::Range& c) {
                      T* const target = elements + plane * plane_size;
                      const T part = static_cast<T>(static_cast<double>(from[plane * count + at]) /
                                                    divisors[static_cast<std::size_t>(at)]);
                      for (std::int64_t h = r.first; h < r.end; h += r.step)
                        for (std::int64_t v = c.first; v < c.end; v += c.step) target[h * width + v] += part;
                    });
    return to;
  });
}

}  // namespace wengert::kernels
