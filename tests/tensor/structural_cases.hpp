/// The cases at which the structural primitives are tested: the samples of each, again and again with new operands
/// until there are a hundred.
#pragma once

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "tensor_helpers.hpp"
#include "wengert/autodiff/record/primitive.hpp"

namespace wengert::test {

struct StructuralCase {
  std::string text;
  const Primitive* primitive = nullptr;
  ops::Sample sample;
  bool f32 = false;         ///< an operand or the result is
  bool chooses = false;     ///< no derivative passes
  bool smooth = false;      ///< neither linear nor bilinear: differences have a truncation error
  bool decomposes = false;  ///< solves or decomposes: rounds in many steps, and not every matrix will do
  unsigned seed = 0;

  [[nodiscard]] Tensor operator()(std::span<const Tensor> x) const {
    return detail::record_tensor(*primitive, x, sample.attribute, std::source_location::current());
  }
  [[nodiscard]] Tensor operator()(std::initializer_list<Tensor> x) const {
    return (*this)(std::span(x.begin(), x.size()));
  }
};

/// Elements of 0.1 < |x| < 1 whose sizes differ by 0.4/n at least, so that a small step changes no order; in the dtype
/// of the type (f32 or f64).
inline Tensor separated_tensor(const Type& type, std::mt19937& random) {
  std::vector<double> values(static_cast<std::size_t>(type.shape.size()));
  std::uniform_real_distribution<double> within(0.0, 0.5);
  for (std::size_t k = 0; k < values.size(); ++k)
    values[k] = 0.1 + 0.9 * (static_cast<double>(k) + within(random)) / static_cast<double>(values.size());
  std::shuffle(values.begin(), values.end(), random);
  for (double& v : values) v *= random() % 2 == 0 ? 1.0 : -1.0;
  return convert(tensor(values, type.shape), type.dtype);
}

/// With what the sample adds to the diagonals of its matrices; to all elements of a matrix that is a single row.
inline Tensor with_diagonal(const Tensor& t, const ops::Sample& sample) {
  if (sample.diagonal == 0 && sample.growth == 0) return t;
  std::vector<double> values = t.to_vector();
  const auto rows = static_cast<std::size_t>(t.shape()[t.rank() - 2]),
             columns = static_cast<std::size_t>(t.shape()[t.rank() - 1]);
  for (std::size_t begin = 0; begin < values.size(); begin += rows * columns)
    for (std::size_t i = 0; i < (rows == 1 ? columns : std::min(rows, columns)); ++i)
      values[begin + i * (rows == 1 ? 1 : columns + 1)] += sample.diagonal + sample.growth * static_cast<double>(i);
  return convert(tensor(values, t.shape()), t.dtype());
}

/// Operands of a sample: separated real numbers, and positions with repetitions.
inline std::vector<Tensor> sample_operands(const ops::Sample& sample, std::mt19937& random) {
  std::vector<Tensor> x;
  for (const Type& type : sample.operands) {
    if (is_real(type.dtype)) {
      x.push_back(separated_tensor(type, random));
      if (x.size() == 1) x[0] = with_diagonal(x[0], sample);
      continue;
    }
    std::vector<std::int64_t> positions(static_cast<std::size_t>(type.shape.size()));
    for (std::int64_t& at : positions)
      at = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(sample.positions));
    x.push_back(tensor(positions, type.shape));
  }
  return x;
}

/// Directions for the real operands; zeros for the others.
inline std::vector<Tensor> sample_directions(const ops::Sample& sample, std::mt19937& random) {
  std::vector<Tensor> x;
  for (const Type& type : sample.operands)
    x.push_back(is_real(type.dtype) ? random_tensor(type, random) : zeros(type.shape, type.dtype));
  return x;
}

inline StructuralCase case_of(const Primitive& primitive, const ops::Sample& sample, unsigned seed) {
  StructuralCase c;
  c.text = primitive.name;
  c.f32 = primitive.type_rule(sample.operands, sample.attribute).dtype == Dtype::f32;
  for (const Type& type : sample.operands) {
    c.f32 = c.f32 || type.dtype == Dtype::f32;
    c.text += " " + to_string(type);
  }
  c.text += " " + graph::to_string(sample.attribute) + " seed " + std::to_string(seed);
  c.primitive = &primitive;
  c.sample = sample;
  c.seed = seed;
  return c;
}

