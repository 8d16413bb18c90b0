// Wrong programs of Scalars, recordings and sweeps, and what each is told; a few of tensors (more:
// tensor_programs.cpp).
#include <cstdint>
#include <vector>

#include "wengert/autodiff/record/expand.hpp"
#include "wengert/autodiff/transform/check.hpp"
#include "wrong_program.hpp"

namespace wengert {
namespace {

using test::next;
using test::WrongProgram;

const WrongProgram wrong_programs[]{
    // --- Handles
    // ------------------------------------------------------------------------------------------------------
    {"two_recordings_in_one_expression",
     [](unsigned& line) {
       Recording r, other;
       const Scalar x = r.variable(1.0), y = other.variable(2.0);
       line = next();
       [[maybe_unused]] const Scalar z = x * y;
     },
     "record: an operand belongs to another recording; expected operands of one recording, or constants (@)\n"
     "  hint: value(x) takes the number out of its recording"},
    {"a_handle_from_before_clear",
     [](unsigned& line) {
       Recording r;
       const Scalar x = r.variable(1.0);
       r.clear();
       line = next();
       [[maybe_unused]] const Scalar y = x + 1.0;
     },
     "record: an operand belongs to a recording that was cleared, rewound or destroyed since; expected handles made "
     "after "
     "that (@)\n"
     "  hint: make the variables anew after clear(); after rewind(mark) only handles from before mark() live"},
    {"a_branch_on_a_handle_of_a_dead_recording",
     [](unsigned& line) {
       Scalar x;
       {
         Recording r;
         x = r.variable(1.0);
       }
       line = next();
       if (x < 2.0) x = 3.0;
     },
     "compare: an operand belongs to a recording that was cleared, rewound or destroyed since; expected handles made "
     "after "
     "that (@)\n"
     "  hint: make the variables anew after clear(); after rewind(mark) only handles from before mark() live"},
    {"a_sweep_from_a_rewound_value",
     [](unsigned& line) {
       Recording r;
       const Scalar x = r.variable(1.0);
       const auto mark = r.mark();
       const Scalar y = sin(x);
       r.rewind(mark);
       line = next();
       static_cast<void>(backward(y));
     },
     "backward: an operand belongs to a recording that was cleared, rewound or destroyed since; expected handles made "
     "after "
     "that (@)\n"
     "  hint: make the variables anew after clear(); after rewind(mark) only handles from before mark() live"},
    {"a_mark_that_is_gone",
     [](unsigned& line) {
       Recording r;
       const auto mark = r.mark();
       r.clear();
       line = next();
       r.rewind(mark);
     },
     "rewind: the mark is not of this recording, or lies in a part that was rewound or cleared; expected a mark of "
     "this "
     "recording (@)"},
    {"an_adjoint_of_another_recording",
     [](unsigned&) {
       Recording r, other;
       const Scalar x = r.variable(1.0), y = other.variable(1.0);
       static_cast<void>(backward(sin(x))[y]);
     },
     "adjoint: an operand belongs to another recording; expected operands of one recording, or constants\n"
     "  hint: value(x) takes the number out of its recording"},

    // --- Arguments
    // ----------------------------------------------------------------------------------------------------
    {"differentiating_by_a_constant",
     [](unsigned& line) {
       Recording r;
       const Scalar x = r.variable(1.0), c = 2.0;
       line = next();
       static_cast<void>(gradient(x * c, c));
     },
     "gradient: the value to differentiate by is a constant; expected a value of the recording (@)\n"
     "  hint: make it with Recording::variable"},
    {"moving_along_a_constant",
     [](unsigned& line) {
       const Scalar c = 2.0;
       line = next();
       static_cast<void>(forward({c}, {1.0}));
     },
     "forward: a value to differentiate along is a constant; expected a value of the recording (@)\n"
     "  hint: make it with Recording::variable"},
    {"cotangents_that_do_not_match",
     [](unsigned& line) {
       Recording r;
       const Scalar x = r.variable(1.0);
       const std::vector outputs{x, x};
       Adjoints a;
       line = next();
       backward(outputs, std::vector{1.0}, a);
     },
     "backward: 1 cotangents for 2 outputs; expected one cotangent for each output (@)"},
    {"tangents_that_do_not_match",
     [](unsigned& line) {
       Recording r;
       const Scalar x = r.variable(1.0);
       line = next();
       static_cast<void>(forward({x}, {1.0, 2.0}));
     },
     "forward: 2 tangents for 1 values; expected one tangent for each value (@)"},
    {"naming_a_constant",
     [](unsigned& line) {
       Recording r;
       line = next();
       r.name(Scalar(2.0), "c");
     },
     "name: the value is a constant; expected a value of this recording (@)"},
    {"no_node_for_a_value",
     [](unsigned& line) {
       Recording r;
       const Scalar x = r.variable(1.0), y = sin(x), z = cos(x);
       const Expansion all = expand(r, {y});
       line = next();
       static_cast<void>(all.node(z));
     },
     "Expansion::node: the value is not in the graph; expected a value that an output of the expansion depends on (@)"},
    {"ids_from_zero", [](unsigned&) { const Recording r({.first_id = 0}); },
     "Recording: ids from 0 to 4294967294; expected 1 <= first_id <= last_id <= 4294967294"},
    {"a_third_derivative_of_a_function",
     [](unsigned&) { static_cast<void>(check_gradient([](const Scalar& x) { return x * x; }, 1.0, {.order = 3})); },
     "check_gradient: order 3; expected 1 or 2"},

    // --- Capacity and values
    // ------------------------------------------------------------------------------------------
    {"more_values_than_ids",
     [](unsigned& line) {
       Recording r({.last_id = 2});
       const Scalar x = r.variable(1.0), y = sin(x);
       line = next();
       [[maybe_unused]] const Scalar z = cos(y);
     },
     "record: the recording has used all its 2 ids; expected fewer values in one recording (@)\n"
     "  hint: clear() or rewind() the recording, or split the work into several"},
    {"a_nan_in_a_strict_recording",
     [](unsigned& line) {
       Recording r({.stop_at_nan = true});
       const Scalar x = r.variable(-1.0);
       line = next();
       [[maybe_unused]] const Scalar y = log(x);
     },
     "record: the statement gave NaN; expected a number (the recording was told to stop at the first NaN) (@)"},

    // --- Tensors
    // ------------------------------------------------------------------------------------------------------
    {"shapes_that_do_not_broadcast",
     [](unsigned& line) {
       const Tensor a = ones(Shape{2, 3}), b = ones(Shape{4});
       line = next();
       static_cast<void>(a + b);
     },
     "add: operand 1 has f64[4] beside [2,3]; expected shapes that broadcast: aligned at the last axis, extents equal "
     "or 1 (@)"},
    {"dtypes_that_are_mixed",
     [](unsigned& line) {
       const Tensor a = ones(Shape{2}), b = ones(Shape{2}, Dtype::f32);
       line = next();
       static_cast<void>(a * b);
     },
     "mul: operand 1 has f32[2]; expected f64 like operand 0 (@)\n"
     "  hint: convert one of them; dtypes are never mixed silently"},
    {"a_matrix_product_that_does_not_fit",
     [](unsigned& line) {
       const Tensor a = ones(Shape{2, 3}), b = ones(Shape{2, 3});
       line = next();
       static_cast<void>(matmul(a, b));
     },
     "matmul: operand 1 has f64[2,3]; expected f64[3,*] to go with f64[2,3] (@)\n"
     "  hint: transpose(b) exchanges its last two axes"},
    {"a_reshape_that_does_not_fit",
     [](unsigned& line) {
       const Tensor a = ones(Shape{2, 3});
       line = next();
       static_cast<void>(reshape(a, Shape{5}));
     },
     "reshape: operand 0 has f64[2,3], 6 elements; expected 5 elements for [5] (@)"},
    {"a_gradient_of_a_whole_tensor",
     [](unsigned& line) {
       Recording r;
       const Tensor a = r.variable(ones(Shape{2}));
       line = next();
       static_cast<void>(gradient(sin(a), a));
     },
     "gradient: the tensor to differentiate is f64[2]; expected a single element (@)\n"
     "  hint: gradient(sum(y), x), or give a cotangent: gradient(y, cotangent, x)"},
    {"a_function_of_integers",
     [](unsigned& line) {
       const Tensor a = tensor(std::vector<std::int64_t>{1, 2}, Shape{2});
       line = next();
       static_cast<void>(exp(a));
     },
     "exp: operand 0 has i64[2]; expected f32 or f64 (@)\n"
     "  hint: convert(t, Dtype::f64) makes real numbers of it"},
    {"an_axis_that_is_not_there",
     [](unsigned& line) {
       const Tensor a = ones(Shape{2, 3});
       line = next();
       static_cast<void>(sum(a, {2}));
     },
     "sum: axis 2 of f64[2,3]; expected an axis from -2 to 1 (@)"},
    {"an_element_that_is_not_there",
     [](unsigned& line) {
       const Tensor a = ones(Shape{2, 3});
       line = next();
       static_cast<void>(element(a, {0, 3}));
     },
     "element: position [0,3] of f64[2,3]; expected one index for every axis, each below its extent (@)"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(wrong_programs_and_their_messages)

BOOST_AUTO_TEST_CASE(word_for_word) {
  BOOST_TEST(std::size(wrong_programs) >= 20u);
  test::check_word_for_word(wrong_programs);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert
