// run_batch: any program, sample after sample.
#pragma once

#include <cstdint>
#include <source_location>
#include <span>
#include <vector>

#include "wengert/autodiff/exec/program.hpp"

namespace wengert {

/// The samples of one input, stacked along a first axis: [n, …].
struct Stack {
  std::size_t input = 0;
  Tensor samples;
};

/// Runs the program once for each of n samples, in their order, and gives its outputs, the samples stacked likewise.
///
/// Inputs that are not among the stacks are what the workspace holds (Workspace::set). States go on from sample to
/// sample, so that an epoch of a training step is one call. A program of numbers whose inputs are all stacked runs its
/// samples side by side (Program::run_batch).
///
/// failed[i] becomes 1 for the samples at which a guard fails, whose outputs mean nothing and which change no state,
/// and 0 for the rest; without `failed` they throw GuardFailed. Throws ArgumentError for no stack, two of one input or
/// of an input that there is not, another number of `failed`, an input that was never given; ShapeError, DtypeError for
/// samples that are not of the input's type, or of different numbers; what an operation throws, with its line.
[[nodiscard]] std::vector<Tensor> run_batch(const Program& program, Program::Workspace& w,
                                            std::span<const Stack> stacks, std::span<std::uint8_t> failed = {},
                                            std::source_location where = std::source_location::current());

}  // namespace wengert