/// Shapes, axes and places drawn at random; operands that fit.
class RandomSample {
 public:
  explicit RandomSample(std::mt19937& random) : random_(random) {}

  template <class P>
  ops::Sample of() {
    using namespace ops;
    Sample s{{real(shape())}, {}};
    const Shape x = s.operands[0].shape;
    if constexpr (std::is_same_v<P, Broadcast>) {
      std::vector<std::int64_t> to(below(3), 1);
      for (std::int64_t& extent : to) extent = below(4);
      Indices from;
      for (const std::int64_t extent : x) {
        from.push(below(2) == 0 ? 1 : extent);
        to.push_back(extent);
      }
      s = {{real(Shape(from))}, to};
    } else if constexpr (std::is_same_v<P, Reshape>) {
      s.attribute = std::vector<std::int64_t>{1, x.size()};
    } else if constexpr (std::is_same_v<P, Permute>) {
      std::vector<std::int64_t> axes(x.rank());
      for (std::size_t k = 0; k < axes.size(); ++k) axes[k] = static_cast<std::int64_t>(k);
      std::shuffle(axes.begin(), axes.end(), random_);
      s.attribute = axes;
    } else if constexpr (std::is_same_v<P, Slice> || std::is_same_v<P, Embed>) {
      std::vector<std::int64_t> first(x.rank()), second(x.rank()), step(x.rank());
      for (std::size_t k = 0; k < x.rank(); ++k) {
        step[k] = (below(2) == 0 ? 1 : -1) * (1 + below(3));
        if constexpr (std::is_same_v<P, Slice>) {
          first[k] = below(x[k] + 1);
          second[k] = below(x[k] + 1);
          if ((first[k] > second[k]) == (step[k] > 0)) std::swap(first[k], second[k]);
          if (step[k] < 0) --first[k], --second[k];
        } else {
          const std::int64_t reach = x[k] == 0 ? 0 : (x[k] - 1) * std::abs(step[k]) + 1, before = below(2);
          first[k] = reach + before + below(2);
          second[k] = step[k] > 0 ? before : before + reach - 1;
        }
      }
      first.insert(first.end(), second.begin(), second.end());
      first.insert(first.end(), step.begin(), step.end());
      s.attribute = first;
    } else if constexpr (std::is_same_v<P, Stack>) {
      s.operands.assign(static_cast<std::size_t>(1 + below(3)), s.operands[0]);
      s.attribute = below(static_cast<std::int64_t>(x.rank()) + 1);
    } else if constexpr (std::is_same_v<P, Concatenate>) {
      const Type some = real(shape(1));
      const std::int64_t axis = axis_of(some.shape);
      s = {{}, axis};
      for (std::int64_t k = 0; k <= below(3); ++k)
        s.operands.push_back({some.dtype, along(some.shape, axis, below(4))});
    } else if constexpr (std::is_same_v<P, Convert>) {
      s.attribute = std::string(below(2) == 0 ? "f32" : "f64");
    } else if constexpr (std::is_same_v<P, ToScalar>) {
      const Shape some = along(shape(1), 0, 1 + below(3));
      s = some.size() == 0 ? Sample{{real({3})}, std::int64_t{1}} : Sample{{real(some)}, below(some.size())};
    } else if constexpr (std::is_same_v<P, ToTensor>) {
      s = {{{Dtype::f64, {}}}, std::vector<std::int64_t>{below(6), below(2) == 0 ? 4 : 8, 2, 3}};
    } else if constexpr (std::is_same_v<P, Gather> || std::is_same_v<P, TakeAlong>) {
      const Type some = real(shape(1));
      const std::int64_t axis = axis_of(some.shape), extent = some.shape[static_cast<std::size_t>(axis)];
      Shape index = std::is_same_v<P, Gather> ? shape() : along(some.shape, axis, below(6));
      if (extent == 0)
        index = along(std::is_same_v<P, Gather> ? Shape{2, 2} : some.shape, std::is_same_v<P, Gather> ? 0 : axis, 0);
      s = {{some, {Dtype::i64, index}}, axis, extent};
    } else if constexpr (std::is_same_v<P, ScatterAdd>) {
      const std::int64_t first = below(static_cast<std::int64_t>(x.rank()) + 1);
      const std::int64_t count = below(static_cast<std::int64_t>(x.rank()) - first + 1), extent = 1 + below(4);
      const Shape index(x.extents().subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)));
      s = {{s.operands[0], {Dtype::i64, index}}, std::vector<std::int64_t>{first, extent}, extent};
    } else if constexpr (std::is_same_v<P, ScatterAddAlong>) {
      const Type some = real(shape(1));
      const std::int64_t extent = 1 + below(4);
      s = {{some, {Dtype::i64, some.shape}}, std::vector<std::int64_t>{axis_of(some.shape), extent}, extent};
    } else if constexpr (std::is_same_v<P, ArgMax> || std::is_same_v<P, ArgMin>) {
      const Shape some = shape(1);
      const std::int64_t axis = axis_of(some);
      s = {{real(along(some, axis, 1 + below(4)))}, axis};
    } else if constexpr (std::is_same_v<P, ArgSort> || std::is_same_v<P, CumSum>) {
      const Type some = real(shape(1));
      const std::int64_t axis = axis_of(some.shape), direction = below(2);
      std::vector<std::int64_t> numbers{axis, direction};
      if (std::is_same_v<P, ArgSort>) numbers.push_back(below(some.shape[static_cast<std::size_t>(axis)] + 1));
      s = {{some}, numbers};
    } else if constexpr (std::is_same_v<P, MatMul>) {
      const std::int64_t flags = below(4), m = below(4), n = below(4), k = below(4), batch = below(3);
      const auto matrices = [&](std::int64_t a, std::int64_t b) {
        return batch == 0 ? Shape{a, b} : batch == 1 ? Shape{2, a, b} : Shape{1, 2, a, b};
      };
      const Type a = real(flags % 2 != 0 ? matrices(k, m) : matrices(m, k));
      s = {{a, {a.dtype, flags / 2 != 0 ? matrices(n, k) : matrices(k, n)}}, flags};
    } else if constexpr (ConvolutionPrimitives::contains<P>) {
      s = convolution<P>();
    } else if constexpr (PoolingPrimitives::contains<P>) {
      s = pooling<P>();
    } else if constexpr (LinearAlgebraPrimitives::contains<P>) {
      const std::vector<Sample> samples = P::samples();
      s = samples[static_cast<std::size_t>(below(static_cast<std::int64_t>(samples.size())))];
    } else {
      static_assert(ReducingPrimitives::contains<P>, "a new primitive: how are its operands drawn?");
      Shape some = x;
      std::vector<std::int64_t> axes;
      for (std::size_t k = 0; k < x.rank(); ++k) {
        if (below(2) == 0) continue;
        axes.push_back(static_cast<std::int64_t>(k));
        if (some[k] == 0) some = along(some, axes.back(), 2);  // amax of no elements is an error
      }
      s = {{real(some)}, axes};
      if (std::is_same_v<P, TieShare>) s.operands.push_back({s.operands[0].dtype, without(some, axes)});
    }
    return s;
  }

 private:
  std::int64_t below(std::int64_t n) { return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(n)); }
  Type real(const Shape& shape) { return {below(4) == 0 ? Dtype::f32 : Dtype::f64, shape}; }
  /// Up to four axes, rarely of no elements.
  Shape shape(std::int64_t least_rank = 0) {
    Indices extents;
    const std::int64_t rank = least_rank + below(5 - least_rank);
    for (std::int64_t k = 0; k < rank; ++k) extents.push(below(12) == 0 ? 0 : 1 + below(3));
    return Shape(extents);
  }
  /// Strides, padding on each side, dilations and groups at random, extents that fit.
  template <class P>
  ops::Sample convolution() {
    std::vector<std::int64_t> how{1 + below(3), 1 + below(3), below(3),     below(3),     below(3),
                                  below(3),     1 + below(2), 1 + below(2), 1 + below(2), 0};
    const std::int64_t groups = how[8];
    const Shape weight{groups * below(3), below(3), 1 + below(3), 1 + below(3)};
    Indices input{below(3), groups * weight[1]};
    for (std::size_t axis = 0; axis < 2; ++axis) {
      const std::int64_t least = how[6 + axis] * (weight[2 + axis] - 1) + 1 - how[2 + 2 * axis] - how[3 + 2 * axis];
      input.push(std::max<std::int64_t>(0, least) + below(4));
      // Extent 0 with a padding that a window fits into is legal too.
    }
    const Type x = real(Shape(input)), w{x.dtype, weight};
    const Type operands[]{x, w};
    if constexpr (std::is_same_v<P, ops::Conv2d>) return {{x, w}, how};
    const Type g = ops::Conv2d::type(operands, how);
    if constexpr (std::is_same_v<P, ops::Conv2dByInput>) return {{g, w}, ops::convolution_attribute(how, 0, x.shape)};
    return {{x, g}, ops::convolution_attribute(how, 0, w.shape)};
  }
  /// Windows of any kind that hold an element each.
  template <class P>
  ops::Sample pooling() {
    std::vector<std::int64_t> n;
    Indices extents{below(3), 1 + below(2)}, counts{extents[0], extents[1]};
    for (std::size_t axis = 0; axis < 2; ++axis) {
      const std::int64_t extent = 1 + below(6), size = below(4), padding = size == 0 ? 0 : below(size / 2 + 1);
      const std::int64_t stride = size == 0 ? 1 : 1 + below(3);
      const std::int64_t dilation = size == 0 ? 1 : 1 + below(std::min<std::int64_t>(extent, 3));
      // As many as begin inside, or fewer.
      const std::int64_t count = size == 0 ? below(5) : below((extent + padding - 1) / stride + 2);
      n.insert(n.end(), {size, stride, padding, dilation, count});
      extents.push(extent);
      counts.push(count);
    }
    const Type x = real(Shape(extents));
    if constexpr (std::is_same_v<P, ops::MaxPool2dPositions>) return {{x}, n};
    n.push_back(below(3));
    if constexpr (std::is_same_v<P, ops::AvgPool2d>) return {{x}, n};
    n.insert(n.end(), {extents[2], extents[3]});
    return {{{x.dtype, Shape(counts)}}, n};
  }
  std::int64_t axis_of(const Shape& shape) { return below(static_cast<std::int64_t>(shape.rank())); }
  static Shape along(const Shape& shape, std::int64_t axis, std::int64_t extent) {
    Indices extents(shape.extents());
    extents[static_cast<std::size_t>(axis)] = extent;
    return Shape(extents);
  }

  std::mt19937& random_;
};

