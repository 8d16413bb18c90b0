// Wrong convolutions and pools, and what each is told.
#include "wrong_program.hpp"

namespace wengert {
namespace {

using test::next;
using test::WrongProgram;

const WrongProgram wrong_programs[]{
    // --- Convolution ---
    {"a_weight_for_other_channels",
     [](unsigned& line) {
       const Tensor x = ones(Shape{8, 3, 9, 9}), w = ones(Shape{4, 1, 3, 3});
       line = next();
       static_cast<void>(conv2d(x, w));
     },
     "conv2d: operand 1 has f64[4,1,3,3]; expected f64[*,3,*,*] to go with f64[8,3,9,9] (@)",
     "f64[8,3,9,9]; f64[4,1,3,3]"},
    {"a_weight_for_other_groups",
     [](unsigned& line) {
       const Tensor x = ones(Shape{8, 4, 9, 9}), w = ones(Shape{4, 4, 3, 3});
       line = next();
       static_cast<void>(conv2d(x, w, {.groups = 2}));
     },
     "conv2d: operand 1 has f64[4,4,3,3]; expected f64[*,2,*,*] to go with f64[8,4,9,9] in 2 groups (@)"},
    {"groups_that_do_not_divide_the_channels",
     [](unsigned& line) {
       const Tensor x = ones(Shape{8, 3, 9, 9}), w = ones(Shape{4, 1, 3, 3});
       line = next();
       static_cast<void>(conv2d(x, w, {.groups = 2}));
     },
     "conv2d: 2 groups for 3 input channels; expected a number that divides 3 (@)"},
    {"groups_that_do_not_divide_the_outputs",
     [](unsigned& line) {
       const Tensor x = ones(Shape{8, 4, 9, 9}), w = ones(Shape{3, 2, 3, 3});
       line = next();
       static_cast<void>(conv2d(x, w, {.groups = 2}));
     },
     "conv2d: 2 groups for 3 output channels; expected a number that divides 3 (@)"},
    {"no_groups",
     [](unsigned& line) {
       const Tensor x = ones(Shape{8, 4, 9, 9}), w = ones(Shape{3, 2, 3, 3});
       line = next();
       static_cast<void>(conv2d(x, w, {.groups = 0}));
     },
     "conv2d: groups 0; expected 1 or more (@)"},
    {"a_window_larger_than_the_input",
     [](unsigned& line) {
       const Tensor x = ones(Shape{8, 1, 3, 9}), w = ones(Shape{4, 1, 5, 5});
       line = next();
       static_cast<void>(conv2d(x, w));
     },
     "conv2d: a window of 5×5; expected one of 1×1 at least that is not larger than the input f64[8,1,3,9] (@)"},
    {"a_dilated_window_larger_than_the_padded_input",
     [](unsigned& line) {
       const Tensor x = ones(Shape{8, 1, 3, 9}), w = ones(Shape{4, 1, 3, 3});
       line = next();
       static_cast<void>(conv2d(x, w, {.padding = {1, 0, 2, 2}, .dilation = {2}}));
     },
     "conv2d: a window of 3×3, dilation 2,2; expected one of 1×1 at least that is not larger than the input "
     "f64[8,1,3,9] with padding [1,0,2,2] (@)"},
    {"a_window_of_no_elements",
     [](unsigned& line) {
       const Tensor x = ones(Shape{8, 1, 3, 9}), w = ones(Shape{4, 1, 0, 3});
       line = next();
       static_cast<void>(conv2d(x, w));
     },
     "conv2d: a window of 0×3; expected one of 1×1 at least that is not larger than the input f64[8,1,3,9] (@)"},
    {"a_picture_without_channels",
     [](unsigned& line) {
       const Tensor x = ones(Shape{9, 9}), w = ones(Shape{4, 1, 3, 3});
       line = next();
       static_cast<void>(conv2d(x, w));
     },
     "conv2d: operand 0 has f64[9,9]; expected four axes [items, channels, rows, columns], or three without items (@)"},
    {"a_weight_of_three_axes",
     [](unsigned& line) {
       const Tensor x = ones(Shape{1, 1, 9, 9}), w = ones(Shape{1, 3, 3});
       line = next();
       static_cast<void>(conv2d(x, w));
     },
     "conv2d: operand 1 has f64[1,3,3]; expected a weight of four axes: channels, channels, window (@)"},
    {"a_picture_in_one_dimension",
     [](unsigned& line) {
       const Tensor x = ones(Shape{1, 1, 9, 9}), w = ones(Shape{1, 1, 3});
       line = next();
       static_cast<void>(conv1d(x, w));
     },
     "conv1d: operand 0 has f64[1,1,9,9]; expected three axes [items, channels, length], or two without items (@)"},
    {"a_convolution_of_two_dtypes",
     [](unsigned& line) {
       const Tensor x = ones(Shape{1, 1, 9, 9}, Dtype::f32), w = ones(Shape{1, 1, 3, 3});
       line = next();
       static_cast<void>(conv2d(x, w));
     },
     "conv2d: operand 1 has f64[1,1,3,3]; expected f32 like operand 0 (@)\n"
     "  hint: convert one of them; f32 and f64 are never mixed silently"},
    {"a_convolution_of_integers",
     [](unsigned& line) {
       const Tensor x = zeros(Shape{1, 1, 9, 9}, Dtype::i64), w = zeros(Shape{1, 1, 3, 3}, Dtype::i64);
       line = next();
       static_cast<void>(conv2d(x, w));
     },
     "conv2d: operand 0 has i64[1,1,9,9]; expected f32 or f64 (@)\n"
     "  hint: convert(x, Dtype::f64) makes real numbers of it"},
    {"a_stride_of_0",
     [](unsigned& line) {
       const Tensor x = ones(Shape{1, 1, 9, 9}), w = ones(Shape{1, 1, 3, 3});
       line = next();
       static_cast<void>(conv2d(x, w, {.stride = {1, 0}}));
     },
     "conv2d: stride [1,0]; expected one number, or one for each axis, 1 or more (@)"},
    {"three_strides",
     [](unsigned& line) {
       const Tensor x = ones(Shape{1, 1, 9, 9}), w = ones(Shape{1, 1, 3, 3});
       line = next();
       static_cast<void>(conv2d(x, w, {.stride = {1, 1, 1}}));
     },
     "conv2d: stride [1,1,1]; expected one number, or one for each axis, 1 or more (@)"},
    {"two_strides_in_one_dimension",
     [](unsigned& line) {
       const Tensor x = ones(Shape{1, 1, 9}), w = ones(Shape{1, 1, 3});
       line = next();
       static_cast<void>(conv1d(x, w, {.stride = {1, 1}}));
     },
     "conv1d: stride [1,1]; expected one number, 1 or more (@)"},
    {"padding_on_three_sides",
     [](unsigned& line) {
       const Tensor x = ones(Shape{1, 1, 9, 9}), w = ones(Shape{1, 1, 3, 3});
       line = next();
       static_cast<void>(conv2d(x, w, {.padding = {1, 1, 1}}));
     },
     "conv2d: padding [1,1,1]; expected one number, one for each axis, or one for each side (above, below, left, "
     "right), 0 or more (@)"},
    {"output_padding_of_a_convolution",
     [](unsigned& line) {
       const Tensor x = ones(Shape{1, 1, 9, 9}), w = ones(Shape{1, 1, 3, 3});
       line = next();
       static_cast<void>(conv2d(x, w, {.output_padding = {1}}));
     },
     "conv2d: output padding [1]; expected none: it is of transposed convolutions (@)"},
    {"output_padding_of_a_stride",
     [](unsigned& line) {
       const Tensor x = ones(Shape{1, 1, 9, 9}), w = ones(Shape{1, 1, 3, 3});
       line = next();
       static_cast<void>(conv_transpose2d(x, w, {.stride = {2}, .output_padding = {2}}));
     },
     "conv_transpose2d: output padding 2 with stride 2; expected less than the stride (@)"},
    {"a_transposed_convolution_of_other_channels",
     [](unsigned& line) {
       const Tensor x = ones(Shape{1, 2, 9, 9}), w = ones(Shape{3, 1, 3, 3});
       line = next();
       static_cast<void>(conv_transpose2d(x, w));
     },
     "conv_transpose2d: operand 1 has f64[3,1,3,3]; expected 2 on its first axis, to go with f64[1,2,9,9] (@)"},
    {"a_transposed_convolution_that_leaves_nothing",
     [](unsigned& line) {
       const Tensor x = ones(Shape{1, 2, 2, 2}), w = ones(Shape{2, 1, 2, 2});
       line = next();
       static_cast<void>(conv_transpose2d(x, w, {.padding = {2}}));
     },
     "conv_transpose2d: operands f64[1,2,2,2] and f64[2,1,2,2] with padding 2,2; expected a result of one element at "
     "least along each axis (@)"},
    // --- Pooling ---
    {"a_pool_without_a_window",
     [](unsigned& line) {
       const Tensor x = ones(Shape{1, 2, 4, 4});
       line = next();
       static_cast<void>(max_pool2d(x, {}));
     },
     "max_pool2d: no size of the window; expected one number, or one for each axis (@)"},
    {"a_pool_larger_than_the_input",
     [](unsigned& line) {
       const Tensor x = ones(Shape{1, 2, 4, 4});
       line = next();
       static_cast<void>(max_pool2d(x, {5}));
     },
     "max_pool2d: a window of 5; expected one that is not larger than 4 elements with 0 of padding on both sides (@)"},
    {"padding_of_more_than_half_of_a_window",
     [](unsigned& line) {
       const Tensor x = ones(Shape{1, 2, 4, 4});
       line = next();
       static_cast<void>(avg_pool2d(x, {2}, {.padding = {2}}));
     },
     "avg_pool2d: padding 2 for a window of 2; expected half of the window at most (@)"},
    {"dilated_windows_that_hold_padding_only",
     [](unsigned& line) {
       const Tensor x = ones(Shape{1, 1, 4});
       line = next();
       static_cast<void>(max_pool1d(x, {2}, {.stride = {1}, .padding = {1}, .dilation = {5}}));
     },
     "max_pool2d_positions: 1 windows of 2 (stride 1, padding 1, dilation 5) along an axis of 4; expected windows that "
     "hold one element at least, and padding of at most half of a window (@)"},
    {"a_dilated_mean",
     [](unsigned& line) {
       const Tensor x = ones(Shape{1, 2, 4, 4});
       line = next();
       static_cast<void>(avg_pool2d(x, {2}, {.dilation = {2}}));
     },
     "avg_pool2d: dilation [2]; expected none: it is of max pooling (@)"},
    {"a_maximum_that_is_divided",
     [](unsigned& line) {
       const Tensor x = ones(Shape{1, 2, 4, 4});
       line = next();
       static_cast<void>(max_pool2d(x, {2}, {.divisor = 3}));
     },
     "max_pool2d: a divisor; expected none: it is of average pooling (@)"},
    {"a_pool_of_a_matrix",
     [](unsigned& line) {
       const Tensor x = ones(Shape{4, 4});
       line = next();
       static_cast<void>(max_pool2d(x, {2}));
     },
     "max_pool2d: operand 0 has f64[4,4]; expected four axes [items, channels, rows, columns], or three without items "
     "(@)"},
    {"a_pool_of_integers",
     [](unsigned& line) {
       const Tensor x = zeros(Shape{1, 1, 4, 4}, Dtype::i32);
       line = next();
       static_cast<void>(avg_pool2d(x, {2}));
     },
     "avg_pool2d: operand 0 has i32[1,1,4,4]; expected f32 or f64 (@)\n"
     "  hint: convert(x, Dtype::f64) makes real numbers of it"},
    {"a_pool_of_an_empty_picture",
     [](unsigned& line) {
       const Tensor x = ones(Shape{2, 1, 0, 4});
       line = next();
       static_cast<void>(adaptive_avg_pool2d(x, {2}));
     },
     "avg_pool2d: 2 windows along an axis of 0; expected windows that hold one element at least, and padding of at "
     "most half of a window (@)"},
    {"an_adaptive_size_of_minus_two",
     [](unsigned& line) {
       const Tensor x = ones(Shape{2, 1, 4, 4});
       line = next();
       static_cast<void>(adaptive_max_pool2d(x, {2, -2}));
     },
     "adaptive_max_pool2d: size [2,-2]; expected one number, or one for each axis, 0 or more, or -1 to keep the extent "
     "(@)"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(wrong_convolutions_and_pools_and_their_messages)

BOOST_AUTO_TEST_CASE(word_for_word) { test::check_word_for_word(wrong_programs); }

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert
