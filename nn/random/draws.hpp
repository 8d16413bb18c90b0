// Draws: tensors of random numbers that were drawn while a step was recorded, so that a program can run the step with
// other ones. Each is a variable of the recording; draw_again gives what the same call draws at another step.
//
//     detail::Draws draws{.recording = &recording};
//     Pass pass = Pass::recorded(Random(seed).child(step), draws);
//     …                                                              // layers call pass.random().keep(…)
//     Array mask = detail::draw_again(draws.list[0], Random(seed).child(another_step));
#pragma once

#include <cstdint>
#include <vector>

#include "wengert/nn/random/random.hpp"

namespace wengert::nn::detail {

/// A call that filled a tensor, at `position` of the stream.
struct Draw {
  enum class Kind : std::uint8_t { uniform, normal, keep };
  Kind kind{};
  Type type{};
  double first = 0, second = 0;  ///< low and high; mean and deviation; the probability
  std::uint64_t position = 0;
  Tensor variable{};
};

struct Draws {
  Recording* recording = nullptr;
  std::vector<Draw> list{};
  bool others = false;  ///< something else was drawn: a number, or from a child; that cannot be drawn again
};

/// What `draw` gives with the numbers of another stream.
[[nodiscard]] Array draw_again(const Draw& draw, const Random& random);

/// A Random whose tensors become variables in `draws`, which outlives it.
[[nodiscard]] Random recorded(const Random& random, Draws& draws) noexcept;

}  // namespace wengert::nn::detail