/// `least` cases or more for each primitive: all of its samples, equally often.
inline std::vector<StructuralCase> structural_cases(std::size_t least) {
  std::vector<StructuralCase> cases;
  unsigned seed = 1;
  ops::StructuralPrimitives::for_each([&]<class P> {
    const std::vector<ops::Sample> samples = P::samples();
    const std::size_t rounds = (least + samples.size() - 1) / samples.size();
    for (std::size_t round = 0; round < rounds; ++round)
      for (const ops::Sample& sample : samples) {
        StructuralCase c = case_of(PrimitiveOf<P>::record, sample, seed++);
        c.chooses = ops::ChoosingPrimitive<P>;
        c.smooth = ops::GeneralPrimitive<P, Tensor> && !ops::ProductPrimitives::contains<P> &&
                   !ops::ConvolutionPrimitives::contains<P>;
        c.decomposes = ops::LinearAlgebraPrimitives::contains<P> && !std::is_same_v<P, ops::Triangle>;
        cases.push_back(c);
      }
  });
  return cases;
}

/// As many for each, with shapes and attributes at random.
inline std::vector<StructuralCase> random_cases(std::size_t count) {
  std::vector<StructuralCase> cases;
  std::mt19937 random(4711);
  RandomSample sample(random);
  ops::StructuralPrimitives::for_each([&]<class P> {
    for (std::size_t k = 0; k < count; ++k) {
      StructuralCase c = case_of(PrimitiveOf<P>::record, sample.of<P>(), static_cast<unsigned>(k));
      c.chooses = ops::ChoosingPrimitive<P>;
      c.decomposes = ops::LinearAlgebraPrimitives::contains<P> && !std::is_same_v<P, ops::Triangle>;
      cases.push_back(c);
    }
  });
  return cases;
}

}  // namespace wengert::test
