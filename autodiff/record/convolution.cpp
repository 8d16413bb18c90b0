// The front functions of convolution: they read the options, make items and a second axis where there are none, and
// record.
#include "wengert/autodiff/record/convolution.hpp"

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

template <class P>
Tensor record_two(const Tensor& a, const Tensor& b, graph::Attribute how, std::source_location where) {
  const Tensor both[]{a, b};
  return record_tensor(PrimitiveOf<P>::record, both, std::move(how), where);
}

/// The attribute of the primitives but for extents.
std::vector<std::int64_t> numbers_of(const WindowOptions& options, const Convolution& how) {
  const auto strides = options.for_axes("stride", how.stride, 1, 1),
             dilations = options.for_axes("dilation", how.dilation, 1, 1);
  const auto padding = options.around(how.padding);
  if (how.groups < 1) options.refuse_option("groups " + std::to_string(how.groups), "1 or more");
  return {strides[0], strides[1],   padding[0],   padding[1], padding[2],
          padding[3], dilations[0], dilations[1], how.groups, 0};
}

/// f(x, w) of [N, C, H, W] and [O, C, kh, kw].
template <class F>
Tensor as_two_axes(const WindowOptions& options, const F& f) {
  Stream* const s = stream_of(options.operands, options.operation, options.where);
  options.want_input();
  options.want_weight();
  return all_or_nothing(s, [&] { return options.narrowed(f(options.widened(), options.widened_weight())); });
}

Tensor convolve(std::string_view operation, std::size_t axes, const Tensor& x, const Tensor& w, const Convolution& how,
                std::source_location where) {
  const Tensor both[]{x, w};
  const WindowOptions options{operation, axes, both, where};
  const std::vector<std::int64_t> numbers = numbers_of(options, how);
  if (how.output_padding.size() != 0)
    options.refuse_option("output padding " + to_string(how.output_padding), "none: it is of transposed convolutions");
  return as_two_axes(options, [&](const Tensor& input, const Tensor& weight) {
    return record_two<ops::Conv2d>(input, weight, numbers, where);
  });
}

Tensor convolve_transposed(std::string_view operation, std::size_t axes, const Tensor& x, const Tensor& w,
                           const Convolution& how, std::source_location where) {
  const Tensor both[]{x, w};
  const WindowOptions options{operation, axes, both, where};
  std::vector<std::int64_t> numbers = numbers_of(options, how);
  const auto more = options.for_axes("output padding", how.output_padding, 0, 0);
  return as_two_axes(options, [&](const Tensor& input, const Tensor& weight) {
    const std::int64_t channels = input.shape()[1];
    if (weight.shape()[0] != channels || channels % how.groups != 0)
      refuse<ShapeError>(operation, both,
                         "operand 1 has " + to_string(w.type()) +
                             (how.groups == 1 ? "" : ", in " + std::to_string(how.groups) + " groups"),
                         std::to_string(channels) + " on its first axis, to go with " + to_string(x.type()) +
                             (how.groups == 1 ? "" : ", and a number of groups that divides it"),
                         where);
    for (std::size_t axis = 0; axis < 2; ++axis) {
      const std::int64_t stride = numbers[axis];
      if (more[axis] >= stride)
        options.refuse_option("output padding " + std::to_string(more[axis]) + " with stride " + std::to_string(stride),
                              "less than the stride");
      // (extent - 1)·stride + dilation·(window - 1) + 1 + more - padding
      const std::int64_t extent = input.shape()[2 + axis], window = weight.shape()[2 + axis];
      std::int64_t steps = 0, reach = 0, result = 0;
      const bool overflow = __builtin_mul_overflow(extent - 1, stride, &steps) ||
                            __builtin_mul_overflow(window - 1, numbers[6 + axis], &reach) ||
                            __builtin_add_overflow(steps, reach, &result) ||
                            __builtin_add_overflow(result, 1 + more[axis], &result) ||
                            __builtin_sub_overflow(result, numbers[2 + 2 * axis], &result) ||
                            __builtin_sub_overflow(result, numbers[3 + 2 * axis], &result);
      if (overflow || result < 1 || extent < 1 || window < 1)
        refuse<ShapeError>(operation, both,
                           "operands " + to_string(x.type()) + " and " + to_string(w.type()) + " with padding " +
                               std::to_string(numbers[2 + 2 * axis]) + "," + std::to_string(numbers[3 + 2 * axis]),
                           "a result of one element at least along each axis", where);
      numbers.push_back(result);
    }
    return record_two<ops::Conv2dByInput>(input, weight, numbers, where);
  });
}

}  // namespace

Tensor conv2d(const Tensor& x, const Tensor& w, const Convolution& how, std::source_location where) {
  return convolve("conv2d", 2, x, w, how, where);
}
Tensor conv1d(const Tensor& x, const Tensor& w, const Convolution& how, std::source_location where) {
  return convolve("conv1d", 1, x, w, how, where);
}
Tensor conv_transpose2d(const Tensor& x, const Tensor& w, const Convolution& how, std::source_location where) {
  return convolve_transposed("conv_transpose2d", 2, x, w, how, where);
}
Tensor conv_transpose1d(const Tensor& x, const Tensor& w, const Convolution& how, std::source_location where) {
  return convolve_transposed("conv_transpose1d", 1, x, w, how, where);
}

// --- Columns --------------------------------------------------------------------------------------------------------

namespace {

/// Where windows lie in a padded input.
struct Windows {
  std::array<std::int64_t, 2> extent, padded, places;  // of the input, with padding, of the windows
  std::array<std::int64_t, 4> around;
  /// Positions in the flattened padded input, for each element of the window, for each place.
  std::vector<std::int64_t> positions;

