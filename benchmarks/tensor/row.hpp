// What is measured of one primitive at one size, and how it becomes JSON.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wengert/autodiff/autodiff.hpp"
#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/benchmarks/tensor/stopwatch.hpp"

namespace tensor_benchmark {

using namespace wengert;

struct Row {
  std::string_view primitive;
  Dtype dtype{};
  std::int64_t elements = 0;  ///< of the largest of operands and result
  double bytes_forward = 0,
         bytes_backward = 0;  ///< that must be read or written: operands and result; those and adjoints
  Time forward;               ///< on constants: checked, allocated, computed
  Time record;                ///< in a recording (its memory kept), and summed up
  Time reverse;               ///< the backward sweep from that sum
  Time bare_forward;          ///< the kernel, on buffers that are there
  Time bare_backward;         ///< likewise, what a cotangent contributes to every operand
};

[[nodiscard]] std::string to_json(const Row& row);

/// The bare kernels of a row; empty where there is nothing to compare with.
struct Bare {
  std::function<void()> forward, backward;
};

/// Times all of it, in turn.
[[nodiscard]] Row measure(const Primitive& primitive, std::span<const Tensor> operands,
                          const graph::Attribute& attribute, const Bare& bare, const Settings& settings);

// The two families of rows; `sizes` in elements.
void measure_elementwise(const std::vector<std::int64_t>& sizes, const Settings& settings, std::string_view only,
                         const std::function<void(const Row&)>& done);
void measure_structural(const std::vector<std::int64_t>& sizes, const Settings& settings, std::string_view only,
                        const std::function<void(const Row&)>& done);

}  // namespace tensor_benchmark
