/// Sets to learn that are made, not read: the lecture's, and those that people try networks on.
///
///     Random random(1);
///     const Batch points = parabola(random, 5000);
///     const auto data = std::make_shared<TensorDataset>(points);
///
/// x is [n, inputs] unless told otherwise. Numbers to predict are [n, 1] of the same dtype; classes are i64[n]. What is
/// drawn is a function of the state of `random`. ArgumentError for counts below 0, DtypeError for other dtypes than f32
/// and f64.
#pragma once

#include <cstdint>
#include <source_location>
#include <string_view>

#include "wengert/nn/data/dataset.hpp"

namespace wengert::nn {

/// The four rows 00 01 10 11 of a truth table: numbers 0 and 1, x [4, 2], y [4, 1].
[[nodiscard]] Batch logical_and(Dtype dtype = Dtype::f32, std::source_location where = std::source_location::current());
[[nodiscard]] Batch logical_xor(Dtype dtype = Dtype::f32, std::source_location where = std::source_location::current());

/// In which order the points of parabola() lie.
enum class PointOrder : std::uint8_t { shuffled, random_first, parabola_first };
/// The lecture's 5 000 + 5 000 points (slide 21): class 1 lies on the parabola, (t, t²), class 0 anywhere in the same
/// box. t and the box: 0 ≤ t < 100, 0 ≤ y < 10 000. The slide gives one example of each, (37.66, 1418.25) and (84.65,
/// 222.071): the first is a point of y = x² with x rounded to two decimals. The box is our reading.
[[nodiscard]] Batch parabola(Random& random, std::int64_t of_each = 5000, PointOrder order = PointOrder::shuffled,
                             Dtype dtype = Dtype::f32, std::source_location where = std::source_location::current());

/// Functions between -1 and 1 for universal approximation: sin(πx)·½ + sin(3πx)/5, smooth; |2|x| - 1| - ½, with kinks
/// at -½, 0 and ½; and a staircase of jumps at -½, 0.1 and 0.6.
enum class Curve : std::uint8_t { smooth, kinked, discontinuous };
[[nodiscard]] double value_of(Curve curve, double x) noexcept;
[[nodiscard]] std::string_view to_string(Curve curve) noexcept;
/// `count` evenly spaced points from -1 to 1, both included from two points on, and the values there.
[[nodiscard]] Batch samples_of(Curve curve, std::int64_t count, Dtype dtype = Dtype::f32,
                               std::source_location where = std::source_location::current());

/// The adding problem: x [n, length, 2] holds a number of [0, 1) and a mark at every step; one mark is in the first
/// half of the sequence, one in the second; y is the sum of the two marked numbers. Who always says 1 has the mean
/// squared error 1/6. Needs length ≥ 2. S. Hochreiter, J. Schmidhuber, Long Short-Term Memory, 1997; in the form of Q.
/// Le and others, 2015.
[[nodiscard]] Batch adding_problem(Random& random, std::int64_t count, std::int64_t length, Dtype dtype = Dtype::f32,
                                   std::source_location where = std::source_location::current());

/// Two half circles of radius 1 that reach into each other, the second moved by (1, -½) and turned; normal noise. The
/// classes alternate.
[[nodiscard]] Batch two_moons(Random& random, std::int64_t count, double noise = 0.1, Dtype dtype = Dtype::f32,
                              std::source_location where = std::source_location::current());
/// Arms that wind once around the origin, from radius 0 to 1, one for each class; normal noise. The classes take turns.
[[nodiscard]] Batch spirals(Random& random, std::int64_t count, std::int64_t arms = 2, double noise = 0.02,
                            Dtype dtype = Dtype::f32, std::source_location where = std::source_location::current());

/// Pictures of one stroke, x [n, 1, extent, extent]: class 0 lies, 1 stands, 2 rises, 3 falls (as / and \). Place and
/// brightness vary; normal noise of deviation 0.1 lies over it. The classes take turns. Needs extent ≥ 5.
[[nodiscard]] Batch strokes(Random& random, std::int64_t count, std::int64_t extent = 12, Dtype dtype = Dtype::f32,
                            std::source_location where = std::source_location::current());

}  // namespace wengert::nn