  Windows(const WindowOptions& options, std::array<std::int64_t, 2> size, const Indices& window, const Convolution& how)
      : extent(size), padded{}, places{}, around(options.around(how.padding)) {
    if (window.size() == 0) options.refuse_option("no size of the window", "one number, or one for each axis");
    if (how.groups != 1 || how.output_padding.size() != 0)
      options.refuse_option(how.groups != 1 ? "groups" : "output padding", "none: they are of convolutions");
    const auto sizes = options.for_axes("window", window, 1, 1), strides = options.for_axes("stride", how.stride, 1, 1);
    const auto dilations = options.for_axes("dilation", how.dilation, 1, 1);
    for (std::size_t axis = 0; axis < 2; ++axis) {
      std::int64_t more = 0;
      if (!__builtin_add_overflow(around[2 * axis], around[2 * axis + 1], &more) &&
          !__builtin_add_overflow(extent[axis], more, &padded[axis]))
        places[axis] = ops::places_of_window(extent[axis], more, sizes[axis], strides[axis], dilations[axis]);
      if (places[axis] < 1)
        refuse<ShapeError>(options.operation, options.operands, "a window of " + std::to_string(sizes[axis]),
                           "one that is not larger than " + std::to_string(extent[axis]) + " elements with padding " +
                               std::to_string(around[2 * axis]) + " and " + std::to_string(around[2 * axis + 1]),
                           options.where);
    }
    for (std::int64_t i = 0; i < sizes[0]; ++i)
      for (std::int64_t j = 0; j < sizes[1]; ++j)
        for (std::int64_t p = 0; p < places[0]; ++p)
          for (std::int64_t q = 0; q < places[1]; ++q)
            positions.push_back((p * strides[0] + i * dilations[0]) * padded[1] + q * strides[1] + j * dilations[1]);
  }
  [[nodiscard]] Tensor index() const { return tensor(positions, Shape{static_cast<std::int64_t>(positions.size())}); }
};

}  // namespace

Tensor unfold(const Tensor& x, const Indices& window, const Convolution& how, std::source_location where) {
  const WindowOptions options{"unfold", 2, std::span(&x, 1), where};
  Stream* const s = stream_of(options.operands, options.operation, where);
  options.want_input();
  return all_or_nothing(s, [&] {
    const Tensor planes = options.widened();
    const Shape& shape = planes.shape();
    const Windows windows(options, {shape[2], shape[3]}, window, how);
    const Tensor padded = pad(planes, {0, 0, windows.around[0], windows.around[2]},
                              {0, 0, windows.around[1], windows.around[3]}, 0.0, where);
    const Tensor flat =
        reshape(padded, Shape({shape[0], shape[1], windows.padded[0] * windows.padded[1]}, where), where);
    const std::int64_t places = windows.places[0] * windows.places[1];
    Indices extents{shape[0], shape[1] * static_cast<std::int64_t>(windows.positions.size()) / places, places};
    if (x.rank() == 3) extents = {extents[1], extents[2]};
    return reshape(gather(flat, windows.index(), 2, where), Shape(extents, where), where);
  });
}

Tensor fold(const Tensor& columns, const Indices& size, const Indices& window, const Convolution& how,
            std::source_location where) {
  const WindowOptions options{"fold", 2, std::span(&columns, 1), where};
  Stream* const s = stream_of(options.operands, options.operation, where);
  if (size.size() == 0) options.refuse_option("no size of the result", "one number, or one for each axis");
  const Windows windows(options, options.for_axes("size", size, 1, 1), window, how);
  const auto seen = static_cast<std::int64_t>(windows.positions.size());
  const std::int64_t places = windows.places[0] * windows.places[1], elements = seen / places;
  const std::size_t rank = columns.rank();
  if ((rank != 2 && rank != 3) || columns.shape()[rank - 1] != places || columns.shape()[rank - 2] % elements != 0)
    refuse<ShapeError>("fold", options.operands, "operand 0 has " + to_string(columns.type()),
                       "[items, channels·" + std::to_string(elements) + ", " + std::to_string(places) +
                           "], or no items: a column for each place of the window",
                       where);
  return all_or_nothing(s, [&] {
    const std::int64_t items = rank == 3 ? columns.shape()[0] : 1, channels = columns.shape()[rank - 2] / elements;
    const Tensor flat = scatter_add(reshape(columns, Shape({items, channels, seen}, where), where), windows.index(),
                                    windows.padded[0] * windows.padded[1], 2, where);
    const Tensor padded = reshape(flat, Shape({items, channels, windows.padded[0], windows.padded[1]}, where), where);
    const Tensor planes = slice(
        padded, {0, 0, windows.around[0], windows.around[2]},
        {items, channels, windows.around[0] + windows.extent[0], windows.around[2] + windows.extent[1]}, {}, where);
    if (rank == 3) return planes;
    return reshape(planes, Shape({channels, windows.extent[0], windows.extent[1]}, where), where);
  });
}

// --- What the rules are written in ----------------------------------------------------------------------------------

Tensor conv2d_exactly(const Tensor& x, const Tensor& w, const graph::Attribute& how) {
  return record_two<ops::Conv2d>(x, w, how, {});
}
Tensor conv2d_by_input(const Tensor& g, const Tensor& w, const graph::Attribute& how) {
  return record_two<ops::Conv2dByInput>(g, w, how, {});
}
Tensor conv2d_by_weight(const Tensor& x, const Tensor& g, const graph::Attribute& how) {
  return record_two<ops::Conv2dByWeight>(x, g, how, {});
}

}  // namespace wengert
