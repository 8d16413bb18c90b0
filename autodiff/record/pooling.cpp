// The front functions of pooling: they read the options, make items and a second axis where there are none, and record.
#include "wengert/autodiff/record/pooling.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/autodiff/record/tensor_functions.hpp"
#include "wengert/autodiff/record/tensor_indexing.hpp"
#include "wengert/autodiff/record/window_options.hpp"

namespace wengert {

using namespace detail;

namespace {

using Numbers = std::vector<std::int64_t>;

/// How many windows there are along an axis; below 1 if they do not fit. As PyTorch counts.
std::int64_t count_of(std::int64_t extent, std::int64_t size, std::int64_t stride, std::int64_t padding,
                      std::int64_t dilation, bool ceil_mode) {
  std::int64_t reach = 0, around = 0, room = 0;
  if (__builtin_mul_overflow(size - 1, dilation, &reach) || __builtin_add_overflow(padding, padding, &around) ||
      __builtin_add_overflow(extent, around, &room))
    return 0;
  room -= reach + 1;  // of the starts
  if (ceil_mode && __builtin_add_overflow(room, stride - 1, &room)) return 0;
  if (room < 0) return 0;
  const std::int64_t count = room / stride + 1;
  // The last window starts inside the input or the padding before it.
  return ceil_mode && (count - 1) * stride >= extent + padding ? count - 1 : count;
}

/// The attribute of the primitives for [N, C, rows, columns], without a divisor.
Numbers windows_of(const WindowOptions& options, const Shape& x, const Indices& window, const Pooling& how) {
  if (window.size() == 0) options.refuse_option("no size of the window", "one number, or one for each axis");
  const auto sizes = options.for_axes("window", window, 1, 1);
  const auto strides = how.stride.size() == 0 ? sizes : options.for_axes("stride", how.stride, 1, 1);
  const auto dilations = options.for_axes("dilation", how.dilation, 1, 1);
  const auto padding = options.for_axes("padding", how.padding, 0, 0);
  Numbers n;
  for (std::size_t axis = 0; axis < 2; ++axis) {
    // In one dimension the numbers for the rows are as for no window.
    const bool rows_only = options.axes == 1 && axis == 0;
    const std::int64_t before = rows_only ? 0 : padding[axis], extent = x[2 + axis];
    const std::int64_t count =
        count_of(extent, sizes[axis], strides[axis], before, dilations[axis], how.ceil_mode && !rows_only);
    if (before > sizes[axis] / 2)
      options.refuse_option("padding " + std::to_string(before) + " for a window of " + std::to_string(sizes[axis]),
                            "half of the window at most");
    if (count < 1)
      refuse<ShapeError>(options.operation, options.operands,
                         "a window of " + std::to_string(sizes[axis]) +
                             (dilations[axis] == 1 ? "" : " with dilation " + std::to_string(dilations[axis])),
                         "one that is not larger than " + std::to_string(extent) + " elements with " +
                             std::to_string(before) + " of padding on both sides",
                         options.where);
    n.insert(n.end(), {sizes[axis], strides[axis], before, dilations[axis], count});
  }
  return n;
}

/// The same for windows that divide the axes.
Numbers adaptive_windows_of(const WindowOptions& options, const Shape& x, const Indices& size) {
  bool good = size.size() == 1 || size.size() == options.axes;
  for (const std::int64_t n : size) good = good && n >= -1;
  if (!good)
    options.refuse_option("size " + to_string(size),
                          std::string(options.axes == 1 ? "one number" : "one number, or one for each axis") +
                              ", 0 or more, or -1 to keep the extent");
  Numbers n;
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const std::int64_t wanted = options.axes == 1 && axis == 0 ? -1 : size[size.size() == 1 ? 0 : axis];
    n.insert(n.end(), {0, 1, 0, 1, wanted == -1 ? x[2 + axis] : wanted});
  }
  return n;
}

/// The largest elements of [N, C, H, W] and their positions, each as `options` narrows it.
Pooled largest(const WindowOptions& options, const Tensor& x, const Numbers& windows) {
  const Tensor positions = record_one<ops::MaxPool2dPositions>(x, windows, options.where);
  const Shape &from = x.shape(), &to = positions.shape();
  const std::int64_t planes = from[0] * from[1];
  const Tensor values =
      take_along(reshape(x, Shape({planes, from[2] * from[3]}, options.where), options.where),
                 reshape(positions, Shape({planes, to[2] * to[3]}, options.where), options.where), 1, options.where);
  return {options.narrowed(reshape(values, to, options.where)), options.narrowed(positions)};
}

template <class F>
auto on_planes(const WindowOptions& options, const F& f) {
  Stream* const s = stream_of(options.operands, options.operation, options.where);
  options.want_input();
  return all_or_nothing(s, [&] { return f(options.widened()); });
}

Pooled max_pool(std::string_view operation, std::size_t axes, const Tensor& x, const Indices& window,
                const Pooling& how, std::source_location where) {
  const WindowOptions options{operation, axes, std::span(&x, 1), where};
  if (!how.count_include_pad || how.divisor != 0)
    options.refuse_option(how.divisor != 0 ? "a divisor" : "count_include_pad = false",
                          "none: it is of average pooling");
  return on_planes(options, [&](const Tensor& planes) {
    return largest(options, planes, windows_of(options, planes.shape(), window, how));
  });
}

Tensor avg_pool(std::string_view operation, std::size_t axes, const Tensor& x, const Indices& window,
                const Pooling& how, std::source_location where) {
  const WindowOptions options{operation, axes, std::span(&x, 1), where};
  if (how.dilation.size() != 0)
    options.refuse_option("dilation " + to_string(how.dilation), "none: it is of max pooling");
  if (how.divisor < 0) options.refuse_option("divisor " + std::to_string(how.divisor), "1 or more, or 0 for none");
  return on_planes(options, [&](const Tensor& planes) {
    Numbers n = windows_of(options, planes.shape(), window, how);
    n.push_back(static_cast<std::int64_t>(how.divisor > 0         ? ops::PoolDivisor::one
                                          : how.count_include_pad ? ops::PoolDivisor::padded
                                                                  : ops::PoolDivisor::inside));
    const Tensor means = record_one<ops::AvgPool2d>(planes, n, where);
    return options.narrowed(how.divisor > 0 ? elementwise<ops::Div>(means, static_cast<double>(how.divisor), where)
                                            : means);
  });
}

Tensor adaptive_avg_pool(std::string_view operation, std::size_t axes, const Tensor& x, const Indices& size,
                         std::source_location where) {
  const WindowOptions options{operation, axes, std::span(&x, 1), where};
  return on_planes(options, [&](const Tensor& planes) {
    Numbers n = adaptive_windows_of(options, planes.shape(), size);
    n.push_back(static_cast<std::int64_t>(ops::PoolDivisor::inside));
    return options.narrowed(record_one<ops::AvgPool2d>(planes, n, where));
  });
}

Tensor adaptive_max_pool(std::string_view operation, std::size_t axes, const Tensor& x, const Indices& size,
                         std::source_location where) {
  const WindowOptions options{operation, axes, std::span(&x, 1), where};
  return on_planes(options, [&](const Tensor& planes) {
    return largest(options, planes, adaptive_windows_of(options, planes.shape(), size)).values;
  });
}

}  // namespace

