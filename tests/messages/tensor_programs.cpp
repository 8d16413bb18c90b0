// Wrong programs of tensors that index, order, reduce and reshape, and what each is told.
#include <cstdint>
#include <vector>

#include "wrong_program.hpp"

namespace wengert {
namespace {

using test::next;
using test::WrongProgram;

const WrongProgram wrong_programs[]{
    // --- Positions ---
    {"a_position_beyond_the_end",
     [](unsigned& line) {
       const Tensor x = ones(Shape{3, 2}), index = tensor(std::vector<std::int64_t>{0, 3}, Shape{2});
       line = next();
       static_cast<void>(gather(x, index));
     },
     "gather: the position 3; expected one from 0 to 2 along axis 0 of f64[3,2] (@)"},
    {"a_negative_position",
     [](unsigned& line) {
       const Tensor x = ones(Shape{3, 2}), index = tensor(std::vector<std::int64_t>{-1}, Shape{1});
       line = next();
       static_cast<void>(gather(x, index, 1));
     },
     "gather: the position -1; expected one from 0 to 1 along axis 1 of f64[3,2] (@)\n"
     "  hint: positions do not count from the end"},
    {"a_position_in_an_axis_without_elements",
     [](unsigned& line) {
       const Tensor x = ones(Shape{0, 2}), index = tensor(std::vector<std::int64_t>{0}, Shape{1});
       line = next();
       static_cast<void>(gather(x, index));
     },
     "gather: the position 0; expected none along axis 0 of f64[0,2] (@)"},
    {"positions_that_are_real_numbers",
     [](unsigned& line) {
       const Tensor x = ones(Shape{3, 2}), index = tensor({0.0, 1.0});
       line = next();
       static_cast<void>(gather(x, index));
     },
     "gather: operand 1 has f64[2]; expected i64, for positions (@)\n"
     "  hint: convert(index, Dtype::i64) makes positions of it"},
    {"positions_that_are_i32",
     [](unsigned& line) {
       const Tensor x = ones(Shape{3}), index = zeros(Shape{3}, Dtype::i32);
       line = next();
       static_cast<void>(take_along(x, index));
     },
     "take_along: operand 1 has i32[3]; expected i64, for positions (@)\n"
     "  hint: convert(index, Dtype::i64) makes positions of it"},
    {"a_gather_from_a_single_number",
     [](unsigned& line) {
       const Tensor x = ones(Shape{}), index = zeros(Shape{2}, Dtype::i64);
       line = next();
       static_cast<void>(gather(x, index));
     },
     "gather: axis 0 of f64; expected an operand that has axes (@)"},
    {"a_gather_of_too_many_axes",
     [](unsigned& line) {
       const Tensor x = ones(Shape{2, 2, 2, 2, 2}), index = zeros(Shape{2, 2, 2, 2, 2}, Dtype::i64);
       line = next();
       static_cast<void>(gather(x, index));
     },
     "gather: slices of f64[2,2,2,2,2] at positions i64[2,2,2,2,2]; expected a result of at most 8 axes (@)"},
    {"a_scatter_to_a_place_that_is_not_there",
     [](unsigned& line) {
       const Tensor x = ones(Shape{2}), index = tensor(std::vector<std::int64_t>{0, 4}, Shape{2});
       line = next();
       static_cast<void>(scatter_add(x, index, 4));
     },
     "scatter_add: the position 4; expected one from 0 to 3 along axis 0 of f64[4] (@)"},
    {"a_scatter_of_more_than_there_are_positions",
     [](unsigned& line) {
       const Tensor x = ones(Shape{3, 2}), index = zeros(Shape{2}, Dtype::i64);
       line = next();
       static_cast<void>(scatter_add(x, index, 4));
     },
     "scatter_add: operand 0 has f64[3,2]; expected the axes [2] of the positions from axis 0 on (@)"},
    {"a_scatter_of_truth_values",
     [](unsigned& line) {
       const Tensor x = ones(Shape{2}) > 0.5, index = zeros(Shape{2}, Dtype::i64);
       line = next();
       static_cast<void>(scatter_add(x, index, 4));
     },
     "scatter_add: operand 0 has bool[2]; expected f32 or f64 (@)\n"
     "  hint: convert(x, Dtype::f64) makes real numbers of it"},
    {"a_scatter_to_a_negative_extent",
     [](unsigned& line) {
       const Tensor x = ones(Shape{2}), index = zeros(Shape{2}, Dtype::i64);
       line = next();
       static_cast<void>(scatter_add_along(x, index, -2));
     },
     "scatter_add_along: an extent of -2; expected 0 or more (@)"},
    {"positions_of_another_rank",
     [](unsigned& line) {
       const Tensor x = ones(Shape{2, 3}), index = zeros(Shape{3}, Dtype::i64);
       line = next();
       static_cast<void>(take_along(x, index));
     },
     "take_along: the positions have i64[3] for f64[2,3]; expected as many axes, and extents that broadcast but along "
     "axis 1 (@)\n"
     "  hint: gather(x, index, axis) takes whole slices"},
    {"positions_that_do_not_broadcast",
     [](unsigned& line) {
       const Tensor x = ones(Shape{2, 3}), index = zeros(Shape{3, 1}, Dtype::i64);
       line = next();
       static_cast<void>(take_along(x, index, 1));
     },
     "take_along: the positions have i64[3,1] for f64[2,3]; expected as many axes, and extents that broadcast but "
     "along axis 1 (@)\n"
     "  hint: gather(x, index, axis) takes whole slices"},
    {"a_position_of_its_own_beyond_the_end",
     [](unsigned& line) {
       const Tensor x = ones(Shape{2, 3}), index = full(Shape{2, 1}, 3, Dtype::i64);
       line = next();
       static_cast<void>(take_along(x, index, 1));
     },
     "take_along: the position 3; expected one from 0 to 2 along axis 1 of f64[2,3] (@)"},
    {"positions_of_another_shape",
     [](unsigned& line) {
       const Tensor x = ones(Shape{2, 3}), index = zeros(Shape{2, 2}, Dtype::i64);
       line = next();
       static_cast<void>(scatter_add_along(x, index, 3, 1));
     },
     "scatter_add_along: the positions have i64[2,2] for f64[2,3]; expected the same shape (@)"},
    // --- Order ---
    {"the_largest_of_nothing",
     [](unsigned& line) {
       const Tensor x = ones(Shape{0, 3});
       line = next();
       static_cast<void>(amax(x, {0}));
     },
     "amax: no elements over axes [0] of f64[0,3]; expected one at least (@)"},
    {"the_smallest_of_integers",
     [](unsigned& line) {
       const Tensor x = zeros(Shape{3}, Dtype::i64);
       line = next();
       static_cast<void>(amin(x));
     },
     "amin: operand 0 has i64[3]; expected f32 or f64 (@)\n"
     "  hint: convert(x, Dtype::f64) makes real numbers of it"},
    {"the_place_of_the_largest_of_nothing",
     [](unsigned& line) {
       const Tensor x = ones(Shape{0, 3});
       line = next();
       static_cast<void>(argmax(x, 0));
     },
     "argmax: no elements along axis 0 of f64[0,3]; expected one at least (@)"},
    {"the_place_along_an_axis_that_is_not_there",
     [](unsigned& line) {
       const Tensor x = ones(Shape{2, 3});
       line = next();
       static_cast<void>(argmin(x, -3));
     },
     "argmin: axis -3 of f64[2,3]; expected an axis from -2 to 1 (@)"},
    {"more_of_the_largest_than_there_are",
     [](unsigned& line) {
       const Tensor x = ones(Shape{2, 3});
       line = next();
       static_cast<void>(topk(x, 4));
     },
     "topk: 4 elements along axis 1 of f64[2,3]; expected 0 to 3 (@)"},
    {"a_single_number_sorted",
     [](unsigned& line) {
       const Tensor x = ones(Shape{});
       line = next();
       static_cast<void>(sort(x));
     },
     "sort: axis -1 of f64; expected an operand that has axes (@)"},
    // --- Reductions ---
    {"an_axis_given_twice",
     [](unsigned& line) {
       const Tensor x = ones(Shape{2, 3});
       line = next();
       static_cast<void>(prod(x, {1, -1}));
     },
     "prod: axes [1,-1] of f64[2,3]; expected each axis once at most (@)"},
    {"an_axis_counted_too_far_from_the_end",
     [](unsigned& line) {
       const Tensor x = ones(Shape{2, 3});
       line = next();
       static_cast<void>(norm(x, {-3}));
     },
     "norm: axis -3 of f64[2,3]; expected an axis from -2 to 1 (@)"},
    {"a_variance_of_integers",
     [](unsigned& line) {
       const Tensor x = zeros(Shape{3}, Dtype::i64);
       line = next();
       static_cast<void>(variance(x));
     },
     "variance: operand 0 has i64[3]; expected f32 or f64 (@)\n"
     "  hint: convert(x, Dtype::f64) makes real numbers of it"},
    {"a_softmax_of_a_single_number",
     [](unsigned& line) {
       const Tensor x = ones(Shape{});
       line = next();
       static_cast<void>(softmax(x));
     },
     "softmax: axis -1 of f64; expected an operand that has axes (@)"},
    {"a_softmax_of_truth_values",
     [](unsigned& line) {
       const Tensor x = ones(Shape{2}) > 0.5;
       line = next();
       static_cast<void>(softmax(x));
     },
     "softmax: operand 0 has bool[2]; expected f32 or f64 (@)\n"
     "  hint: convert(x, Dtype::f64) makes real numbers of it"},
    {"a_logarithm_of_softmax_along_no_axis",
     [](unsigned& line) {
       const Tensor x = ones(Shape{2});
       line = next();
       static_cast<void>(log_softmax(x, {1}));
     },
     "log_softmax: axis 1 of f64[2]; expected an axis from -1 to 0 (@)"},
    {"a_running_sum_along_an_axis_that_is_not_there",
     [](unsigned& line) {
       const Tensor x = ones(Shape{2, 3});
       line = next();
       static_cast<void>(cumsum(x, 2));
     },
     "cumsum: axis 2 of f64[2,3]; expected an axis from -2 to 1 (@)"},
    {"a_trace_of_a_row",
     [](unsigned& line) {
       const Tensor x = ones(Shape{3});
       line = next();
       static_cast<void>(trace(x));
     },
     "trace: operand 0 has f64[3]; expected two axes at least (@)"},
    // --- Shapes ---
    {"a_diagonal_outside_the_matrix",
     [](unsigned& line) {
       const Tensor x = ones(Shape{2, 3});
       line = next();
       static_cast<void>(diagonal(x, 4));
     },
     "diagonal: offset 4 of f64[2,3]; expected -2 to 3 (@)"},
    {"an_outer_product_of_matrices",
     [](unsigned& line) {
       const Tensor a = ones(Shape{2, 3}), b = ones(Shape{3});
       line = next();
       static_cast<void>(outer(a, b));
     },
     "outer: operand 0 has f64[2,3]; expected rank 1 (@)\n"
     "  hint: reshape(x, Shape{x.size()}) makes one row of it"},
    {"an_outer_product_of_two_dtypes",
     [](unsigned& line) {
       const Tensor a = ones(Shape{2}), b = ones(Shape{3}, Dtype::f32);
       line = next();
       static_cast<void>(outer(a, b));
     },
     "outer: operand 1 has f32[3]; expected f64 like operand 0 (@)\n"
     "  hint: convert one of them; dtypes are never mixed silently"},
    {"padding_for_one_axis_of_two",
     [](unsigned& line) {
       const Tensor x = ones(Shape{2, 3});
       line = next();
       static_cast<void>(pad(x, {1}, {1}));
     },
     "pad: [1] before and [1] behind f64[2,3]; expected one number for every axis, 0 or more (@)\n"
     "  hint: slice(x, start, stop) cuts"},
    {"padding_that_cuts",
     [](unsigned& line) {
       const Tensor x = ones(Shape{2});
       line = next();
       static_cast<void>(pad(x, {-1}, {0}));
     },
     "pad: [-1] before and [0] behind f64[2]; expected one number for every axis, 0 or more (@)\n"
     "  hint: slice(x, start, stop) cuts"},
    {"padding_with_what_the_dtype_cannot_hold",
     [](unsigned& line) {
       const Tensor x = zeros(Shape{2}, Dtype::i64);
       line = next();
       static_cast<void>(pad(x, {1}, {0}, 0.5));
     },
     "array: the value 0.5 is not a value of i64 (@)"},
    {"a_slice_of_step_0",
     [](unsigned& line) {
       const Tensor x = ones(Shape{2, 3});
       line = next();
       static_cast<void>(slice_along(x, 1, 0, 3, 0));
     },
     "slice: axis 1 of f64[2,3] from 0 to 3 in steps of 0; expected a step that is not 0 (@)"},
    {"a_slice_upwards_with_a_negative_step",
     [](unsigned& line) {
       const Tensor x = ones(Shape{2, 3});
       line = next();
       static_cast<void>(slice_along(x, 1, 0, 2, -1));
     },
     "slice: axis 1 of f64[2,3] from 0 to 2 in steps of -1; expected -1 <= stop <= start <= 2 (@)"},
    {"a_reverse_of_an_axis_that_is_not_there",
     [](unsigned& line) {
       const Tensor x = ones(Shape{2, 3});
       line = next();
       static_cast<void>(reverse(x, {2}));
     },
     "reverse: axis 2 of f64[2,3]; expected an axis from -2 to 1 (@)"},
    {"a_gather_with_positions_of_another_recording",
     [](unsigned& line) {
       Recording r, other;
       const Tensor x = r.variable(ones(Shape{3})), index = other.variable(zeros(Shape{2}, Dtype::i64));
       line = next();
       static_cast<void>(gather(x, index));
     },
     "gather: an operand belongs to another recording; expected operands of one recording, or constants (@)\n"
     "  hint: value(x) takes the number out of its recording"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(wrong_tensor_programs_and_their_messages)

BOOST_AUTO_TEST_CASE(word_for_word) {
  BOOST_TEST(std::size(wrong_programs) >= 25u);
  test::check_word_for_word(wrong_programs);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert
