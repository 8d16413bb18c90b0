// The distributions. Bits become numbers in chunks of blocks: words in four rows (philox.cpp), then plain loops over
// rows that compilers turn into vector code. -ffp-contract=off makes all versions give the same bits.
#include "wengert/nn/random/random.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <string>

#include "wengert/nn/random/blocks.hpp"
#include "wengert/nn/random/draws.hpp"

namespace wengert::nn {
namespace {

using detail::chunk_blocks;
using detail::Draw;
using detail::Words;

[[noreturn]] void refuse(const char* operation, std::string problem, std::string expected, std::source_location where) {
  throw ArgumentError{{.operation = std::string("Random::") + operation,
                       .operands = {},
                       .problem = std::move(problem),
                       .expected = std::move(expected),
                       .where = where,
                       .hint = {}}};
}

void check_dtype(const char* operation, Dtype dtype, bool boolean_too, std::source_location where) {
  if (is_real(dtype) || (boolean_too && dtype == Dtype::boolean)) return;
  throw DtypeError{{.operation = std::string("Random::") + operation,
                    .operands = {},
                    .problem = "dtype " + std::string(to_string(dtype)),
                    .expected = boolean_too ? "f32, f64 or bool" : "f32 or f64",
                    .where = where,
                    .hint = {}}};
}

std::string text(double x) { return to_string(Array::scalar(x)); }

std::uint64_t first_block(std::uint64_t position) { return position / 4 + (position % 4 != 0 ? 1 : 0); }

// Calls body(words, first element, elements) for chunk after chunk, and moves the state behind the last block.
template <class Body>
void fill(Random::State& state, std::int64_t size, std::int64_t elements_per_block, const Body& body) {
  constexpr auto most_blocks = static_cast<std::int64_t>(chunk_blocks);
  Words words;
  std::uint64_t block = first_block(state.position);
  for (std::int64_t done = 0; done < size;) {
    const std::int64_t elements = std::min(size - done, most_blocks * elements_per_block);
    const std::int64_t blocks = (elements + elements_per_block - 1) / elements_per_block;
    detail::philox_blocks(state.seed, state.stream, block, static_cast<std::size_t>(blocks), words);
    body(words, done, elements);
    block += static_cast<std::uint64_t>(blocks);
    done += elements;
  }
  state.position = block * 4;
}

std::uint64_t word64(std::uint32_t low, std::uint32_t high) { return low | std::uint64_t{high} << 32U; }

}  // namespace

Random Random::from(const State& state) noexcept {
  Random result;
  result.state_ = state;
  return result;
}

Random Random::child(std::uint64_t stream) const noexcept {
  // A hash by the same bijection, under a key that is not the seed's: the fraction of the golden ratio apart.
  const std::uint64_t key = state_.seed + 0x9e3779b97f4a7c15ULL;
  const auto half = [](std::uint64_t x, unsigned shift) { return static_cast<std::uint32_t>(x >> shift); };
  const auto words =
      detail::philox({half(stream, 0), half(stream, 32), half(state_.stream, 0), half(state_.stream, 32)},
                     {half(key, 0), half(key, 32)});
  Random result = from({state_.seed, word64(words[0], words[1]), 0});
  result.draws_ = draws_;
  result.stream_ = stream_;
  return result;
}

void Random::drew_something_else() noexcept {
  if (draws_ != nullptr) draws_->others = true;
}

Tensor Random::drawn(Array elements, detail::Draw draw, std::source_location where) {
  if (draws_ == nullptr) return Tensor(std::move(elements));
  if (state_.stream != stream_) {
    drew_something_else();
    return Tensor(std::move(elements));
  }
  draw.type = elements.type();
  draw.variable = draws_->recording->variable(Tensor(std::move(elements)), "random numbers", where);
  draws_->list.push_back(draw);
  return draw.variable;
}

std::uint32_t Random::bits() noexcept {
  drew_something_else();
  const std::uint64_t block = state_.position / 4;
  if (block != block_) {
    const auto half = [](std::uint64_t x, unsigned shift) { return static_cast<std::uint32_t>(x >> shift); };
    words_ = detail::philox({half(block, 0), half(block, 32), half(state_.stream, 0), half(state_.stream, 32)},
                            {half(state_.seed, 0), half(state_.seed, 32)});
    block_ = block;
  }
  return words_[state_.position++ % 4];
}

double Random::uniform() noexcept {
  const std::uint32_t a = bits(), b = bits();
  return (double(a >> 5U) * 0x1p26 + double(b >> 6U)) * 0x1p-53;
}

double Random::normal() noexcept {
  drew_something_else();
  double result = 0;
  fill(state_, 1, 2, [&](const Words& words, std::int64_t, std::int64_t) {
    detail::NormalPairs pairs;
    detail::normal_pairs_53(words, 1, pairs);
    result = pairs.first[0];
  });
  return result;
}

std::int64_t Random::below(std::int64_t n, std::source_location where) {
  if (n <= 0) refuse("below", "n is " + std::to_string(n), "n > 0", where);
  // D. Lemire, Fast random integer generation in an interval, ACM TOMACS 29 (2019): the high word of 64 bits · n; what
  // makes some values too frequent, a low word below 2⁶⁴ mod n, is drawn again.
  __extension__ using Wide = unsigned __int128;
  const auto bound = static_cast<std::uint64_t>(n);
  const auto draw = [&] {
    const std::uint32_t low = bits(), high = bits();
    return static_cast<Wide>(word64(low, high)) * bound;
  };
  Wide product = draw();
  if (static_cast<std::uint64_t>(product) < bound) {
    const std::uint64_t excess = -bound % bound;
    while (static_cast<std::uint64_t>(product) < excess) product = draw();
  }
  return static_cast<std::int64_t>(product >> 64U);
}

std::vector<std::int64_t> Random::permutation(std::int64_t n, std::source_location where) {
  if (n < 0) refuse("permutation", "n is " + std::to_string(n), "n >= 0", where);
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  for (std::int64_t left = n; left > 1; --left) {
    std::swap(order[static_cast<std::size_t>(left - 1)], order[static_cast<std::size_t>(below(left))]);
  }
  return order;
}

Tensor Random::uniform(const Shape& shape, double low, double high, Dtype dtype, std::source_location where) {
  check_dtype("uniform", dtype, false, where);
  const double width = high - low;
  if (!std::isfinite(low) || !std::isfinite(width) || width < 0 ||
      (dtype == Dtype::f32 && !std::isfinite(static_cast<float>(width)))) {
    refuse("uniform", "low " + text(low) + ", high " + text(high), "finite low <= high, and a finite difference",
           where);
  }
  const std::uint64_t position = state_.position;
  Array result = Array::uninitialised({dtype, shape}, where);
  const auto size = shape.size();
  if (dtype == Dtype::f32) {
    const auto to = result.mutable_data<float>();
    const float a = static_cast<float>(low), b = static_cast<float>(high), w = static_cast<float>(width);
    const float most = a < b ? std::nextafter(b, a) : a;
    fill(state_, size, 4, [&](const Words& words, std::int64_t done, std::int64_t count) {
      std::array<float, 4 * chunk_blocks> u;
      detail::uniforms_24(words, static_cast<std::size_t>((count + 3) / 4), u.data());
      for (std::int64_t k = 0; k < count; ++k) {
        to[static_cast<std::size_t>(done + k)] = std::min(a + w * u[static_cast<std::size_t>(k)], most);
      }
    });
  } else {
    const auto to = result.mutable_data<double>();
    const double most = low < high ? std::nextafter(high, low) : low;
    fill(state_, size, 2, [&](const Words& words, std::int64_t done, std::int64_t count) {
      std::array<double, 2 * chunk_blocks> u;
      detail::uniforms_53(words, static_cast<std::size_t>((count + 1) / 2), u.data());
      for (std::int64_t k = 0; k < count; ++k) {
        to[static_cast<std::size_t>(done + k)] = std::min(low + width * u[static_cast<std::size_t>(k)], most);
      }
    });
  }
  return drawn(std::move(result), {.kind = Draw::Kind::uniform, .first = low, .second = high, .position = position},
               where);
}

Tensor Random::normal(const Shape& shape, double mean, double deviation, Dtype dtype, std::source_location where) {
  check_dtype("normal", dtype, false, where);
  if (!std::isfinite(mean) || !std::isfinite(deviation) || deviation < 0) {
    refuse("normal", "mean " + text(mean) + ", deviation " + text(deviation),
           "a finite mean and a finite deviation >= 0", where);
  }
  const std::uint64_t position = state_.position;
  Array result = Array::uninitialised({dtype, shape}, where);
  const auto write = [&](auto to, const detail::NormalPairs& pairs, std::int64_t done, std::int64_t count) {
    using T = typename decltype(to)::value_type;
    T* const at = to.data() + done;
    for (std::int64_t k = 0; k + 1 < count; k += 2) {
      at[k] = static_cast<T>(mean + deviation * pairs.first[static_cast<std::size_t>(k / 2)]);
      at[k + 1] = static_cast<T>(mean + deviation * pairs.second[static_cast<std::size_t>(k / 2)]);
    }
    if (count % 2 != 0) {
      at[count - 1] = static_cast<T>(mean + deviation * pairs.first[static_cast<std::size_t>(count / 2)]);
    }
  };
  detail::NormalPairs pairs;
  if (dtype == Dtype::f32) {
    const auto to = result.mutable_data<float>();
    fill(state_, shape.size(), 4, [&](const Words& words, std::int64_t done, std::int64_t count) {
      detail::normal_pairs_32(words, static_cast<std::size_t>((count + 3) / 4), pairs);
      write(to, pairs, done, count);
    });
  } else {
    const auto to = result.mutable_data<double>();
    fill(state_, shape.size(), 2, [&](const Words& words, std::int64_t done, std::int64_t count) {
      detail::normal_pairs_53(words, static_cast<std::size_t>((count + 1) / 2), pairs);
      write(to, pairs, done, count);
    });
  }
  return drawn(std::move(result),
               {.kind = Draw::Kind::normal, .first = mean, .second = deviation, .position = position}, where);
}

Tensor Random::keep(const Shape& shape, double probability, Dtype dtype, std::source_location where) {
  check_dtype("keep", dtype, true, where);
  if (!(probability >= 0 && probability <= 1)) {
    refuse("keep", "probability " + text(probability), "0 <= probability <= 1", where);
  }
  const auto threshold = static_cast<std::uint64_t>(std::nearbyint(probability * 0x1p32));
  const std::uint64_t position = state_.position;
  Array result = Array::uninitialised({dtype, shape}, where);
  const auto write = [&](auto to) {
    using T = typename decltype(to)::value_type;
    fill(state_, shape.size(), 4, [&](const Words& words, std::int64_t done, std::int64_t count) {
      T* const at = to.data() + done;
      const auto n = static_cast<std::size_t>(count);
      for (std::size_t k = 0; k < n / 4; ++k) {
        for (std::size_t j = 0; j < 4; ++j) at[4 * k + j] = static_cast<T>(words[j][k] < threshold);
      }
      for (std::size_t k = n / 4 * 4; k < n; ++k) at[k] = static_cast<T>(words[k % 4][k / 4] < threshold);
    });
  };
  if (dtype == Dtype::f32) {
    write(result.mutable_data<float>());
  } else if (dtype == Dtype::f64) {
    write(result.mutable_data<double>());
  } else {
    write(result.mutable_data<bool>());
  }
  return drawn(std::move(result), {.kind = Draw::Kind::keep, .first = probability, .second = 0, .position = position},
               where);
}

Random detail::recorded(const Random& random, Draws& draws) noexcept {
  Random result = Random::from(random.state());
  result.draws_ = &draws;
  result.stream_ = random.state().stream;
  return result;
}

Array detail::draw_again(const Draw& draw, const Random& random) {
  Random from = Random::from({random.state().seed, random.state().stream, draw.position});
  const Shape& shape = draw.type.shape;
  switch (draw.kind) {
    case Draw::Kind::uniform:
      return from.uniform(shape, draw.first, draw.second, draw.type.dtype).value();
    case Draw::Kind::normal:
      return from.normal(shape, draw.first, draw.second, draw.type.dtype).value();
    case Draw::Kind::keep:
      break;
  }
  return from.keep(shape, draw.first, draw.type.dtype).value();
}

}  // namespace wengert::nn