Pooled max_pool2d_with_positions(const Tensor& x, const Indices& window, const Pooling& how,
                                 std::source_location where) {
  return max_pool("max_pool2d", 2, x, window, how, where);
}
Tensor max_pool2d(const Tensor& x, const Indices& window, const Pooling& how, std::source_location where) {
  return max_pool("max_pool2d", 2, x, window, how, where).values;
}
Tensor avg_pool2d(const Tensor& x, const Indices& window, const Pooling& how, std::source_location where) {
  return avg_pool("avg_pool2d", 2, x, window, how, where);
}
Tensor adaptive_avg_pool2d(const Tensor& x, const Indices& size, std::source_location where) {
  return adaptive_avg_pool("adaptive_avg_pool2d", 2, x, size, where);
}
Tensor adaptive_max_pool2d(const Tensor& x, const Indices& size, std::source_location where) {
  return adaptive_max_pool("adaptive_max_pool2d", 2, x, size, where);
}

Pooled max_pool1d_with_positions(const Tensor& x, const Indices& window, const Pooling& how,
                                 std::source_location where) {
  return max_pool("max_pool1d", 1, x, window, how, where);
}
Tensor max_pool1d(const Tensor& x, const Indices& window, const Pooling& how, std::source_location where) {
  return max_pool("max_pool1d", 1, x, window, how, where).values;
}
Tensor avg_pool1d(const Tensor& x, const Indices& window, const Pooling& how, std::source_location where) {
  return avg_pool("avg_pool1d", 1, x, window, how, where);
}
Tensor adaptive_avg_pool1d(const Tensor& x, const Indices& size, std::source_location where) {
  return adaptive_avg_pool("adaptive_avg_pool1d", 1, x, size, where);
}
Tensor adaptive_max_pool1d(const Tensor& x, const Indices& size, std::source_location where) {
  return adaptive_max_pool("adaptive_max_pool1d", 1, x, size, where);
}

// --- What the rules are written in ----------------------------------------------------------------------------------

Tensor avg_pool2d_exactly(const Tensor& x, const graph::Attribute& windows) {
  return record_one<ops::AvgPool2d>(x, windows, {});
}
Tensor avg_pool2d_transposed(const Tensor& g, const graph::Attribute& windows) {
  return record_one<ops::AvgPool2dTransposed>(g, windows, {});
}

}  // namespace wengert
