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
  bool f32 = false;      ///< an operand or the result is
  bool chooses = false;  ///< no derivative passes
  bool smooth = false;   ///< neither linear nor bilinear: differences have a truncation error
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

/// Operands of a sample: separated real numbers, and positions with repetitions.
inline std::vector<Tensor> sample_operands(const ops::Sample& sample, std::mt19937& random) {
  std::vector<Tensor> x;
  for (const Type& type : sample.operands) {
    if (is_real(type.dtype)) {
      x.push_back(separated_tensor(type, random));
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

/// `least` cases or more for each primitive: all of its samples, equally often.
inline std::vector<StructuralCase> structural_cases(std::size_t least) {
  std::vector<StructuralCase> cases;
  unsigned seed = 1;
  ops::StructuralPrimitives::for_each([&]<class P> {
    const std::vector<ops::Sample> samples = P::samples();
    const std::size_t rounds = (least + samples.size() - 1) / samples.size();
    for (std::size_t round = 0; round < rounds; ++round)
      for (const ops::Sample& sample : samples) {
        StructuralCase c;
        c.text = P::name;
        const Type result = P::type(sample.operands, sample.attribute);
        c.f32 = result.dtype == Dtype::f32;
        for (const Type& type : sample.operands) {
          c.f32 = c.f32 || type.dtype == Dtype::f32;
          c.text += " " + to_string(type);
        }
        c.text += " " + graph::to_string(sample.attribute) + " seed " + std::to_string(seed);
        c.primitive = &PrimitiveOf<P>::record;
        c.sample = sample;
        c.chooses = ops::ChoosingPrimitive<P>;
        c.smooth = ops::GeneralPrimitive<P, Tensor> && !ops::ProductPrimitives::contains<P>;
        c.seed = seed++;
        cases.push_back(c);
      }
  });
  return cases;
}

}  // namespace wengert::test
