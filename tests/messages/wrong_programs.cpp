// Wrong programs of Scalars, recordings and sweeps, and what each is told; a few of tensors (more:
// tensor_programs.cpp).
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "wengert/autodiff/record/expand.hpp"
#include "wengert/autodiff/record/primitive.hpp"
#include "wengert/autodiff/transform/check.hpp"
#include "wengert/autodiff/transform/draw.hpp"
#include "wengert/graph/text.hpp"
#include "wrong_program.hpp"

namespace wengert {
namespace {

using test::next;
using test::WrongProgram;

graph::OperationId operation_called(std::string_view name) {
  register_primitives();
  graph::OperationId id{};
  if (graph::find_operation(name, &id) == nullptr) throw std::invalid_argument(std::string(name));
  return id;
}

const WrongProgram wrong_programs[]{
    // --- Handles
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

    {"a_comparison_of_two_recordings",
     [](unsigned& line) {
       Recording r, other;
       const Scalar x = r.variable(1.0), y = other.variable(2.0);
       line = next();
       static_cast<void>(bool(x < y));
     },
     "compare: an operand belongs to another recording; expected operands of one recording, or constants (@)\n"
     "  hint: value(x) takes the number out of its recording"},
    {"a_tangent_of_another_recording",
     [](unsigned&) {
       Recording r, other;
       const Scalar x = r.variable(1.0), y = other.variable(1.0);
       static_cast<void>(forward({x}, {1.0})[y]);
     },
     "tangent: an operand belongs to another recording; expected operands of one recording, or constants\n"
     "  hint: value(x) takes the number out of its recording"},
    {"an_output_that_was_not_swept",
     [](unsigned&) {
       Recording r;
       const Scalar x = r.variable(1.0), y[]{sin(x), cos(x)};
       static_cast<void>(backward_each(y)(2, x));
     },
     "adjoint: output 2 of 2; expected an output that was swept, counted from 0"},
    {"several_outputs_of_two_recordings",
     [](unsigned& line) {
       Recording r, other;
       const Scalar y[]{r.variable(1.0), other.variable(2.0)};
       line = next();
       static_cast<void>(backward_each(y));
     },
     "backward_each: an operand belongs to another recording; expected operands of one recording, or constants (@)\n"
     "  hint: value(x) takes the number out of its recording"},
    {"differentiating_by_a_value_of_another_recording",
     [](unsigned& line) {
       Recording r, other;
       const Scalar x = r.variable(1.0), y = other.variable(2.0), z = sin(x);
       line = next();
       static_cast<void>(gradient(z, y));
     },
     "gradient: an operand belongs to another recording; expected operands of one recording, or constants (@)\n"
     "  hint: value(x) takes the number out of its recording"},
    {"tensors_of_two_recordings",
     [](unsigned& line) {
       Recording r, other;
       const Tensor a = r.variable(ones(Shape{2})), b = other.variable(ones(Shape{2}));
       line = next();
       static_cast<void>(a * b);
     },
     "mul: an operand belongs to another recording; expected operands of one recording, or constants (@)\n"
     "  hint: value(x) takes the number out of its recording"},
    {"a_tensor_from_before_clear",
     [](unsigned& line) {
       Recording r;
       const Tensor a = r.variable(ones(Shape{2}));
       r.clear();
       line = next();
       static_cast<void>(sum(a));
     },
     "sum: an operand belongs to a recording that was cleared, rewound or destroyed since; expected handles made after "
     "that (@)\n"
     "  hint: make the variables anew after clear(); after rewind(mark) only handles from before mark() live"},

    // --- Arguments
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

    {"drawing_a_constant",
     [](unsigned& line) {
       const Scalar c = 2.0;
       line = next();
       static_cast<void>(draw(c));
     },
     "draw: the value to draw is a constant; expected a value of a recording (@)"},
    {"naming_a_constant_tensor",
     [](unsigned& line) {
       Recording r;
       const Tensor a = ones(Shape{2});
       line = next();
       r.name(a, "a");
     },
     "name: the tensor is a constant; expected a value of this recording (@)", "f64[2]"},

    // --- Capacity and values
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
    {"shapes_that_do_not_broadcast",
     [](unsigned& line) {
       const Tensor a = ones(Shape{2, 3}), b = ones(Shape{4});
       line = next();
       static_cast<void>(a + b);
     },
     "add: operand 1 has f64[4] beside [2,3]; expected shapes that broadcast: aligned at the last axis, extents equal "
     "or 1 (@)",
     "f64[2,3]; f64[4]"},
    {"dtypes_that_are_mixed",
     [](unsigned& line) {
       const Tensor a = ones(Shape{2}), b = ones(Shape{2}, Dtype::f32);
       line = next();
       static_cast<void>(a * b);
     },
     "mul: operand 1 has f32[2]; expected f64 like operand 0 (@)\n"
     "  hint: convert one of them; dtypes are never mixed silently",
     "f64[2]; f32[2]"},
    {"a_matrix_product_that_does_not_fit",
     [](unsigned& line) {
       const Tensor a = ones(Shape{2, 3}), b = ones(Shape{2, 3});
       line = next();
       static_cast<void>(matmul(a, b));
     },
     "matmul: operand 1 has f64[2,3]; expected f64[3,*] to go with f64[2,3] (@)\n"
     "  hint: transpose(b) exchanges its last two axes",
     "f64[2,3]; f64[2,3]"},
    {"a_reshape_that_does_not_fit",
     [](unsigned& line) {
       const Tensor a = ones(Shape{2, 3});
       line = next();
       static_cast<void>(reshape(a, Shape{5}));
     },
     "reshape: operand 0 has f64[2,3], 6 elements; expected 5 elements for [5] (@)", "f64[2,3]"},
    {"a_gradient_of_a_whole_tensor",
     [](unsigned& line) {
       Recording r;
       const Tensor a = r.variable(ones(Shape{2}));
       line = next();
       static_cast<void>(gradient(sin(a), a));
     },
     "gradient: the tensor to differentiate is f64[2]; expected a single element (@)\n"
     "  hint: gradient(sum(y), x), or give a cotangent: gradient(y, cotangent, x)",
     "f64[2]"},
    {"a_function_of_integers",
     [](unsigned& line) {
       const Tensor a = tensor(std::vector<std::int64_t>{1, 2}, Shape{2});
       line = next();
       static_cast<void>(exp(a));
     },
     "exp: operand 0 has i64[2]; expected f32 or f64 (@)\n"
     "  hint: convert(t, Dtype::f64) makes real numbers of it",
     "i64[2]"},
    {"an_axis_that_is_not_there",
     [](unsigned& line) {
       const Tensor a = ones(Shape{2, 3});
       line = next();
       static_cast<void>(sum(a, {2}));
     },
     "sum: axis 2 of f64[2,3]; expected an axis from -2 to 1 (@)", "f64[2,3]"},
    {"an_element_that_is_not_there",
     [](unsigned& line) {
       const Tensor a = ones(Shape{2, 3});
       line = next();
       static_cast<void>(element(a, {0, 3}));
     },
     "element: position [0,3] of f64[2,3]; expected one index for every axis, each below its extent (@)", "f64[2,3]"},
    {"more_values_than_elements",
     [](unsigned& line) {
       line = next();
       static_cast<void>(tensor({1, 2, 3}, Shape{2}));
     },
     "array: 3 values for shape [2]; expected 2 values (@)"},
    {"a_half_as_an_integer",
     [](unsigned& line) {
       line = next();
       static_cast<void>(full(Shape{2}, 2.5, Dtype::i64));
     },
     "array: the value 2.5 is not a value of i64 (@)", "i64[2]"},
    {"a_negative_extent",
     [](unsigned& line) {
       line = next();
       static_cast<void>(Shape{2, -1});
     },
     "Shape: extent 1 of [2,-1] is negative; expected extents >= 0 (@)", "[2,-1]"},
    {"nine_axes",
     [](unsigned& line) {
       line = next();
       static_cast<void>(Shape{1, 1, 1, 1, 1, 1, 1, 1, 1});
     },
     "Shape: rank 9; expected rank at most 8 (@)"},
    {"more_elements_than_can_be_counted",
     [](unsigned& line) {
       line = next();
       static_cast<void>(Shape{std::int64_t{1} << 40, std::int64_t{1} << 40});
     },
     "Shape: [1099511627776,1099511627776] has more than 2^63 - 1 elements; expected a product of extents (0 counted "
     "as 1) that fits in 63 bits (@)",
     "[1099511627776,1099511627776]"},
    {"a_broadcast_to_a_shape_that_does_not_fit",
     [](unsigned& line) {
       const Tensor a = ones(Shape{2, 3});
       line = next();
       static_cast<void>(broadcast(a, Shape{3, 2}));
     },
     "broadcast: operand 0 has f64[2,3]; expected a shape that broadcasts to [3,2] (@)\n"
     "  hint: shapes are aligned at the last axis; extents are equal, or 1 where they are repeated",
     "f64[2,3]"},
    {"an_axis_named_twice_in_a_permutation",
     [](unsigned& line) {
       const Tensor a = ones(Shape{2, 3});
       line = next();
       static_cast<void>(permute(a, {0, 0}));
     },
     "permute: axes [0,0] for f64[2,3]; expected each of the axes 0 to 1 once (@)", "f64[2,3]"},
    {"the_transpose_of_a_vector",
     [](unsigned& line) {
       const Tensor a = ones(Shape{3});
       line = next();
       static_cast<void>(transpose(a));
     },
     "transpose: operand 0 has f64[3]; expected two axes at least (@)", "f64[3]"},
    {"a_slice_beyond_the_end",
     [](unsigned& line) {
       const Tensor a = ones(Shape{2, 3});
       line = next();
       static_cast<void>(slice(a, {0, 1}, {2, 4}));
     },
     "slice: axis 1 of f64[2,3] from 1 to 4 in steps of 1; expected 0 <= start <= stop <= 3 (@)", "f64[2,3]"},
    {"a_slice_without_a_step",
     [](unsigned& line) {
       const Tensor a = ones(Shape{4});
       line = next();
       static_cast<void>(slice(a, {0}, {4}, {0}));
     },
     "slice: axis 0 of f64[4] from 0 to 4 in steps of 0; expected a step that is not 0 (@)", "f64[4]"},
    {"a_slice_of_too_few_axes",
     [](unsigned& line) {
       const Tensor a = ones(Shape{2, 3});
       line = next();
       static_cast<void>(slice(a, {0}, {2}));
     },
     "slice: starts [0], stops [2], steps [] for f64[2,3]; expected one of each for every axis (@)", "f64[2,3]"},
    {"an_embedding_that_does_not_fit",
     [](unsigned& line) {
       const Tensor a = ones(Shape{2, 3});
       line = next();
       static_cast<void>(embed(a, Shape{2, 3}, {1, 0}));
     },
     "embed: axis 0 of f64[2,3] from 1 in steps of 1; expected places within an extent of 2 (@)", "f64[2,3]"},
    {"a_stack_of_nothing",
     [](unsigned& line) {
       const std::vector<Tensor> none;
       line = next();
       static_cast<void>(stack(none));
     },
     "stack: no operands; expected at least one (@)"},
    {"a_stack_of_two_shapes",
     [](unsigned& line) {
       const Tensor a = ones(Shape{2, 3}), b = ones(Shape{3});
       line = next();
       static_cast<void>(stack({a, b}));
     },
     "stack: operand 1 has f64[3]; expected f64[2,3] like operand 0 (@)", "f64[2,3]; f64[3]"},
    {"a_concatenation_of_extents_that_differ",
     [](unsigned& line) {
       const Tensor a = ones(Shape{2, 3}), b = ones(Shape{3, 3});
       line = next();
       static_cast<void>(concatenate({a, b}, 1));
     },
     "concatenate: operand 1 has f64[3,3]; expected f64[2,3] like operand 0, but for the extent of axis 1 (@)",
     "f64[2,3]; f64[3,3]"},
    {"a_matrix_product_with_a_number",
     [](unsigned& line) {
       const Tensor a = ones(Shape{2, 3}), b = ones(Shape{});
       line = next();
       static_cast<void>(matmul(a, b));
     },
     "matmul: operand 1 has f64; expected rank 1 or more (@)\n"
     "  hint: t * s multiplies by a number",
     "f64[2,3]; f64"},
    {"a_matrix_product_of_two_dtypes",
     [](unsigned& line) {
       const Tensor a = ones(Shape{2, 3}), b = ones(Shape{3, 2}, Dtype::f32);
       line = next();
       static_cast<void>(matmul(a, b));
     },
     "matmul: operand 1 has f32[3,2]; expected f64 like operand 0 (@)\n"
     "  hint: convert one of them; dtypes are never mixed silently",
     "f64[2,3]; f32[3,2]"},
    {"a_matrix_product_of_integers",
     [](unsigned& line) {
       const Tensor a = ones(Shape{2, 2}, Dtype::i64);
       line = next();
       static_cast<void>(matmul(a, a));
     },
     "matmul: operand 0 has i64[2,2]; expected f32 or f64 (@)", "i64[2,2]; i64[2,2]"},
    {"matrix_products_of_batches_that_differ",
     [](unsigned& line) {
       const Tensor a = ones(Shape{2, 2, 3}), b = ones(Shape{3, 3, 1});
       line = next();
       static_cast<void>(matmul(a, b));
     },
     "matmul: operands f64[2,2,3] and f64[3,3,1]; expected leading axes that broadcast: extents equal or 1 (@)",
     "f64[2,2,3]; f64[3,3,1]"},
    {"a_sum_over_one_axis_twice",
     [](unsigned& line) {
       const Tensor a = ones(Shape{2, 3});
       line = next();
       static_cast<void>(sum(a, {0, -2}));
     },
     "sum: axes [0,-2] of f64[2,3]; expected each axis once at most (@)", "f64[2,3]"},
    {"a_number_out_of_many",
     [](unsigned& line) {
       const Tensor a = ones(Shape{2});
       line = next();
       static_cast<void>(a.item());
     },
     "item: the tensor is f64[2]; expected a single element (@)", "f64[2]"},
    {"a_scalar_out_of_many",
     [](unsigned& line) {
       const Tensor a = ones(Shape{2});
       line = next();
       static_cast<void>(to_scalar(a));
     },
     "to_scalar: operand 0 has f64[2]; expected a single element (@)\n"
     "  hint: element(t, {i, j}) takes one of several",
     "f64[2]"},
    {"a_sweep_from_a_whole_tensor",
     [](unsigned& line) {
       Recording r;
       const Tensor a = r.variable(ones(Shape{2}));
       line = next();
       static_cast<void>(backward(a));
     },
     "backward: the tensor is f64[2]; expected a single element (@)\n"
     "  hint: backward(sum(y)), or give a cotangent: backward(y, cotangent)",
     "f64[2]"},
    {"a_cotangent_of_another_shape",
     [](unsigned& line) {
       Recording r;
       const Tensor a = r.variable(ones(Shape{2})), g = ones(Shape{3});
       line = next();
       static_cast<void>(backward(a, g));
     },
     "backward: a direction of f64[3] for a tensor of f64[2]; expected f64[2] (@)", "f64[2]; f64[3]"},
    {"a_recorded_cotangent_of_another_dtype",
     [](unsigned& line) {
       Recording r;
       const Tensor a = r.variable(ones(Shape{2})), y = sin(a), g = ones(Shape{2}, Dtype::f32);
       line = next();
       static_cast<void>(gradient(y, g, std::vector<Tensor>{a}));
     },
     "gradient: the cotangent has f32[2]; expected f64[2] (@)", "f64[2]; f32[2]"},
    {"a_tangent_of_another_shape",
     [](unsigned& line) {
       Recording r;
       const Tensor a = r.variable(ones(Shape{2})), t = ones(Shape{3});
       line = next();
       static_cast<void>(forward({a}, {t}));
     },
     "forward: a direction of f64[3] for a tensor of f64[2]; expected f64[2] (@)", "f64[2]; f64[3]"},
    {"the_derivative_by_integers",
     [](unsigned& line) {
       Recording r;
       const Tensor a = r.variable(ones(Shape{2})), n = r.variable(ones(Shape{2}, Dtype::i64));
       line = next();
       static_cast<void>(gradient(sum(a), n));
     },
     "gradient: a tensor of i64[2] has no derivative; expected f32 or f64 (@)", "i64[2]"},
    {"the_adjoint_of_integers",
     [](unsigned&) {
       Recording r;
       const Tensor a = r.variable(ones(Shape{2})), n = r.variable(ones(Shape{2}, Dtype::i64));
       static_cast<void>(backward(sum(a))[n]);
     },
     "adjoint: a tensor of i64[2] has no derivative; expected f32 or f64", "i64[2]"},

    // --- Graphs and operations
    {"a_node_of_a_node_that_is_not_there",
     [](unsigned& line) {
       graph::GraphBuilder b;
       b.variable({Dtype::f64, Shape{}}, "x");
       line = next();
       b.add(operation_called("sin"), {7});
     },
     "sin: operand 0 is node 7; expected a node below 1 (@)"},
    {"a_node_with_an_operand_too_many",
     [](unsigned& line) {
       graph::GraphBuilder b;
       const graph::NodeId x = b.variable({Dtype::f64, Shape{}}, "x");
       line = next();
       b.add(operation_called("sin"), {x, x});
     },
     "sin: 2 operands; expected 1 operand (@)", "f64; f64"},
    {"a_node_without_its_attribute",
     [](unsigned& line) {
       graph::GraphBuilder b;
       const graph::NodeId x = b.variable({Dtype::f64, Shape{3}}, "x");
       line = next();
       b.add(operation_called("sum"), {x});
     },
     "sum: attribute of kind none; expected integers (@)", "f64[3]"},
    {"a_node_of_types_that_do_not_go_together",
     [](unsigned& line) {
       graph::GraphBuilder b;
       const graph::NodeId x = b.variable({Dtype::f64, Shape{3}}, "x"), y = b.variable({Dtype::f64, Shape{}}, "y");
       line = next();
       b.add(operation_called("mul"), {x, y});
     },
     "mul: operand 1 has f64; expected the shape of the others, [3] (@)\n"
     "  hint: broadcast it first",
     "f64[3]; f64"},
    {"an_output_that_is_no_node",
     [](unsigned& line) {
       graph::GraphBuilder b;
       line = next();
       b.output(3);
     },
     "output: no node 3; expected a node below 0 (@)"},
    {"a_scope_in_no_scope",
     [](unsigned&) {
       graph::GraphBuilder b;
       b.add_scope(4, "inner");
     },
     "add_scope: no scope 4; expected a scope below 1", "inner"},
    {"text_that_is_no_graph", [](unsigned&) { static_cast<void>(graph::from_text("graph v1\nx = ?\n")); },
     "from_text: line 1, column 1: no graph; expected 'wengert-graph 1' first"},
    {"an_operation_with_a_name_that_is_none",
     [](unsigned&) { graph::register_operation({.name = "My Operation", .arity = 1}); },
     "register_operation: 'My Operation' is no name for an operation; expected [a-z][a-z0-9_.]*", "My Operation"},
    {"an_operation_without_a_type_rule",
     [](unsigned&) { graph::register_operation({.name = "my_operation", .arity = 1}); },
     "register_operation: 'my_operation' has no type rule; expected a function that gives the type of the result, or "
     "refuses the operands",
     "my_operation"},
    {"two_operations_of_one_name",
     [](unsigned&) {
       register_primitives();
       static constexpr graph::Operation second{
           .name = "sin", .arity = 1, .type_rule = [](std::span<const Type> x, const graph::Attribute&) {
             return x[0];
           }};
       graph::register_operation(second);
     },
     "register_operation: another operation has the name 'sin'\n"
     "  hint: names are unique in a process; put a prefix before yours, e.g. \"mine.sin\"",
     "sin"},
    {"a_fourth_derivative_of_a_primitive",
     [](unsigned&) { static_cast<void>(check_primitive(PrimitiveOf<ops::Sin>::record, {.order = 4})); },
     "check_primitive: order 4; expected 1, 2 or 3"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(wrong_programs_and_their_messages)

BOOST_AUTO_TEST_CASE(word_for_word) {
  BOOST_TEST(std::size(wrong_programs) >= 70u);
  test::check_word_for_word(wrong_programs);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wengert
