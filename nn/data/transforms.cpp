#include "wengert/nn/data/transforms.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

namespace wengert::nn {
namespace {

// Streams of a loader's random numbers: "flip" and "shift" in ASCII.
constexpr std::uint64_t flip_stream = 0x666c6970ULL, shift_stream = 0x7368696674ULL;

[[noreturn]] void refuse(const char* operation, std::string problem, std::string expected, std::source_location where) {
  throw ArgumentError{{.operation = operation,
                       .operands = {},
                       .problem = std::move(problem),
                       .expected = std::move(expected),
                       .where = where,
                       .hint = {}}};
}

// Calls change(example, planes, height, width, span of the example's elements) for every example of a copy of x.
template <class Change>
Tensor changed(const Tensor& x, const char* operation, std::source_location where, const Change& change) {
  if (x.rank() < 3) {
    throw ShapeError{{.operation = operation,
                      .operands = {to_string(x.type())},
                      .problem = "x is " + to_string(x.type()),
                      .expected = "[n, ..., height, width]",
                      .where = where,
                      .hint = {}}};
  }
  Array result = Array::zeros(x.type());
  if (x.size() == 0) return Tensor(std::move(result));
  const Array from = x.value().dense();
  const auto height = static_cast<std::size_t>(x.shape()[x.rank() - 2]),
             width = static_cast<std::size_t>(x.shape()[x.rank() - 1]);
  const auto examples = static_cast<std::size_t>(x.shape()[0]);
  with_element_type(x.dtype(), [&]<class T>(std::type_identity<T>) {
    const auto old = from.data<T>();
    const auto to = result.mutable_data<T>();
    const std::size_t size = old.size() / examples;
    for (std::size_t k = 0; k < examples; ++k) {
      change(k, height, width, old.subspan(k * size, size), to.subspan(k * size, size));
    }
  });
  return Tensor(std::move(result));
}

std::uint64_t key(Positions positions, std::size_t k) { return static_cast<std::uint64_t>(positions[k]); }

}  // namespace

Variation flipped_at_random(double probability, std::source_location where) {
  if (!(probability >= 0 && probability <= 1)) {
    refuse("flipped_at_random", "probability " + to_string(Array::scalar(probability)), "0 <= probability <= 1", where);
  }
  return [probability, where](Batch batch, Positions positions, const Random& random) {
    const Random stream = random.child(flip_stream);
    const auto flip = [&](std::size_t k, std::size_t, std::size_t width, auto old, auto to) {
      std::copy(old.begin(), old.end(), to.begin());
      Random numbers = stream.child(key(positions, k));
      if (numbers.uniform() >= probability) return;
      for (std::size_t row = 0; row < to.size(); row += width) {
        std::reverse(to.begin() + static_cast<std::ptrdiff_t>(row),
                     to.begin() + static_cast<std::ptrdiff_t>(row + width));
      }
    };
    batch.x = changed(batch.x, "flipped_at_random", where, flip);
    return batch;
  };
}

Variation shifted_at_random(std::int64_t most, double fill, std::source_location where) {
  if (most < 0 || most > (std::int64_t{1} << 31)) {
    refuse("shifted_at_random", "most is " + std::to_string(most), "0 <= most <= 2^31", where);
  }
  return [most, fill, where](Batch batch, Positions positions, const Random& random) {
    const Random stream = random.child(shift_stream);
    const auto shift = [&](std::size_t k, std::size_t height, std::size_t width, auto old, auto to) {
      using Element = typename decltype(to)::value_type;
      if (fill != 0) std::fill(to.begin(), to.end(), static_cast<Element>(fill));
      Random numbers = stream.child(key(positions, k));
      const std::int64_t down = numbers.below(2 * most + 1) - most, right = numbers.below(2 * most + 1) - most;
      const auto h = static_cast<std::int64_t>(height), w = static_cast<std::int64_t>(width);
      const auto at = [w](std::int64_t row, std::int64_t column) { return static_cast<std::size_t>(row * w + column); };
      for (std::size_t plane = 0; plane < to.size(); plane += height * width) {
        for (std::int64_t row = std::max<std::int64_t>(0, down); row < std::min(h, h + down); ++row) {
          for (std::int64_t column = std::max<std::int64_t>(0, right); column < std::min(w, w + right); ++column) {
            to[plane + at(row, column)] = old[plane + at(row - down, column - right)];
          }
        }
      }
    };
    batch.x = changed(batch.x, "shifted_at_random", where, shift);
    return batch;
  };
}

}  // namespace wengert::nn
